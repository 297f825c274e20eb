{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id'},
    pre_hook=["{{ hold_changed('compared_mention') }}"]
) }}

with

mentions as (
    select mentions.*
    from {{ ref('int_mentions') }} as mentions
    {{ only_changed('mentions.mention_id') }}
),

candidates as (
    select distinct mention_id from {{ ref('int_mentions__candidates') }}
),

linked as (
    select
        mention_id,
        citizen_id,
        'exact' as method,
        '{"id":"same","name":"same","birth":"same","sex":"same"}' as evidence
    from {{ ref('int_mentions__matched_exactly') }}
    {{ only_changed('mention_id') }}
    union all
    select
        mention_id,
        citizen_id,
        'previous_id' as method,
        '{"id":"previous","name":"same","birth":"same","sex":"same"}' as evidence
    from {{ ref('int_mentions__matched_by_previous_id') }}
    {{ only_changed('mention_id') }}
    union all
    select
        mention_id,
        citizen_id,
        'id_one_difference' as method,
        evidence
    from {{ ref('int_mentions__matched_but_one') }}
    {{ only_changed('mention_id') }}
    union all
    select
        mention_id,
        citizen_id,
        'id_typo' as method,
        evidence
    from {{ ref('int_mentions__matched_by_id_typo') }}
    {{ only_changed('mention_id') }}
    union all
    select
        by_person.mention_id,
        by_person.citizen_id,
        'no_id_unique' as method,
        by_person.evidence
    from {{ ref('int_mentions__matched_without_id') }} as by_person
    {{ only_changed('by_person.mention_id') }}
    anti join {{ ref('int_mentions__matched_by_id_typo') }} as by_typo
        on by_person.mention_id = by_typo.mention_id
)

select
    mention_id,
    citizen_id,
    'LINKED' as decision,
    method,
    1.0::double as score,
    evidence
from linked
union all
-- Nobody in the registry can be found by what these say, or should be.
select
    mentions.mention_id,
    null as citizen_id,
    'UNLINKED' as decision,
    'none' as method,
    null::double as score,
    to_json({
        'reason': case
            when mentions.is_foreign then 'foreign_passport'
            when
                mentions.has_no_usable_id
                and (
                    mentions.name_key is null
                    or mentions.birth_first_on is null and mentions.phone is null
                ) then 'nothing_to_compare'
            else 'no_candidate'
        end
    })::varchar as evidence
from mentions
anti join linked on mentions.mention_id = linked.mention_id
anti join candidates on mentions.mention_id = candidates.mention_id
