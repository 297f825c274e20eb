with

complaints as (
    select * from {{ ref('fct_complaints') }} where is_open
),

policy as (
    select * from {{ ref('escalation_policy') }} where clock = 'review'
),

run_context as (
    select as_of from {{ source('ops', 'run_context') }}
),

-- The bands are the rungs of the ladder.
bands as (
    select
        after_hours as age_from_hours,
        lead(after_hours) over (order by after_hours) as age_to_hours
    from policy
    cross join run_context
    where
        run_context.as_of::date >= policy.valid_from
        and run_context.as_of::date <= coalesce(policy.valid_to, date '9999-12-31')
),

aged as (
    select
        complaints.province_code,
        complaints.root_cause,
        complaints.state,
        case
            when complaints.has_sla
                then date_diff('second', complaints.received_at, run_context.as_of) / 3600.0
        end as age_hours
    from complaints
    cross join run_context
)

select
    coalesce(aged.province_code, 'unknown') as province_code,
    bands.age_from_hours,
    bands.age_to_hours,
    aged.root_cause,
    aged.state,
    count(*) as complaints_open
from aged
asof left join bands on aged.age_hours >= bands.age_from_hours
group by all
