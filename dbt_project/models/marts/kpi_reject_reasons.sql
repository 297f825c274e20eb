with

complaints as (
    select * from {{ ref('fct_complaints') }} where state = 'REJECTED'
),

events as (
    select * from {{ ref('int_complaint_events__current') }} where outcome = 'REJECTED'
),

-- What the citizen was told last.
rejections as (
    select
        complaint_id,
        coalesce(nullif(arg_max(reason_codes, position), []), ['none']) as reason_codes
    from events
    group by complaint_id
),

given as (
    select
        coalesce(complaints.province_code, 'unknown') as province_code,
        coalesce(complaints.handler_code, 'unknown') as handler_code,
        complaints.complaint_id,
        {{ each_of('rejections.reason_codes') }} as reason_code
    from complaints
    inner join rejections on complaints.complaint_id = rejections.complaint_id
)

select
    province_code,
    handler_code,
    reason_code,
    count(distinct complaint_id) as complaints_rejected
from given
group by province_code, handler_code, reason_code
