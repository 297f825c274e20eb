with source as (

    select * from {{ source('raw', 'vaccine_lots') }}

),

vaccines as (

    select * from {{ ref('vaccine_aliases') }}

),

provinces as (

    select * from {{ ref('provinces') }}

),

province_aliases as (

    select * from {{ ref('unit_aliases') }} where level = 'province'

)

select
    vaccines.vaccine_code,
    source.vaccine_name as vaccine_typed,
    {{ lot_number('source.lot_number') }} as lot_number,
    source.lot_number as lot_typed,
    coalesce(provinces.province_code, province_aliases.unit_code) as province_code,
    coalesce(try_cast(source.allocation_round as integer), 1) as allocation_round,
    {{ read_day('source.allocated_on') }} as allocated_on,
    coalesce({{ whole_number('source.doses_allocated') }}, 0) as doses_allocated,
    coalesce({{ whole_number('source.doses_transferred_in') }}, 0) as doses_transferred_in,
    coalesce({{ whole_number('source.doses_transferred_out') }}, 0) as doses_transferred_out,
    coalesce({{ whole_number('source.doses_discarded') }}, 0) as doses_discarded,
    source.file,
    source.line,
    source.delivery_date
from source
left join vaccines on {{ vaccine_key('source.vaccine_name') }} = vaccines.alias_key
left join provinces on {{ code_of('source.province_code', 2) }} = provinces.province_code
left join province_aliases on {{ place_key('source.province_code') }} = province_aliases.alias_key
