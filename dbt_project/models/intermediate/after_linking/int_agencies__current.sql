with agencies as (
    select * from {{ ref('stg_agencies') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
)

select agencies.*
from agencies
cross join run_context
where agencies.delivery_date <= run_context.known_as_of::date
qualify {{ is_latest_delivery(['agency_code']) }}
