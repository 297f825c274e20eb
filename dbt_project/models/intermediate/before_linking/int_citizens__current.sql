{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_id'},
    pre_hook=["{{ note_due('citizen', ref('stg_citizens'), 'citizen_id') }}", "{{ hold_changed('citizen') }}"]
) }}

with

citizens as not materialized (
    select * from {{ ref('stg_citizens') }}
),

communes as (
    select * from {{ ref('communes') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

known as not materialized (
    select citizens.*
    from citizens
    {{ only_changed('citizens.citizen_id') }}
    cross join run_context
    where citizens.delivery_date <= run_context.known_as_of::date
),

-- Few citizens were delivered twice: only those are sorted, which of a whole nation is dear.
repeated as materialized (
    select citizen_id
    from known
    group by citizen_id
    having count(*) > 1
),

latest as not materialized (
    -- A later delivery replaces the citizen's row; the order of loading says nothing.
    select known.*
    from known
    semi join repeated on known.citizen_id = repeated.citizen_id
    qualify row_number() over (
        partition by known.citizen_id
        order by known.delivery_date desc, known.file desc, known.line desc
    ) = 1
    union all by name
    select known.*
    from known
    anti join repeated on known.citizen_id = repeated.citizen_id
)

select
    latest.citizen_id,
    {{ key_of("'C|' || latest.citizen_id") }} as citizen_key,
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
