with source as (

    {{ delivered('vaccine_lots') }}

),

{{ vaccine_spellings_ctes('source') }},

{{ lot_spellings_cte('source') }},

{{ province_spellings_cte('source') }}

select
    vaccine_spellings.vaccine_code,
    source.vaccine_name as vaccine_typed,
    lot_spellings.lot_number,
    lot_spellings.lot_key,
    source.lot_number as lot_typed,
    province_spellings.province_code,
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
left join vaccine_spellings on source.vaccine_name is not distinct from vaccine_spellings.vaccine_typed
left join lot_spellings on source.lot_number is not distinct from lot_spellings.lot_typed
left join province_spellings on source.province_code = province_spellings.province_typed
