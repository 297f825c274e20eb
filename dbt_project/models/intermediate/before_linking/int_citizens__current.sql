with

citizens as (
    select * from {{ ref('stg_citizens') }}
),

communes as (
    select * from {{ ref('communes') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

latest as (
    -- A later delivery replaces the citizen's row; the order of loading says nothing.
    select citizens.*
    from citizens
    cross join run_context
    where citizens.delivery_date <= run_context.known_as_of::date
    qualify row_number() over (
        partition by citizens.citizen_id
        order by citizens.delivery_date desc, citizens.file desc, citizens.line desc
    ) = 1
)

select
    latest.citizen_id,
    {{ pseudonym("'C|' || latest.citizen_id") }} as citizen_key,
    latest.previous_ids,
    latest.full_name,
    latest.name_exact_key,
    latest.name_key,
    latest.birth_on,
    latest.birth_precision,
    latest.birth_first_on,
    latest.birth_last_on,
    latest.birth_year,
    latest.birth_typed,
    latest.sex,
    latest.phone,
    latest.normalizations,
    latest.nationality,
    latest.permanent_unit_code,
    latest.current_unit_code,
    communes.province_code,
    communes.district_code,
    latest.hamlet,
    latest.life_status,
    latest.deceased_on
from latest
cross join run_context
left join communes
    on coalesce(latest.permanent_unit_code, latest.current_unit_code) = communes.unit_code
