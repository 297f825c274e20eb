{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key', 'notes': {'found_subject': 'subject_id'}},
    pre_hook=["{{ note_persons_under_other_agencies() }}", "{{ hold_changed('history') }}"]
) }}

with

records as {{ held_once() }} (
    select doses.*
    from {{ ref('int_doses__deduplicated') }} as doses
    {{ only_changed('doses.citizen_key') }}
),

mentions as (
    select * from {{ ref('int_mentions') }}
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

named_in as not materialized (
    select
        citizen_key,
        mention_id,
        min(coalesce(entered_at, delivery_date::timestamptz)) as held_at
    from records
    where is_chosen and citizen_id is not null
    group by citizen_key, mention_id
),

-- Most people are named in one way: only of the others it is looked up what differs.
named_in_several as (
    select citizen_key
    from named_in
    group by citizen_key
    having count(*) > 1
),

profiles as (
    -- What a look-up asks for: number, name, birth date, sex. A phone may be a relative's.
    select
        named_in.citizen_key,
        min(named_in.held_at) as held_at,
        mentions.id_number,
        mentions.name_exact_key,
        mentions.birth_first_on,
        mentions.birth_last_on,
        mentions.sex
    from named_in
    semi join named_in_several on named_in.citizen_key = named_in_several.citizen_key
    inner join mentions on named_in.mention_id = mentions.mention_id
    group by all
),

split_people as (
    select
        profiles.citizen_key,
        count(*) as profiles,
        max(profiles.held_at) as held_at,
        count(distinct coalesce(profiles.id_number, '-')) > 1 as is_id_other,
        count(distinct coalesce(profiles.name_exact_key, '-')) > 1 as is_name_other,
        count(distinct concat_ws('|', profiles.birth_first_on, profiles.birth_last_on)) > 1
            as is_birth_other,
        count(distinct coalesce(profiles.sex, '-')) > 1 as is_sex_other
    from profiles
    group by profiles.citizen_key
    having count(*) > 1
),

paired as (
    select
        records.record_id,
        records.duplicate_rule,
        records.citizen_key,
        records.facility_code,
        coalesce(records.entered_by_facility_code, records.facility_code) as entered_by,
        coalesce(records.entered_at, records.delivery_date::timestamptz) as held_at,
        records.injected_on,
        records.facility_code as own_facility,
        records.lot_number,
        records.dose_type,
        records.dose_no,
        records.mention_id,
        case
            when records.is_chosen then records.similar_record_id
            else records.dose_id
        end as other_record_id
    from records
    where records.duplicate_rule is not null
)

select
    paired.duplicate_rule as rule_id,
    'dose' as subject_type,
    paired.record_id as subject_id,
    paired.citizen_key,
    paired.facility_code,
    greatest(paired.held_at, coalesce(other.entered_at, other.delivery_date::timestamptz))
        as first_held_at,
    {{ evidence_json({
        'other_record': 'paired.other_record_id',
        'is_date_other': 'paired.injected_on is distinct from other.injected_on',
        'is_facility_other': 'paired.own_facility is distinct from other.facility_code',
        'is_lot_other': 'paired.lot_number is distinct from other.lot_number',
        'is_label_other': '(paired.dose_type, paired.dose_no)'
        ~ ' is distinct from (other.dose_type, other.dose_no)',
        'is_person_other': 'paired.mention_id <> other.mention_id',
    }) }} as evidence,
    paired.entered_by as owner_code
from paired
inner join records as other on paired.other_record_id = other.record_id
union all
select
    'DUP-004' as rule_id,
    'citizen' as subject_type,
    {{ key_text('split_people.citizen_key') }} as subject_id,
    split_people.citizen_key,
    null as facility_code,
    split_people.held_at as first_held_at,
    {{ evidence_json({
        'profiles': 'split_people.profiles',
        'is_id_other': 'split_people.is_id_other',
        'is_name_other': 'split_people.is_name_other',
        'is_birth_other': 'split_people.is_birth_other',
        'is_sex_other': 'split_people.is_sex_other',
    }) }} as evidence,
    ladder.chain_commune_police as owner_code
from split_people
inner join persons on split_people.citizen_key = persons.citizen_key
left join ladder on persons.unit_code = ladder.ladder_key
