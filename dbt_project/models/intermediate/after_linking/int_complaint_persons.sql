{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ note_complaints_told_otherwise() }}", "{{ hold_changed('told_complaint') }}"]
) }}

with complaints as (
    select complaints.*
    from {{ ref('int_complaints__current') }} as complaints
    {{ only_changed('complaints.complaint_id') }}
),

mentions as (
    select * from {{ ref('int_mentions__linked') }}
),

persons as (
    select * from {{ ref('int_persons') }}
),

citizens as (
    select * from {{ ref('int_citizens__current') }}
),

ladder as (
    select
        ladder_key,
        province_code,
    from {{ ref('int_agency_ladder') }}
    where ladder_kind = 'unit'
),

located as (
    select
        complaints.complaint_id,
        complaints.received_at,
        complaints.complaint_type,
        complaints.mention_id,
        mentions.citizen_key,
        mentions.citizen_id,
        coalesce(mentions.decision = 'LINKED', false) as is_linked,
        persons.verification_status,
        complaints.full_name,
        complaints.name_exact_key,
        complaints.name_key,
        complaints.birth_on,
        complaints.birth_precision,
        complaints.birth_first_on,
        complaints.birth_last_on,
        complaints.sex,
        complaints.id_number,
        complaints.phone,
        citizens.birth_first_on as registry_birth_first_on,
        citizens.birth_last_on as registry_birth_last_on,
        -- Stated, else where the registry says the citizen lives now; a code no one knows is none.
        coalesce(
            stated_units.ladder_key,
            current_units.ladder_key,
            permanent_units.ladder_key,
            stated_districts.ladder_key,
            stated_provinces.ladder_key,
            'VN'
        ) as unit_key,
        coalesce(
            stated_units.province_code,
            stated_districts.province_code,
            stated_provinces.province_code,
            current_units.province_code,
            permanent_units.province_code
        ) as province_code,
    from complaints
    left join mentions on complaints.mention_id = mentions.mention_id
    left join persons on mentions.citizen_key = persons.citizen_key
    left join citizens
        on mentions.citizen_id = citizens.citizen_id and mentions.decision = 'LINKED'
    left join ladder as stated_units on complaints.unit_code = stated_units.ladder_key
    left join ladder as current_units on citizens.current_unit_code = current_units.ladder_key
    left join ladder as permanent_units
        on citizens.permanent_unit_code = permanent_units.ladder_key
    left join ladder as stated_districts on complaints.district_code = stated_districts.ladder_key
    left join ladder as stated_provinces on complaints.province_code = stated_provinces.ladder_key
)

select * from located
