with claims as (
    select * from {{ ref('int_complaint_claims') }}
),

elsewhere as (
    select * from {{ ref('int_complaint_claims__elsewhere') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- Pointing at a record of the platform states its facility, vaccine and date.
claim_facts as (
    select
        claims.complaint_id,
        claims.claim_no,
        coalesce(
            claims.facility_code,
            case when claims.match_basis = 'contested_record' then coalesce(
                claims.matched_facility_code, claims.matched_entered_by
            ) end
        ) as stated_facility_code,
        coalesce(
            claims.vaccine_code,
            case when claims.match_basis = 'contested_record' then claims.matched_vaccine_code end
        ) is not null as has_vaccine,
        coalesce(
            claims.injected_on,
            case when claims.match_basis = 'contested_record' then claims.matched_injected_on end
        ) is not null as has_date,
        coalesce(claims.matched_entered_by, elsewhere.entered_by_facility_code) as entered_by,
        coalesce(claims.cert_facility_code, claims.facility_code) as injecting_facility_code,
    from claims
    left join elsewhere
        on claims.complaint_id = elsewhere.complaint_id and claims.claim_no = elsewhere.claim_no
    where claims.is_contested
),

tasks as (
    select
        claim_facts.*,
        coalesce(
            claim_facts.entered_by,
            claim_facts.injecting_facility_code,
            claim_facts.stated_facility_code
        ) as facility_handler,
        case
            when claim_facts.entered_by is not null then 'entering_facility'
            else 'injecting_facility'
        end as facility_basis,
        claim_facts.stated_facility_code is not null
        and claim_facts.has_vaccine
        and claim_facts.has_date as is_complete,
    from claim_facts
)

-- A facility closed since answers through the agency that managed it.
select
    tasks.complaint_id,
    tasks.claim_no,
    tasks.stated_facility_code,
    tasks.has_vaccine,
    tasks.has_date,
    tasks.is_complete,
    case
        when facilities.active_to < run_context.as_of::date then facilities.managing_agency_code
        else tasks.facility_handler
    end as task_handler_code,
    case
        when facilities.active_to < run_context.as_of::date then 'managing_agency'
        else tasks.facility_basis
    end as task_handler_basis,
from tasks
cross join run_context
left join facilities on tasks.facility_handler = facilities.facility_code
