{{ config(materialized='view') }}

with

answers as (
    select * from {{ ref('int_identity_answers') }} where is_contradicted
),

mentions as (
    select
        mention_id,
        entered_by_facility_code
    from {{ ref('int_mentions') }}
),

linked as (
    select
        mention_id,
        citizen_key
    from {{ ref('int_mentions__linked') }}
),

persons as (
    select
        citizen_key,
        unit_code
    from {{ ref('int_persons') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

said as (
    select
        mention_id,
        concat_ws(
            ' ', result, array_to_string(list_sort(mismatch_fields), ' '),
            coalesce(citizen_id, corrected_citizen_id)
        ) as saying,
        result,
        coalesce(citizen_id, corrected_citizen_id) as named,
        decided_at
    from answers
    where result <> 'pending'
),

first_said as (
    select
        mention_id,
        saying,
        min(decided_at) as decided_at
    from said
    group by mention_id, saying
),

held as (
    -- From the second thing that was said on.
    select
        mention_id,
        list_sort(list(decided_at))[2] as first_held_at
    from first_said
    group by mention_id
),

counted as (
    select
        mention_id,
        count(*) as answers,
        string_agg(distinct result, ' ' order by result) as results,
        count(distinct named) as citizens
    from said
    group by mention_id
)

select
    'ID-009' as rule_id,
    'mention' as subject_type,
    counted.mention_id as subject_id,
    linked.citizen_key,
    mentions.entered_by_facility_code as facility_code,
    held.first_held_at,
    {{ evidence_json({
        'answers': 'counted.answers',
        'results': 'counted.results',
        'citizens_named': 'counted.citizens',
    }) }} as evidence,
    coalesce(ladder.chain_commune_police, mentions.entered_by_facility_code) as owner_code
from counted
inner join held on counted.mention_id = held.mention_id
inner join mentions on counted.mention_id = mentions.mention_id
inner join linked on counted.mention_id = linked.mention_id
inner join persons on linked.citizen_key = persons.citizen_key
left join ladder on persons.unit_code = ladder.ladder_key
