with

stays as (
    select * from {{ ref('int_complaint_stays') }}
),

-- Each stay once for its holder, once for all of the province.
counted as (
    select
        coalesce(province_code, 'unknown') as province_code,
        {{ each_of("[coalesce(holder_code, 'unknown'), '*']") }} as holder_code,
        state,
        until_at,
        hours
    from stays
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
