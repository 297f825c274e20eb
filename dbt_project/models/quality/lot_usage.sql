with

lots as (
    select * from {{ ref('int_lots__current') }}
),

expiries as (
    select * from {{ ref('int_lot_expiries__current') }}
),

doses as (
    select * from {{ ref('int_doses__deduplicated') }}
    where is_chosen and lot_key is not null
),

facilities as (
    select
        facility_code,
        province_code
    from {{ ref('int_facilities__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

used as (
    select
        doses.lot_key,
        facilities.province_code,
        count(*) as doses_recorded,
        -- A date mistyped into the future is no use of the lot.
        max(doses.injected_on) filter (where doses.injected_on <= run_context.as_of::date)
            as last_injected_on
    from doses
    cross join run_context
    inner join facilities on doses.facility_code = facilities.facility_code
    group by all
)

select
    lots.vaccine_code,
    lots.lot_number,
    lots.province_code,
    lots.first_allocated_on,
    lots.doses_received,
    lots.doses_discarded,
    (lots.doses_received - lots.doses_discarded)::bigint as doses_usable,
    coalesce(used.doses_recorded, 0)::bigint as doses_recorded,
    used.last_injected_on,
    (run_context.as_of::date - coalesce(used.last_injected_on, lots.first_allocated_on))::integer
        as days_unused,
    expiries.expiry_on,
    coalesce(expiries.expiry_on < run_context.as_of::date, false) as is_expired
from lots
cross join run_context
left join used
    on lots.lot_key = used.lot_key and lots.province_code = used.province_code
left join expiries
    on
        lots.vaccine_code = expiries.vaccine_code
        and lots.lot_key = expiries.lot_key
        and {{ valid_on('expiries', 'run_context.as_of::date') }}
