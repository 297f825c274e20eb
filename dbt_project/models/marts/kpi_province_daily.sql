{% set statuses = [
    'match', 'mismatch', 'pending', 'no_id_or_bad_format', 'not_sent', 'exempt_foreign'
] %}

with

doses as (
    select * from {{ ref('fct_doses') }}
),

facilities as (
    select
        facility_code,
        province_code
    from {{ ref('int_facilities__current') }}
),

complaints as (
    select * from {{ ref('fct_complaints') }}
),

reviews as (
    {{ review_clocks() }}
),

reconciled as (
    select * from {{ ref('reconciliation') }} where level = 'province' and vaccine_code = '*'
),

placed as (
    -- A dose at an unknown place is counted where it was entered.
    select
        doses.injected_on,
        doses.first_entered_at,
        doses.verdict,
        doses.verification_status,
        coalesce(doses.province_code, facilities.province_code, 'unknown') as province_code
    from doses
    left join facilities on doses.entered_by_facility_code = facilities.facility_code
),

injected as (
    select
        province_code,
        injected_on as day,
        {% for status in statuses %}
        count(*) filter (where verification_status = '{{ status | upper }}') as doses_{{ status }},
        {% endfor %}
        count(*) as doses_injected,
        count(*) filter (where verdict = 'valid') as doses_valid
    from placed
    where injected_on is not null
    group by province_code, injected_on
),

entered as (
    select
        province_code,
        first_entered_at::date as day,
        count(*) as doses_entered,
        count(*) filter (where injected_on = first_entered_at::date) as doses_entered_same_day
    from placed
    where first_entered_at is not null
    group by province_code, first_entered_at::date
),

received as (
    -- Of those received that day; the 48-hour figures over those whose 48 hours are over.
    select
        coalesce(complaints.province_code, 'unknown') as province_code,
        complaints.received_at::date as day,
        count(*) as complaints_received,
        count(*) filter (where complaints.is_open) as complaints_open,
        count(*) filter (where complaints.is_due_48h) as complaints_due_48h,
        count(*) filter (where complaints.is_due_48h and complaints.any_outcome_48h)
            as any_outcome_48h,
        count(*) filter (where complaints.is_due_48h and complaints.final_outcome_48h)
            as final_outcome_48h,
        count(*) filter (where reviews.is_at_risk) as reviews_at_risk,
        count(*) filter (where reviews.is_breached) as reviews_breached
    from complaints
    left join reviews on complaints.complaint_id = reviews.complaint_id
    group by all
),

days as (
    select
        province_code,
        day
    from injected
    union
    select
        province_code,
        day
    from entered
    union
    select
        province_code,
        day
    from received
    union
    select
        province_code,
        report_date as day
    from reconciled
)

select
    days.province_code,
    days.day,
    coalesce(injected.doses_injected, 0) as doses_injected,
    coalesce(injected.doses_valid, 0) as doses_valid,
    coalesce(injected.doses_match, 0) as doses_match,
    coalesce(injected.doses_mismatch, 0) as doses_mismatch,
    coalesce(injected.doses_pending, 0) as doses_pending,
    coalesce(injected.doses_no_id_or_bad_format, 0) as doses_no_id_or_bad_format,
    coalesce(injected.doses_not_sent, 0) as doses_not_sent,
    coalesce(injected.doses_exempt_foreign, 0) as doses_exempt_foreign,
    coalesce(entered.doses_entered, 0) as doses_entered,
    coalesce(entered.doses_entered_same_day, 0) as doses_entered_same_day,
    entered.doses_entered_same_day / entered.doses_entered as same_day_entry_share,
    reconciled.doses_administered as doses_administered_cumulative,
    reconciled.doses_recorded as doses_recorded_cumulative,
    reconciled.completeness,
    coalesce(received.complaints_received, 0) as complaints_received,
    coalesce(received.complaints_due_48h, 0) as complaints_due_48h,
    coalesce(received.any_outcome_48h, 0) as any_outcome_48h,
    coalesce(received.final_outcome_48h, 0) as final_outcome_48h,
    coalesce(received.complaints_open, 0) as complaints_open,
    coalesce(received.reviews_at_risk, 0) as reviews_at_risk,
    coalesce(received.reviews_breached, 0) as reviews_breached
from days
left join injected on days.province_code = injected.province_code and days.day = injected.day
left join entered on days.province_code = entered.province_code and days.day = entered.day
left join received on days.province_code = received.province_code and days.day = received.day
left join reconciled
    on days.province_code = reconciled.province_code and days.day = reconciled.report_date
