{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'complaint_id', 'notes': {'judged_complaint': 'complaint_id'}}
) }}

with claims as (
    select * from {{ ref('stg_complaint_doses') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

units as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

delivered as not materialized (
    select claims.*
    from claims
    cross join run_context
    where claims.delivery_date <= run_context.known_as_of::date
),

{{ latest_ctes('delivered', ['complaint_id', 'claim_no'], among='delivered') }},

known as (
    select
        latest.*,
        coalesce(latest.claim_kind in ('missing', 'wrong', 'deny'), true) as is_contested,
        persons.province_code,
        units.district_code,
        units.unit_code,
    from latest
    inner join persons on latest.complaint_id = persons.complaint_id
    inner join units on persons.unit_key = units.ladder_key
),

-- As the citizen wrote it, and as the certificate has it; sought around the residence.
words_typed as (
    select
        facility_name,
        facility_name_key,
        province_code,
        district_code,
        unit_code,
    from known
    union all
    select
        cert_facility_name,
        cert_facility_name_key,
        province_code,
        district_code,
        unit_code,
    from known
),

words as (
    select
        min(facility_name) as facility_name,
        facility_name_key,
        province_code,
        district_code,
        unit_code,
    from words_typed
    where facility_name_key is not null and province_code is not null
    group by facility_name_key, province_code, district_code, unit_code
),

{{ facility_matches_ctes('words', 'facilities') }}

select
    known.* exclude (facility_code, province_code),
    coalesce(by_code.facility_code, case when by_name.basis <> 'words' then by_name.facility_code end)
        as facility_code,
    case
        when by_code.facility_code is not null then 'code'
        when by_name.basis <> 'words' then 'name'
        when known.facility_code is not null or known.facility_name_key is not null
            then 'unresolved'
        else 'none'
    end as facility_basis,
    case when by_certificate.basis <> 'words' then by_certificate.facility_code end
        as cert_facility_code,
    -- Not exact means the pool; the nearest name is shown to the officer, never acted upon.
    case
        when by_code.facility_code is null and by_name.basis = 'words'
            then by_name.facility_code
    end as nearest_facility_code,
    case
        when by_code.facility_code is null and by_name.basis = 'words'
            then by_name.score
    end as nearest_score,
from known
left join facilities as by_code on known.facility_code = by_code.facility_code
left join facility_matches as by_name
    on
        known.facility_name_key = by_name.facility_name_key
        and known.province_code = by_name.province_code
        and known.district_code is not distinct from by_name.district_code
        and known.unit_code is not distinct from by_name.unit_code
left join facility_matches as by_certificate
    on
        known.cert_facility_name_key = by_certificate.facility_name_key
        and known.province_code = by_certificate.province_code
        and known.district_code is not distinct from by_certificate.district_code
        and known.unit_code is not distinct from by_certificate.unit_code
