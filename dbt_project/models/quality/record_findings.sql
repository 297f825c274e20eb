{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'record_id'},
    pre_hook=["{{ note_records_with_findings() }}", "{{ hold_changed('evident_record') }}"]
) }}

with

record_evidence as (
    select record_evidence.*
    from {{ ref('record_evidence') }} as record_evidence
    {{ only_changed('record_evidence.record_id') }}
)

select
    record_id,
    case when bool_or(severity = 'error') then 'error' else 'warn' end as severity,
    count(*)::integer as findings_count,
    array_to_string(list(rule_id order by severity, rule_id), ';') as rule_ids,
    min(first_held_at) as first_held_at
from record_evidence
group by record_id
