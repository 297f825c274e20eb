{#- A view: one row per dose record would be the doses once more. -#}
{{ config(materialized='view') }}

with

records as (
    select * from {{ ref('int_doses__current') }}
),

facilities as (
    select
        facility_code,
        province_code
    from {{ ref('int_facilities__current') }}
),

record_findings as (
    select * from {{ ref('record_findings') }}
),

reviews as (
    select * from {{ ref('int_record_reviews__latest') }}
    where standing in ('counts', 'outdated', 'removal_awaited')
),

held as (
    select
        *,
        -- Who entered it signs it and owns its errors.
        coalesce(entered_by_facility_code, facility_code) as owner_code
    from records
)

select
    held.record_id,
    held.owner_code,
    facilities.province_code,
    held.full_name,
    held.birth_typed,
    held.sex,
    held.id_typed,
    held.phone,
    held.dose_label_typed,
    held.vaccine_typed,
    held.lot_typed,
    held.injected_typed,
    held.facility_code,
    held.facility_name,
    coalesce(held.entered_at, held.delivery_date::timestamptz) as entered_at,
    record_findings.severity,
    coalesce(record_findings.findings_count, 0)::integer as findings_count,
    record_findings.rule_ids,
    record_findings.first_held_at,
    reviews.reviewed_at,
    reviews.outcome,
    reviews.standing as review_standing,
    coalesce(reviews.standing, '') <> 'counts' as needs_review,
    case record_findings.severity when 'error' then 1 when 'warn' then 2 else 3 end::integer
        as priority
from held
left join facilities on held.owner_code = facilities.facility_code
left join record_findings on held.record_id = record_findings.record_id
left join reviews on held.record_id = reviews.record_id and held.owner_code = reviews.facility_code
