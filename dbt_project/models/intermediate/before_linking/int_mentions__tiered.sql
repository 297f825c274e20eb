with

mentions as (
    select * from {{ ref('int_mentions') }}
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
    union all
    select
        mention_id,
        citizen_id,
        'previous_id' as method,
        '{"id":"previous","name":"same","birth":"same","sex":"same"}' as evidence
    from {{ ref('int_mentions__matched_by_previous_id') }}
    union all
    select
        mention_id,
        citizen_id,
        'id_one_difference' as method,
        evidence
    from {{ ref('int_mentions__matched_but_one') }}
    union all
    select
        mention_id,
        citizen_id,
        'id_typo' as method,
        evidence
    from {{ ref('int_mentions__matched_by_id_typo') }}
    union all
    select
        by_person.mention_id,
        by_person.citizen_id,
        'no_id_unique' as method,
        by_person.evidence
    from {{ ref('int_mentions__matched_without_id') }} as by_person
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
