with reviews as (
    select * from {{ ref('stg_record_reviews') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
)

select reviews.*
from reviews
cross join run_context
where
    reviews.delivery_date <= run_context.known_as_of::date
    and reviews.reviewed_at <= run_context.as_of
qualify {{ is_latest_delivery(['review_id']) }}
