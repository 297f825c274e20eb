{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'ladder_key', 'notes': {'ladder': 'ladder_key'}}
) }}

with recursive agencies as not materialized (
    select * from {{ ref('int_agencies__current') }}
),

communes as (
    select * from {{ ref('communes') }}
),

districts as (
    select * from {{ ref('districts') }}
),

provinces as (
    select * from {{ ref('provinces') }}
),

climb as (
    select
        agency_code as ladder_key,
        agency_code,
        parent_agency_code,
        kind,
        0 as step,
    from agencies
    union all
    select
        climb.ladder_key,
        parents.agency_code,
        parents.parent_agency_code,
        parents.kind,
        climb.step + 1 as step,
    from climb
    inner join agencies as parents on climb.parent_agency_code = parents.agency_code
    -- A register that makes an agency its own grandparent must not hang the run.
    where climb.step < 8
),

climbed as (
    select
        ladder_key,
        arg_min(agency_code, step) filter (where kind = 'commune_station') as commune_station,
        arg_min(agency_code, step) filter (where kind = 'district_centre') as district_centre,
        arg_min(agency_code, step) filter (where kind = 'provincial_cdc') as provincial_cdc,
        arg_min(agency_code, step)
            filter (where kind = 'provincial_department') as provincial_department,
        arg_min(agency_code, step) filter (where kind = 'ministry') as ministry,
    from climb
    group by ladder_key
),

-- The Ministry of Health among the ministries: the one most agencies climb to.
health_ministry as (
    select ministry as agency_code
    from climbed
    where ministry is not null
    group by ministry
    order by count(*) desc, ministry asc
    limit 1
),

by_commune as (
    select
        unit_code,
        min(agency_code) filter (where kind = 'commune_station') as commune_station,
        min(agency_code) filter (where kind = 'police') as commune_police,
    from agencies
    where level = 'commune'
    group by unit_code
),

by_district as (
    select
        district_code,
        min(agency_code) filter (where kind = 'district_centre') as district_centre,
        min(agency_code) filter (where kind = 'police') as district_police,
    from agencies
    where level = 'district'
    group by district_code
),

by_province as (
    select
        province_code,
        min(agency_code) filter (where kind = 'provincial_cdc') as provincial_cdc,
        min(agency_code) filter (where kind = 'provincial_department') as provincial_department,
        min(agency_code) filter (where kind = 'peoples_committee') as peoples_committee,
        min(agency_code) filter (where kind = 'police') as provincial_police,
    from agencies
    where level = 'province'
    group by province_code
),

territories as (
    select
        'unit' as ladder_kind,
        unit_code as ladder_key,
        unit_code,
        district_code,
        province_code,
    from communes
    union all
    select
        'unit' as ladder_kind,
        district_code as ladder_key,
        null as unit_code,
        district_code,
        province_code,
    from districts
    union all
    select
        'unit' as ladder_kind,
        province_code as ladder_key,
        null as unit_code,
        null as district_code,
        province_code,
    from provinces
    union all
    select
        'unit' as ladder_kind,
        'VN' as ladder_key,
        null as unit_code,
        null as district_code,
        null as province_code,
    union all
    select
        'agency' as ladder_kind,
        agency_code as ladder_key,
        case when level = 'commune' then unit_code end as unit_code,
        case when level in ('commune', 'district') then district_code end as district_code,
        case when level in ('commune', 'district', 'province') then province_code end
            as province_code,
    from agencies
),

-- Parents first (a ministry's hospital climbs to its ministry), then the agency of the territory.
found as (
    select
        territories.ladder_kind,
        territories.ladder_key,
        territories.unit_code,
        territories.district_code,
        territories.province_code,
        by_commune.commune_police,
        by_district.district_police,
        by_province.provincial_police,
        by_province.peoples_committee,
        coalesce(climbed.commune_station, by_commune.commune_station) as commune_station,
        coalesce(climbed.district_centre, by_district.district_centre) as district_centre,
        coalesce(climbed.provincial_cdc, by_province.provincial_cdc) as provincial_cdc,
        coalesce(climbed.provincial_department, by_province.provincial_department)
            as provincial_department,
        coalesce(climbed.ministry, health_ministry.agency_code) as ministry,
    from territories
    left join health_ministry on true
    left join climbed
        on territories.ladder_kind = 'agency' and territories.ladder_key = climbed.ladder_key
    left join by_commune on territories.unit_code = by_commune.unit_code
    left join by_district on territories.district_code = by_district.district_code
    left join by_province on territories.province_code = by_province.province_code
)

-- A rung nobody stands on is filled by the next above, so that no notice is without a recipient.
select
    ladder_kind,
    ladder_key,
    unit_code,
    district_code,
    province_code,
    coalesce(
        commune_station, district_centre, provincial_cdc, provincial_department, ministry
    ) as chain_commune_station,
    coalesce(
        district_centre, provincial_cdc, provincial_department, ministry
    ) as chain_district_centre,
    coalesce(provincial_cdc, provincial_department, ministry) as chain_provincial_cdc,
    coalesce(provincial_department, ministry) as chain_provincial_department,
    coalesce(peoples_committee, ministry) as chain_peoples_committee,
    ministry as chain_ministry,
    coalesce(commune_police, district_police, provincial_police) as chain_commune_police,
    coalesce(district_police, provincial_police) as chain_district_police,
    provincial_police as chain_provincial_police,
from found
