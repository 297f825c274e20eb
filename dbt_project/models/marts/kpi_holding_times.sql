with

stays as (
    select * from {{ ref('int_complaint_stays') }}
),

run_context as (
    select as_of from {{ source('ops', 'run_context') }}
),

-- Each stay once for its holder, once for all of the province.
counted as (
    select
        coalesce(province_code, 'unknown') as province_code,
        {{ each_of("[coalesce(holder_code, 'unknown'), '*']") }} as holder_code,
        state,
        until_at,
        coalesce(hours, date_diff('second', from_at, run_context.as_of) / 3600.0) as hours
    from stays
    cross join run_context
)

select
    province_code,
    holder_code,
    state,
    count(*) as stays,
    count(*) filter (where until_at is null) as stays_running,
    percentile_cont(0.5) within group (order by hours) as hours_median,
    percentile_cont(0.9) within group (order by hours) as hours_p90
from counted
group by province_code, holder_code, state
