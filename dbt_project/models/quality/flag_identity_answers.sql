{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with

answers as (
    select * from {{ ref('int_identity_answers') }} where contradicted_at is not null
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

counted as (
    select
        mention_id,
        any_value(contradicted_at) as contradicted_at,
        count(*) as answers,
        string_agg(distinct result, ' ' order by result) as results,
        count(distinct coalesce(citizen_id, corrected_citizen_id)) as citizens
    from answers
    where result <> 'pending'
    group by mention_id
)

select
    'ID-009' as rule_id,
    'mention' as subject_type,
    {{ key_text('counted.mention_id') }} as subject_id,
    linked.citizen_key,
    mentions.entered_by_facility_code as facility_code,
    counted.contradicted_at as first_held_at,
    {{ evidence_json({
        'answers': 'counted.answers',
        'results': 'counted.results',
        'citizens_named': 'counted.citizens',
    }) }} as evidence,
    coalesce(ladder.chain_commune_police, mentions.entered_by_facility_code) as owner_code
from counted
inner join mentions on counted.mention_id = mentions.mention_id
inner join linked on counted.mention_id = linked.mention_id
inner join persons on linked.citizen_key = persons.citizen_key
left join ladder on persons.unit_code = ladder.ladder_key
