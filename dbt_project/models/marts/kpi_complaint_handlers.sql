with

run_context as (
    select as_of from {{ source('ops', 'run_context') }}
),

complaints as (
    select
        complaints.*,
        coalesce(complaints.province_code, 'unknown') as of_province,
        coalesce(complaints.handler_code, 'unknown') as held_by,
        -- All whose 48 hours are over: those decided sooner would flatter the youngest.
        complaints.has_sla and complaints.received_at + interval 48 hours <= run_context.as_of as is_due
    from {{ ref('fct_complaints') }} as complaints
    cross join run_context
),

reviews as (
    select
        clock_states.complaint_id,
        bool_or(clock_states.clock_state = 'AT_RISK') as is_at_risk,
        bool_or(clock_states.clock_state = 'BREACHED') as is_breached,
        max(date_diff('second', clock_states.due_at, clock_states.as_of) / 3600.0)
            filter (where clock_states.clock_state = 'BREACHED') as hours_overdue
    from {{ ref('complaint_clock_states') }} as clock_states
    where clock_states.clock = 'review'
    group by clock_states.complaint_id
)

select
    complaints.of_province as province_code,
    complaints.held_by as handler_code,
    count(*) as complaints_received,
    count(*) filter (where complaints.root_complaint_id is not null and complaints.attached_to is null)
        as complaints_refiled,
    count(*) filter (where complaints.is_due) as complaints_due_48h,
    count(*) filter (where complaints.is_due and complaints.any_outcome_48h) as any_outcome_48h,
    count(*) filter (where complaints.is_due and complaints.final_outcome_48h) as final_outcome_48h,
    count(*) filter (where complaints.is_open) as complaints_open,
    count(*) filter (where reviews.is_at_risk) as reviews_at_risk,
    count(*) filter (where reviews.is_breached) as reviews_breached,
    max(reviews.hours_overdue) as longest_hours_overdue
from complaints
left join reviews on complaints.complaint_id = reviews.complaint_id
group by complaints.of_province, complaints.held_by
