with

complaints as (
    select
        complaints.*,
        coalesce(complaints.province_code, 'unknown') as of_province,
        coalesce(complaints.handler_code, 'unknown') as held_by
    from {{ ref('fct_complaints') }} as complaints
),

reviews as (
    {{ review_clocks() }}
)

select
    complaints.of_province as province_code,
    complaints.held_by as handler_code,
    count(*) as complaints_received,
    count(*) filter (where complaints.root_complaint_id is not null and complaints.attached_to is null)
        as complaints_refiled,
    count(*) filter (where complaints.is_due_48h) as complaints_due_48h,
    count(*) filter (where complaints.is_due_48h and complaints.any_outcome_48h) as any_outcome_48h,
    count(*) filter (where complaints.is_due_48h and complaints.final_outcome_48h)
        as final_outcome_48h,
    count(*) filter (where complaints.is_open) as complaints_open,
    count(*) filter (where reviews.is_at_risk) as reviews_at_risk,
    count(*) filter (where reviews.is_breached) as reviews_breached,
    max(reviews.hours_overdue) as longest_hours_overdue
from complaints
left join reviews on complaints.complaint_id = reviews.complaint_id
group by complaints.of_province, complaints.held_by
