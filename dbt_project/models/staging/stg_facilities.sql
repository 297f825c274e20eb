with source as (

    {{ delivered('facilities') }}

),

communes as (

    select * from {{ ref('communes') }}

),

{{ phone_prefixes_cte() }},

cleaned as (

    select
        *,
        {{ phone_read('phone') }} as phone_cleaned,
        {{ code_of('unit_code', 5) }} as unit
    from source
    cross join renumbering

)

select
    trim(cleaned.facility_code) as facility_code,
    {{ blank_to_null('cleaned.facility_name') }} as facility_name,
    nullif({{ fold_key('cleaned.facility_name') }}, '') as facility_name_key,
    {{ enumerated('cleaned.sector') }} as sector,
    {{ enumerated('cleaned.kind') }} as kind,
    cleaned.unit as unit_code,
    communes.province_code,
    communes.district_code,
    {{ blank_to_null('cleaned.managing_agency_code') }} as managing_agency_code,
    {{ blank_to_null('cleaned.email') }} as email,
    cleaned.phone_cleaned as phone,
    {{ blank_to_null('cleaned.address') }} as address,
    {{ blank_to_null('cleaned.opening_hours') }} as opening_hours,
    {{ read_day('cleaned.active_from') }} as active_from,
    {{ read_day('cleaned.active_to') }} as active_to,
    cleaned.file,
    cleaned.line,
    cleaned.delivery_date
from cleaned
left join communes on cleaned.unit = communes.unit_code
