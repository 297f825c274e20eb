with source as (

    select * from {{ source('raw', 'lot_expiries') }}

),

vaccines as (

    select * from {{ ref('vaccine_aliases') }}

)

select
    vaccines.vaccine_code,
    {{ lot_number('source.lot_number') }} as lot_number,
    {{ read_day('source.known_on') }} as known_on,
    {{ read_day('source.expiry_on') }} as expiry_on,
    source.file,
    source.line,
    source.delivery_date
from source
left join vaccines on {{ vaccine_key('source.vaccine_name') }} = vaccines.alias_key
