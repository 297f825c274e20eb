with

run_context as (
    -- Neither the future nor what was not yet known can be judged.
    select least(as_of, known_as_of) as judged_at
    from {{ source('ops', 'run_context') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

expectations as (
    select * from {{ rule_pack('feed_expectations') }}
),

counted as (
    select
        *,
        {{ iso_weekday('delivery_date') }} as weekday,
        max(case when records > 0 then delivery_date end) over (
            partition by feed
            order by delivery_date
            rows between unbounded preceding and 1 preceding
        ) as delivered_before_on
    from {{ ref('int_feed_days__counted') }}
),

history as (
    select
        counted.feed,
        counted.delivery_date,
        before.records
    from counted
    inner join counted as before
        on
            counted.feed = before.feed
            and counted.weekday = before.weekday
            and counted.delivery_date > before.delivery_date
            and counted.delivery_date
            <= before.delivery_date + 7 * {{ setting('feed_history_weeks', 'integer') }}
),

usual as (
    select
        feed,
        delivery_date,
        count(*) as weeks,
        count(*) filter (where records > 0) as weeks_delivered,
        median(records) filter (where records > 0) as usual_records
    from history
    group by feed, delivery_date
),

deviation as (
    select
        history.feed,
        history.delivery_date,
        median(abs(history.records - usual.usual_records)) as usual_deviation
    from history
    inner join usual on history.feed = usual.feed and history.delivery_date = usual.delivery_date
    where history.records > 0
    group by history.feed, history.delivery_date
),

compared as (
    select
        counted.*,
        run_context.judged_at::date - counted.delivery_date as age_days,
        {{ from_wall_clock('counted.delivery_date') }} + to_hours(expectations.due_hours) as due_at,
        run_context.judged_at,
        case expectations.expected_weekdays
            when 'learn'
                then
                    usual.weeks >= {{ setting('feed_history_min') }}
                    and usual.weeks_delivered / usual.weeks >= {{ setting('feed_learned_share') }}
            else contains(expectations.expected_weekdays, counted.weekday::varchar)
        end as is_expected,
        coalesce(usual.weeks_delivered, 0) as weeks_compared,
        usual.usual_records,
        deviation.usual_deviation,
        usual.weeks_delivered >= {{ setting('feed_history_min') }}
        and expectations.volume_floor is not null as is_watched,
        expectations.volume_low_share,
        expectations.volume_high_share,
        greatest(
            deviation.usual_deviation * {{ setting('feed_volume_spread') }}, expectations.volume_floor
        ) as allowed_deviation
    from counted
    cross join run_context
    left join usual
        on counted.feed = usual.feed and counted.delivery_date = usual.delivery_date
    left join deviation
        on counted.feed = deviation.feed and counted.delivery_date = deviation.delivery_date
    left join expectations
        on
            counted.feed = expectations.feed
            and {{ valid_on('expectations', 'counted.delivery_date') }}
),

bounded as (
    select
        *,
        case
            when is_watched
                then
                    greatest(
                        least(usual_records * volume_low_share, usual_records - allowed_deviation), 0
                    )
        end as records_low,
        case
            when is_watched
                then greatest(usual_records * volume_high_share, usual_records + allowed_deviation)
        end as records_high
    from compared
)

select
    feed,
    delivery_date,
    weekday,
    age_days,
    coalesce(is_expected, false) as is_expected,
    due_at,
    files,
    files_quarantined,
    records,
    loaded,
    rejected,
    reject_rate,
    coalesce(
        is_expected
        and records = 0
        and judged_at >= due_at
        and delivery_date - delivered_before_on <= {{ setting('feed_silence_days', 'integer') }},
        false
    ) as is_missing,
    weeks_compared,
    usual_records,
    usual_deviation,
    records_low,
    records_high,
    case
        when records = 0 or judged_at < due_at then null
        when records_low is null then 'UNKNOWN'
        when records < records_low then 'LOW'
        when records > records_high then 'HIGH'
        else 'USUAL'
    end as volume_state,
    has_many_rejects,
    files_with_many_rejects,
    files_not_closed,
    new_columns,
    emptied_columns
from bounded
