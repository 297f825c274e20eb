with

doses as (
    select
        facility_name,
        facility_name_key,
        entered_by_facility_code
    from {{ ref('stg_doses') }}
    where facility_code is null and facility_name_key is not null
),

claims as (
    select * from {{ ref('stg_complaint_doses') }}
),

complaints as (
    select distinct
        complaint_id,
        province_code,
        district_code,
        unit_code
    from {{ ref('stg_complaints') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

-- A dose's session is sought around the facility that typed it in, a claim's around the residence.
words_typed as (
    select
        doses.facility_name,
        doses.facility_name_key,
        facilities.province_code,
        facilities.district_code,
        facilities.unit_code
    from doses
    inner join facilities on doses.entered_by_facility_code = facilities.facility_code
    union
    select
        claims.facility_name,
        claims.facility_name_key,
        complaints.province_code,
        complaints.district_code,
        complaints.unit_code
    from claims
    inner join complaints on claims.complaint_id = complaints.complaint_id
    where claims.facility_code is null
    union
    select
        claims.cert_facility_name,
        claims.cert_facility_name_key,
        complaints.province_code,
        complaints.district_code,
        complaints.unit_code
    from claims
    inner join complaints on claims.complaint_id = complaints.complaint_id
),

words as (
    select
        min(facility_name) as facility_name,
        facility_name_key,
        province_code,
        district_code,
        unit_code
    from words_typed
    where facility_name_key is not null and province_code is not null
    group by facility_name_key, province_code, district_code, unit_code
),

{{ facility_matches_ctes('words', 'facilities') }}

select
    facility_name_key,
    province_code,
    district_code,
    unit_code,
    facility_code,
    score,
    basis
from facility_matches
