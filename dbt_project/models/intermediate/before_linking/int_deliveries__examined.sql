with

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

deliveries as (
    select
        deliveries.feed,
        deliveries.delivery_date,
        deliveries.file,
        deliveries.state,
        deliveries.reason_code,
        deliveries.records,
        deliveries.loaded,
        deliveries.rejected,
        deliveries.children_loaded + deliveries.children_rejected as nested_records,
        deliveries.children_rejected as nested_rejected,
        deliveries.unknown_columns
    from {{ source('raw', 'deliveries') }} as deliveries
    cross join run_context
    where deliveries.delivery_date <= run_context.known_as_of::date
),

kept as (
    select
        file,
        count(*) filter (where not is_child and line is not null) as rejects_kept,
        count(*) filter (where is_child) as nested_rejects_kept
    from {{ source('raw', 'rejects') }}
    group by file
),

expectations as (
    select * from {{ rule_pack('feed_expectations') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

began as (
    select
        feed,
        min(delivery_date) as first_day
    from deliveries
    where state = 'loaded' and records > 0
    group by feed
),

unknown as (
    select
        feed,
        delivery_date,
        file,
        {{ each_of(list_of_json('unknown_columns')) }} as header
    from deliveries
    where state = 'loaded' and unknown_columns is not null
),

first_seen as (
    -- A header in another spelling is the same column; one without letters has only itself.
    select *
    from unknown
    qualify row_number() over (
        partition by feed, coalesce(nullif({{ fold_key('header') }}, ''), header)
        order by delivery_date, file, header
    ) = 1
),

new_headers as (
    -- What the first delivery of a feed brings is new to nobody.
    select
        first_seen.file,
        first_seen.header,
        {{ is_plain_header('first_seen.header') }} as is_plain
    from first_seen
    inner join began on first_seen.feed = began.feed
    where first_seen.delivery_date > began.first_day
),

new_columns as (
    select
        file,
        list(header order by header) filter (where is_plain) as headers,
        count(*) as new_columns
    from new_headers
    group by file
),

counted as (
    select
        deliveries.*,
        coalesce(kept.rejects_kept, 0) as rejects_kept,
        coalesce(kept.nested_rejects_kept, 0) as nested_rejects_kept,
        deliveries.records + deliveries.nested_records as all_records,
        (deliveries.rejected + deliveries.nested_rejected)
        / nullif(deliveries.records + deliveries.nested_records, 0) as reject_rate
    from deliveries
    left join kept on deliveries.file = kept.file
)

select
    counted.feed,
    counted.delivery_date,
    counted.file,
    counted.state,
    counted.reason_code,
    counted.records,
    counted.loaded,
    counted.rejected,
    counted.rejects_kept,
    counted.nested_records,
    counted.nested_rejected,
    counted.nested_rejects_kept,
    counted.reject_rate,
    counted.all_records >= {{ setting('feed_reject_records') }}
    and coalesce(counted.reject_rate > expectations.reject_rate_max, false) as has_many_rejects,
    counted.state <> 'loaded'
    or coalesce(
        counted.records = counted.loaded + counted.rejected
        and counted.rejected = counted.rejects_kept
        and counted.nested_rejected = counted.nested_rejects_kept,
        false
    ) as is_closed,
    coalesce(new_columns.new_columns, 0) as new_columns,
    coalesce(new_columns.headers, {{ empty_list() }}) as new_headers
from counted
left join new_columns on counted.file = new_columns.file
left join expectations
    on
        counted.feed = expectations.feed
        and {{ valid_on('expectations', 'counted.delivery_date') }}
