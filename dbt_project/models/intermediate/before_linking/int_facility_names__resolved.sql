{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'facility_name_key', 'notes': {'facility_name': 'facility_name_key'}}
) }}

with

doses as (
    select
        facility_name,
        facility_name_key,
        entered_by_facility_code
    from {{ ref('stg_doses') }}
    where facility_code is null and facility_name_key is not null
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

-- A session is sought around the facility that typed it in.
words as (
    select
        min(doses.facility_name) as facility_name,
        doses.facility_name_key,
        facilities.province_code,
        facilities.district_code,
        facilities.unit_code
    from doses
    inner join facilities on doses.entered_by_facility_code = facilities.facility_code
    where facilities.province_code is not null
    group by doses.facility_name_key, facilities.province_code, facilities.district_code, facilities.unit_code
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
