with

doses as (
    select * from {{ ref('int_doses__current') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

entered as (
    -- The day the run stands on is not over: the one before it is the last to be judged.
    select
        coalesce(doses.entered_by_facility_code, doses.facility_code) as facility_code,
        doses.first_entered_at::date as entered_on,
        count(*) as records,
        any_value(run_context.as_of)::date - 1 as last_day
    from doses
    cross join run_context
    where doses.first_entered_at::date < run_context.as_of::date
    group by
        coalesce(doses.entered_by_facility_code, doses.facility_code),
        doses.first_entered_at::date
),

lasting as (
    select
        *,
        max(entered_on) over (partition by facility_code) as last_entered_on
    from entered
    where facility_code is not null
),

weekdays as (
    select
        facility_code,
        last_entered_on,
        last_day,
        dayofweek(entered_on) as weekday,
        sum(records) as records_entered
    from lasting
    where entered_on > last_entered_on - {{ setting('silence_baseline_days', 'integer') }}
    group by all
),

silences as (
    select
        facility_code,
        last_entered_on,
        last_day,
        -- After two months no more is expected; what was stays due until the register has it closed.
        {{ each_of('range(1, least(last_day - last_entered_on, 60) + 1)') }}::integer as day_no
    from weekdays
    group by facility_code, last_entered_on, last_day
),

expected as (
    select
        silences.facility_code,
        silences.last_entered_on,
        silences.last_day,
        silences.last_entered_on + silences.day_no as day,
        -- Divided last: a sum of fractions depends on their order.
        coalesce(sum(weekdays.records_entered) over so_far, 0) * 7
        / {{ setting('silence_baseline_days') }} as records_expected
    from silences
    left join weekdays
        on
            silences.facility_code = weekdays.facility_code
            and dayofweek(silences.last_entered_on + silences.day_no) = weekdays.weekday
    window so_far as (partition by silences.facility_code order by silences.day_no)
)

select
    expected.facility_code,
    any_value(expected.last_entered_on) as last_entered_on,
    (any_value(expected.last_day) - any_value(expected.last_entered_on))::integer as days_silent,
    max(expected.records_expected) as records_expected,
    min(expected.day) filter (
        where expected.records_expected >= {{ setting('silence_expected_records') }}
    ) as rhythm_broken_on,
    coalesce(any_value(facilities.active_to) >= any_value(expected.last_day), true) as is_active
from expected
inner join facilities on expected.facility_code = facilities.facility_code
group by expected.facility_code
