with

records as (
    select
        record_id,
        coalesce(entered_by_facility_code, facility_code) as facility_code
    from {{ ref('int_doses__deduplicated') }}
    where coalesce(entered_by_facility_code, facility_code) is not null
),

record_findings as (
    select
        record_id,
        severity
    from {{ ref('record_findings') }}
),

reviews as (
    select * from {{ ref('int_record_reviews__latest') }} where standing <> 'not_held'
),

facilities as (
    select
        facility_code,
        district_code,
        province_code
    from {{ ref('int_facilities__current') }}
),

held as (
    select
        records.facility_code,
        count(*) as records_held,
        count(record_findings.record_id) as records_with_findings,
        count(*) filter (where record_findings.severity = 'error') as records_with_errors
    from records
    left join record_findings on records.record_id = record_findings.record_id
    group by records.facility_code
),

-- Every review of a record in force is of one that this facility holds: the others are left out.
reviewed as (
    select
        facility_code,
        count(*) filter (where standing = 'counts') as records_reviewed,
        count(*) filter (where standing = 'counts' and outcome = 'confirmed') as records_confirmed,
        count(*) filter (where standing = 'counts' and outcome = 'corrected') as records_corrected,
        count(*) filter (where standing = 'record_gone' and outcome = 'removed') as records_removed,
        count(*) filter (where standing = 'removal_awaited') as removals_awaited,
        count(*) filter (where standing = 'outdated') as reviews_outdated
    from reviews
    group by facility_code
)

select
    held.facility_code,
    facilities.district_code,
    facilities.province_code,
    held.records_held,
    held.records_with_findings,
    held.records_with_errors,
    coalesce(reviewed.records_reviewed, 0)::bigint as records_reviewed,
    coalesce(reviewed.records_confirmed, 0)::bigint as records_confirmed,
    coalesce(reviewed.records_corrected, 0)::bigint as records_corrected,
    coalesce(reviewed.records_removed, 0)::bigint as records_removed,
    coalesce(reviewed.removals_awaited, 0)::bigint as removals_awaited,
    coalesce(reviewed.reviews_outdated, 0)::bigint as reviews_outdated,
    (held.records_held - coalesce(reviewed.records_reviewed, 0))::bigint as records_to_review,
    round(coalesce(reviewed.records_reviewed, 0) / held.records_held, 4)::double as share_reviewed
from held
left join facilities on held.facility_code = facilities.facility_code
left join reviewed on held.facility_code = reviewed.facility_code
