with reviews as (
    select * from {{ ref('stg_record_reviews') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

delivered as not materialized (
    select reviews.*
    from reviews
    cross join run_context
    where
        reviews.delivery_date <= run_context.known_as_of::date
        and reviews.reviewed_at <= run_context.as_of
),

{{ latest_ctes('delivered', ['review_id']) }}

select * from latest
