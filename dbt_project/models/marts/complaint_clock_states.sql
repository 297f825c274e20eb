with clocks as (
    select * from {{ ref('complaint_clocks') }}
),

policy as (
    select * from {{ ref('clock_policy') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
)

select
    clocks.complaint_id,
    clocks.clock,
    clocks.starts_at,
    clocks.due_at,
    clocks.met_at,
    clocks.handler_code,
    clocks.province_code,
    {{ clock_state(
        'clocks.starts_at', 'clocks.due_at', 'clocks.met_at', 'run_context.as_of',
        'policy.at_risk_share'
    ) }} as clock_state,
    run_context.as_of,
from clocks
inner join policy on clocks.clock = policy.clock
cross join run_context
where clocks.has_ladder
