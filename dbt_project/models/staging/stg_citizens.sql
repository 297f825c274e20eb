with source as (

    select * from {{ source('raw', 'citizens') }}

),

countries as (

    select * from {{ ref('country_labels') }}

),

with_country as (

    select
        source.*,
        {{ country_code('source.nationality', 'countries.country_code') }} as p_country
    from source
    left join countries on {{ fold_key('source.nationality') }} = countries.label_key

),

{{ people_ctes('with_country', phone='phone') }}

select
    trim(citizen_id) as citizen_id,
    coalesce(
        list_transform(
            {{ split_list("replace(previous_ids, ',', ';')") }},
            lambda number: {{ replace_all("upper(number)", '[^A-Z0-9]', '') }}
        ),
        {{ empty_list() }}
    ) as previous_ids,
    {{ people_columns(phone='phone') }},
    coalesce(p_country, 'VN') as nationality,
    {{ code_of('permanent_unit_code', 5) }} as permanent_unit_code,
    {{ code_of('current_unit_code', 5) }} as current_unit_code,
    {{ blank_to_null('hamlet') }} as hamlet,
    coalesce({{ enumerated('life_status') }}, 'alive') as life_status,
    {{ read_day('deceased_on') }} as deceased_on,
    file,
    line,
    delivery_date
from people
