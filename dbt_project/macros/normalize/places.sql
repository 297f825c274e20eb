{#- Provinces, districts and communes of 2021, given as a code or as a name in any spelling.
    Resolved once per distinct combination typed, then joined back by the caller on the three texts.
    A commune settles its district and province, whatever else was typed. -#}

{#- `Phường 05`, `P.5`, `xã Tân Phú` -> `5`, `tanphu`. -#}
{% macro place_key(text) -%}
    {{ replace_all(
        "regexp_replace(regexp_replace("
        ~ "translate(" ~ remove_accents("lower(" ~ compose_unicode("trim(" ~ text ~ ")") ~ ")") ~ ", 'đ', 'd'), "
        ~ "'^((tinh|thanh pho|quan|huyen|thi xa|phuong|xa|thi tran)[ .]*|(tp|tx|tt|t|q|h|p|x)[ .]+|(tp|q|p)[.]?)([^ .])', '\\5'), "
        ~ "'^0+([0-9])', '\\1')",
        '[^a-z0-9]', ''
    ) }}
{%- endmacro %}

{% macro code_of(text, digits) -%}
    case when {{ fully_matches("trim(" ~ text ~ ")", '[0-9]{1,' ~ digits ~ '}') }}
        then lpad(trim({{ text }}), {{ digits }}, '0') end
{%- endmacro %}

{% macro places_ctes(relation) -%}
places_typed as (

    select distinct province_code, district_code, unit_code from {{ relation }}

),

places_provinces as (

    select
        places_typed.*,
        coalesce(by_code.province_code, by_name.unit_code) as resolved_province
    from places_typed
    left join {{ ref('provinces') }} as by_code
        on {{ code_of('places_typed.province_code', 2) }} = by_code.province_code
    left join {{ ref('unit_aliases') }} as by_name
        on by_name.level = 'province'
        and {{ place_key('places_typed.province_code') }} = by_name.alias_key

),

places_districts as (

    select
        places_provinces.*,
        coalesce(by_code.district_code, by_name.district_code) as resolved_district
    from places_provinces
    left join {{ ref('districts') }} as by_code
        on {{ code_of('places_provinces.district_code', 3) }} = by_code.district_code
        -- `1` is Quận 1 in Hồ Chí Minh City, not district 001 of Hà Nội.
        and by_code.province_code = coalesce(places_provinces.resolved_province, by_code.province_code)
    left join {{ ref('districts') }} as by_name
        on places_provinces.resolved_province = by_name.province_code
        and by_name.name_key in (
            {{ place_key('places_provinces.district_code') }},
            {{ fold_key('places_provinces.district_code') }}
        )

),

places as (

    select
        places_districts.province_code,
        places_districts.district_code,
        places_districts.unit_code,
        coalesce(by_code.province_code, by_name.province_code, district.province_code, resolved_province)
            as resolved_province,
        coalesce(by_code.district_code, by_name.district_code, resolved_district) as resolved_district,
        coalesce(by_code.unit_code, by_name.unit_code) as resolved_unit
    from places_districts
    left join {{ ref('districts') }} as district
        on places_districts.resolved_district = district.district_code
    left join {{ ref('communes') }} as by_code
        on {{ code_of('places_districts.unit_code', 5) }} = by_code.unit_code
    left join {{ ref('communes') }} as by_name
        on places_districts.resolved_district = by_name.district_code
        and by_name.name_key in (
            {{ place_key('places_districts.unit_code') }}, {{ fold_key('places_districts.unit_code') }}
        )

)
{%- endmacro %}

{#- The join back to the rows: the texts as typed, nulls equal. -#}
{% macro join_places(relation) -%}
left join places
        on {{ relation }}.province_code is not distinct from places.province_code
        and {{ relation }}.district_code is not distinct from places.district_code
        and {{ relation }}.unit_code is not distinct from places.unit_code
{%- endmacro %}
