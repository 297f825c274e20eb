with

agencies as (
    select * from {{ ref('int_agencies__current') }}
),

facilities as (
    select
        managing_agency_code,
        count(*) as facilities_managed
    from {{ ref('int_facilities__current') }}
    group by managing_agency_code
),

findings as (
    select
        owner_code,
        count(*) as findings_owned
    from {{ ref('findings') }}
    group by owner_code
)

select
    agencies.agency_code,
    agencies.agency_name,
    agencies.branch,
    agencies.level,
    agencies.kind,
    agencies.unit_code,
    agencies.district_code,
    agencies.province_code,
    agencies.parent_agency_code,
    agencies.email,
    agencies.address,
    coalesce(facilities.facilities_managed, 0) as facilities_managed,
    coalesce(findings.findings_owned, 0) as findings_owned
from agencies
left join facilities on agencies.agency_code = facilities.managing_agency_code
left join findings on agencies.agency_code = findings.owner_code
