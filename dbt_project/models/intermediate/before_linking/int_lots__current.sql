with

lots as (
    select * from {{ ref('stg_vaccine_lots') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

rounds as (
    select lots.*
    from lots
    cross join run_context
    where lots.delivery_date <= run_context.known_as_of::date
    qualify {{ is_latest_delivery(
        ['vaccine_code', 'vaccine_typed', 'lot_key', 'province_code', 'allocation_round']
    ) }}
)

select
    vaccine_code,
    lot_key,
    -- Of several spellings one that stays the same: the one with digits for letters.
    min(lot_number) as lot_number,
    province_code,
    min(allocated_on) as first_allocated_on,
    sum(doses_allocated)::bigint as doses_allocated,
    sum(doses_allocated + doses_transferred_in - doses_transferred_out)::bigint as doses_received,
    sum(doses_discarded)::bigint as doses_discarded
from rounds
where vaccine_code is not null and lot_key is not null and province_code is not null
group by vaccine_code, lot_key, province_code
