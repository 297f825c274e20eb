with source as (

    {{ delivered('agencies') }}

),

communes as (

    select * from {{ ref('communes') }}

),

districts as (

    select * from {{ ref('districts') }}

),

{{ phone_prefixes_cte() }},

cleaned as (

    select
        *,
        {{ enumerated('level') }} as level_cleaned,
        {{ phone_read('phone') }} as phone_cleaned,
        -- A sheet drops the zeros in front; the level says how many digits there were.
        case {{ enumerated('level') }}
            when 'commune' then {{ code_of('unit_code', 5) }}
            when 'district' then {{ code_of('unit_code', 3) }}
            when 'province' then {{ code_of('unit_code', 2) }}
            else {{ blank_to_null('unit_code') }}
        end as unit
    from source
    cross join renumbering

)

select
    trim(cleaned.agency_code) as agency_code,
    {{ blank_to_null('cleaned.agency_name') }} as agency_name,
    {{ enumerated('cleaned.branch') }} as branch,
    cleaned.level_cleaned as level,
    {{ enumerated('cleaned.kind') }} as kind,
    cleaned.unit as unit_code,
    coalesce(
        communes.province_code,
        districts.province_code,
        case when cleaned.level_cleaned = 'province' then cleaned.unit end
    ) as province_code,
    coalesce(communes.district_code, districts.district_code) as district_code,
    {{ blank_to_null('cleaned.parent_agency_code') }} as parent_agency_code,
    {{ blank_to_null('cleaned.email') }} as email,
    cleaned.phone_cleaned as phone,
    {{ blank_to_null('cleaned.address') }} as address,
    cleaned.file,
    cleaned.line,
    cleaned.delivery_date
from cleaned
left join communes on cleaned.unit = communes.unit_code
left join districts on cleaned.unit = districts.district_code
