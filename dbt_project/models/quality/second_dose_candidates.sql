with

lasts as (
    -- Undated doses come last and have no slot: after one nobody can say what is still due.
    select * from {{ ref('int_doses__sequenced') }} where is_last
),

products as (
    select * from {{ rule_pack('vaccine_products') }}
),

intervals as (
    select * from {{ rule_pack('dose_intervals') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
)

-- Whose last dose known is a primary one, and not the last of its series.
select
    {{ key_text('lasts.citizen_key') }} as citizen_key,
    lasts.dose_id,
    lasts.vaccine_code,
    lasts.slot_no::integer as dose_no,
    lasts.injected_on,
    lasts.injected_on + intervals.expected_max_days as due_by,
    (run_context.as_of::date - lasts.injected_on - intervals.expected_max_days)::integer
        as days_overdue,
    lasts.facility_code,
    coalesce(lasts.entered_by_facility_code, lasts.facility_code) as owner_code
from lasts
cross join run_context
inner join products on lasts.primary_vaccine_code = products.vaccine_code
inner join intervals
    on
        lasts.vaccine_code = intervals.vaccine_code
        and lasts.slot_no + 1 = intervals.primary_dose_no
        and {{ valid_on('intervals', 'run_context.as_of::date') }}
where
    lasts.slot_type = 'primary'
    and lasts.slot_no < products.primary_doses
    and lasts.injected_on + intervals.expected_max_days < run_context.as_of::date
