with

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

records as not materialized (
    select * from {{ ref('int_doses__deduplicated') }}
),

findings as (
    select * from {{ ref('findings') }} where facility_code is not null
),

reviews as (
    select * from {{ ref('int_record_reviews__current') }}
),

reconciled as (
    select * from {{ ref('reconciliation') }} where level = 'facility' and vaccine_code = '*' and is_latest
),

held as (
    select
        entered_by_facility_code as facility_code,
        count(*) as records_held,
        count(*) filter (where first_entered_at::date = injected_on) as records_entered_same_day,
        max(entered_at) as last_entered_at
    from records
    where entered_by_facility_code is not null
    group by entered_by_facility_code
),

injected as (
    select
        facility_code,
        count(*) as doses_injected
    from records
    where is_chosen and facility_code is not null
    group by facility_code
),

flagged as (
    select
        facility_code,
        count(*) filter (where severity = 'error') as findings_error,
        count(*) filter (where severity = 'warn') as findings_warn
    from findings
    group by facility_code
),

reviewed as (
    -- Of what it holds now: a review of a record that is gone counts for nothing.
    select
        records.entered_by_facility_code as facility_code,
        count(distinct records.record_id) as records_reviewed
    from reviews
    inner join records
        on
            reviews.record_id = records.record_id
            and reviews.facility_code = records.entered_by_facility_code
    group by records.entered_by_facility_code
)

select
    facilities.facility_code,
    facilities.facility_name,
    facilities.sector,
    facilities.kind,
    facilities.unit_code,
    facilities.district_code,
    facilities.province_code,
    facilities.managing_agency_code,
    facilities.email,
    facilities.address,
    facilities.opening_hours,
    facilities.active_from,
    facilities.active_to,
    coalesce(held.records_held, 0) as records_held,
    coalesce(held.records_entered_same_day, 0) as records_entered_same_day,
    coalesce(reviewed.records_reviewed, 0) as records_reviewed,
    held.last_entered_at,
    coalesce(injected.doses_injected, 0) as doses_injected,
    coalesce(flagged.findings_error, 0) as findings_error,
    coalesce(flagged.findings_warn, 0) as findings_warn,
    reconciled.doses_administered,
    reconciled.completeness
from facilities
left join held on facilities.facility_code = held.facility_code
left join injected on facilities.facility_code = injected.facility_code
left join flagged on facilities.facility_code = flagged.facility_code
left join reviewed on facilities.facility_code = reviewed.facility_code
left join reconciled on facilities.facility_code = reconciled.place_code
