with

expiries as (
    select * from {{ ref('stg_lot_expiries') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

known as (
    select expiries.*
    from expiries
    cross join run_context
    where
        expiries.delivery_date <= run_context.known_as_of::date
        and expiries.vaccine_code is not null
        and expiries.lot_key is not null
        and expiries.known_on is not null
        and expiries.expiry_on is not null
    qualify {{ is_latest_delivery(['vaccine_code', 'lot_key', 'known_on']) }}
)

select
    vaccine_code,
    lot_key,
    lot_number,
    expiry_on,
    known_on as valid_from,
    coalesce(lead(known_on) over lot - 1, date '9999-12-31') as valid_to
from known
window lot as (partition by vaccine_code, lot_key order by known_on)
