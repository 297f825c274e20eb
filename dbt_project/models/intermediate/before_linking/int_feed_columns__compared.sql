with

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

fill as (
    select
        fill.feed,
        fill.delivery_date,
        fill.file,
        fill.column_name,
        fill.rows as row_count,
        fill.filled,
        fill.rows >= {{ setting('fill_rows') }} as is_large,
        fill.rows >= {{ setting('fill_rows') }}
        and fill.filled / fill.rows <= {{ setting('fill_empty_rate') }} as is_empty
    from {{ source('raw', 'delivery_fill') }} as fill
    cross join run_context
    where fill.delivery_date <= run_context.known_as_of::date
),

daily as (
    select
        feed,
        delivery_date,
        column_name,
        sum(row_count)::bigint as row_count,
        sum(filled)::bigint as filled,
        count(*) filter (where is_large) as large_files,
        count(*) filter (where is_empty) as empty_files,
        sum(row_count) >= {{ setting('fill_rows') }} as is_large,
        row_number() over (partition by feed, column_name order by delivery_date) as delivery_no
    from fill
    group by feed, delivery_date, column_name
),

usual as (
    select
        daily.feed,
        daily.delivery_date,
        daily.column_name,
        count(*) filter (where before.is_large) as days_compared,
        median(before.filled / before.row_count) filter (where before.is_large) as usual_fill_rate,
        sum(before.large_files)::bigint as files_compared,
        sum(before.empty_files)::bigint as files_compared_empty
    from daily
    inner join daily as before
        on
            daily.feed = before.feed
            and daily.column_name = before.column_name
            and before.delivery_no
            between daily.delivery_no - {{ setting('fill_history_days', 'integer') }}
            and daily.delivery_no - 1
    group by daily.feed, daily.delivery_date, daily.column_name
),

judged as (
    select
        daily.feed,
        daily.delivery_date,
        daily.column_name,
        daily.row_count,
        daily.filled,
        coalesce(usual.days_compared, 0) as days_compared,
        usual.usual_fill_rate,
        coalesce(
            daily.is_large
            and daily.filled / daily.row_count <= {{ setting('fill_empty_rate') }}
            and usual.usual_fill_rate >= {{ setting('fill_usual_rate') }}
            and usual.days_compared >= {{ setting('feed_history_min') }},
            false
        ) as is_emptied,
        -- Where hardly any file lacks the column, one that does is a sender's fault.
        coalesce(
            usual.usual_fill_rate >= {{ setting('fill_usual_rate') }}
            and usual.files_compared >= {{ setting('fill_files') }}
            and usual.files_compared_empty / usual.files_compared
            <= {{ setting('fill_files_empty_share') }},
            false
        ) as is_filled_by_all
    from daily
    left join usual
        on
            daily.feed = usual.feed
            and daily.delivery_date = usual.delivery_date
            and daily.column_name = usual.column_name
),

emptied as (
    select
        fill.feed,
        fill.delivery_date,
        fill.column_name,
        list(fill.file order by fill.file) as files
    from fill
    inner join judged
        on
            fill.feed = judged.feed
            and fill.delivery_date = judged.delivery_date
            and fill.column_name = judged.column_name
    where fill.is_empty and judged.is_filled_by_all and not judged.is_emptied
    group by fill.feed, fill.delivery_date, fill.column_name
)

select
    judged.feed,
    judged.delivery_date,
    judged.column_name,
    judged.row_count,
    judged.filled,
    judged.usual_fill_rate,
    judged.days_compared,
    judged.is_emptied,
    coalesce(emptied.files, {{ empty_list() }}) as emptied_files
from judged
left join emptied
    on
        judged.feed = emptied.feed
        and judged.delivery_date = emptied.delivery_date
        and judged.column_name = emptied.column_name
