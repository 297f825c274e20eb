with

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

doses as not materialized (
    select * from {{ ref('fct_doses') }}
),

complaints as (
    select * from {{ ref('fct_complaints') }}
),

reviews as (
    select * from {{ ref('int_record_reviews__current') }}
),

findings as (
    select * from {{ ref('findings') }} where severity = 'error' and facility_code is not null
),

injected as (
    select
        facility_code,
        {{ first_day_of_week('injected_on') }} as week_start_on,
        count(*) as doses_injected
    from doses
    where facility_code is not null and injected_on is not null
    group by facility_code, {{ first_day_of_week('injected_on') }}
),

entered as (
    select
        entered_by_facility_code as facility_code,
        {{ first_day_of_week('first_entered_at::date') }} as week_start_on,
        count(*) as doses_entered,
        count(*) filter (where injected_on = first_entered_at::date) as doses_entered_same_day
    from doses
    where entered_by_facility_code is not null and first_entered_at is not null
    group by entered_by_facility_code, {{ first_day_of_week('first_entered_at::date') }}
),

-- Of those received that week which it holds now.
received as (
    select
        handler_code as facility_code,
        {{ first_day_of_week('received_at::date') }} as week_start_on,
        count(*) as complaints_received,
        count(*) filter (where is_due_48h) as complaints_due_48h,
        count(*) filter (where is_due_48h and any_outcome_48h) as any_outcome_48h,
        count(*) filter (where is_due_48h and final_outcome_48h) as final_outcome_48h,
        count(*) filter (where is_open) as complaints_open
    from complaints
    where handler_code is not null
    group by handler_code, {{ first_day_of_week('received_at::date') }}
),

reviewed as (
    select
        facility_code,
        {{ first_day_of_week('reviewed_at::date') }} as week_start_on,
        count(distinct record_id) as records_reviewed
    from reviews
    group by facility_code, {{ first_day_of_week('reviewed_at::date') }}
),

raised as (
    select
        facility_code,
        {{ first_day_of_week('first_held_at::date') }} as week_start_on,
        count(*) as findings_error
    from findings
    where first_held_at is not null
    group by facility_code, {{ first_day_of_week('first_held_at::date') }}
),

weeks as (
    {%- for part in ['injected', 'entered', 'received', 'reviewed', 'raised'] %}
    select
        facility_code,
        week_start_on
    from {{ part }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
)

select
    weeks.facility_code,
    weeks.week_start_on,
    facilities.province_code,
    facilities.managing_agency_code,
    coalesce(injected.doses_injected, 0) as doses_injected,
    coalesce(entered.doses_entered, 0) as doses_entered,
    coalesce(entered.doses_entered_same_day, 0) as doses_entered_same_day,
    entered.doses_entered_same_day / entered.doses_entered as same_day_entry_share,
    coalesce(raised.findings_error, 0) as findings_error,
    coalesce(reviewed.records_reviewed, 0) as records_reviewed,
    coalesce(received.complaints_received, 0) as complaints_received,
    coalesce(received.complaints_due_48h, 0) as complaints_due_48h,
    coalesce(received.any_outcome_48h, 0) as any_outcome_48h,
    coalesce(received.final_outcome_48h, 0) as final_outcome_48h,
    coalesce(received.complaints_open, 0) as complaints_open
from weeks
inner join facilities on weeks.facility_code = facilities.facility_code
{%- for part in ['injected', 'entered', 'received', 'reviewed', 'raised'] %}
left join {{ part }}
    on weeks.facility_code = {{ part }}.facility_code and weeks.week_start_on = {{ part }}.week_start_on
{%- endfor %}
