{{ config(meta={'notes': {'citizen': 'citizen_id'}}) }}

with source as not materialized (

    {{ delivered('citizens') }}

),

{{ people_ctes('source', phone='phone', nationality='nationality') }}

select
    trim(citizen_id) as citizen_id,
    coalesce(
        list_transform(
            {{ split_list("replace(previous_ids, ',', ';')") }},
            lambda number: {{ id_squeezed('number') }}
        ),
        {{ empty_list() }}
    ) as previous_ids,
    {{ people_columns(phone='phone') }},
    coalesce(p_nationality, 'VN') as nationality,
    {{ code_of('permanent_unit_code', 5) }} as permanent_unit_code,
    {{ code_of('current_unit_code', 5) }} as current_unit_code,
    {{ blank_to_null('hamlet') }} as hamlet,
    coalesce({{ enumerated('life_status') }}, 'alive') as life_status,
    {{ read_day('deceased_on') }} as deceased_on,
    file,
    line,
    delivery_date
from people
