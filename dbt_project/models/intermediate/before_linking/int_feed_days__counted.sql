with

run_context as (
    -- Neither the future nor what was not yet known can be judged.
    select
        least(as_of, known_as_of)::date as last_day,
        known_as_of::date as known_day
    from {{ source('ops', 'run_context') }}
),

expectations as (
    select * from {{ rule_pack('feed_expectations') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

files as not materialized (
    select * from {{ ref('int_deliveries__examined') }}
),

columns_compared as (
    select * from {{ ref('int_feed_columns__compared') }}
),

fill as (
    select distinct
        fill.feed,
        fill.delivery_date,
        fill.file,
        fill.rows as row_count
    from {{ source('raw', 'delivery_fill') }} as fill
    cross join run_context
    where fill.delivery_date <= run_context.known_day
),

own as (
    select
        feed,
        delivery_date,
        count(*) filter (where state = 'loaded') as files,
        count(*) filter (where state = 'failed') as files_quarantined,
        count(*) filter (where has_many_rejects) as files_with_many_rejects,
        count(*) filter (where not is_closed) as files_not_closed,
        sum(records) as records,
        sum(loaded) as loaded,
        sum(rejected + nested_rejected) as rejected,
        sum(records + nested_records) as examined,
        sum(new_columns) as new_columns
    from files
    group by feed, delivery_date
),

nested as (
    -- Rows of a feed that came inside the records of another.
    select
        fill.feed,
        fill.delivery_date,
        count(*) as files,
        sum(fill.row_count) as loaded
    from fill
    inner join files on fill.file = files.file and fill.feed <> files.feed
    group by fill.feed, fill.delivery_date
),

emptied as (
    select
        feed,
        delivery_date,
        count(*) as emptied_columns
    from columns_compared
    where is_emptied or len(emptied_files) > 0
    group by feed, delivery_date
),

delivered as (
    select
        coalesce(own.feed, nested.feed) as feed,
        coalesce(own.delivery_date, nested.delivery_date) as delivery_date,
        coalesce(own.files, 0) + coalesce(nested.files, 0) as files,
        own.files_quarantined,
        own.files_with_many_rejects,
        own.files_not_closed,
        coalesce(own.records, 0) + coalesce(nested.loaded, 0) as records,
        coalesce(own.loaded, 0) + coalesce(nested.loaded, 0) as loaded,
        own.rejected,
        own.examined,
        own.rejected / nullif(own.examined, 0) as reject_rate,
        own.new_columns
    from own
    full join nested on own.feed = nested.feed and own.delivery_date = nested.delivery_date
),

began as (
    select
        feed,
        min(delivery_date) as first_day
    from delivered
    where records > 0
    group by feed
),

days as (
    select
        began.feed,
        {{ each_day('began.first_day', 'run_context.last_day') }} as delivery_date
    from began
    cross join run_context
)

select
    days.feed,
    days.delivery_date,
    coalesce(delivered.files, 0) as files,
    coalesce(delivered.files_quarantined, 0) as files_quarantined,
    coalesce(delivered.files_with_many_rejects, 0) as files_with_many_rejects,
    coalesce(delivered.files_not_closed, 0) as files_not_closed,
    coalesce(delivered.records, 0)::bigint as records,
    coalesce(delivered.loaded, 0)::bigint as loaded,
    coalesce(delivered.rejected, 0)::bigint as rejected,
    delivered.reject_rate,
    coalesce(
        delivered.examined >= {{ setting('feed_reject_records') }}
        and delivered.reject_rate > expectations.reject_rate_max,
        false
    ) as has_many_rejects,
    coalesce(delivered.new_columns, 0)::bigint as new_columns,
    coalesce(emptied.emptied_columns, 0) as emptied_columns
from days
left join delivered on days.feed = delivered.feed and days.delivery_date = delivered.delivery_date
left join emptied on days.feed = emptied.feed and days.delivery_date = emptied.delivery_date
left join expectations
    on
        days.feed = expectations.feed
        and {{ valid_on('expectations', 'days.delivery_date') }}
