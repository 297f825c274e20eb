with source as (

    {{ delivered('lot_expiries') }}

),

{{ vaccine_spellings_ctes('source') }},

{{ lot_spellings_cte('source') }}

select
    vaccine_spellings.vaccine_code,
    lot_spellings.lot_number,
    lot_spellings.lot_key,
    {{ read_day('source.known_on') }} as known_on,
    {{ read_day('source.expiry_on') }} as expiry_on,
    source.file,
    source.line,
    source.delivery_date
from source
left join vaccine_spellings on source.vaccine_name is not distinct from vaccine_spellings.vaccine_typed
left join lot_spellings on source.lot_number is not distinct from lot_spellings.lot_typed
