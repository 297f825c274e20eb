{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'facility_code', 'notes': {'facility': 'facility_code'}}
) }}

with

facilities as (
    select * from {{ ref('stg_facilities') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
)

select facilities.*
from facilities
cross join run_context
where facilities.delivery_date <= run_context.known_as_of::date
qualify row_number() over (
    partition by facilities.facility_code
    order by facilities.delivery_date desc, facilities.file desc, facilities.line desc
) = 1
