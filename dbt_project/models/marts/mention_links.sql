{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'source_record_id', 'is_published': true},
    pre_hook=["{{ note_records_of_changed_mentions() }}", "{{ hold_changed('linked_record') }}"]
) }}

with

mention_records as (
    select records.*
    from {{ ref('int_mention_records') }} as records
    {{ only_changed('records.record_id') }}
),

linked as (
    select * from {{ ref('int_mentions__linked') }}
)

select
    mention_records.record_id as source_record_id,
    {{ key_text('linked.citizen_key') }} as citizen_key,
    linked.decision,
    linked.method,
    linked.score,
    mention_records.subject,
    {{ key_text('linked.mention_id') }} as mention_id,
    linked.model_version,
    linked.citizen_id,
    linked.candidate_citizen_id
from mention_records
inner join linked on mention_records.mention_id = linked.mention_id
