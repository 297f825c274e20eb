{#- Provinces, districts and communes of 2021, given as a code or as a name in any spelling. Resolved
    once per distinct combination typed, then joined back by the caller on the three texts.
    A name counts inside its parent only: the district in the province, the commune in the district.
    A commune's full code settles its district and province, whatever else was typed; what
    contradicts it is noted. -#}

{#- `phuong 05` -> `phuong`; empty when no type was typed. -#}
{% macro place_kind(words) -%}
    case {{ extracted(
        words, '^(tinh|thanh pho|tp|quan|q|huyen|h|thi xa|tx|phuong|p|xa|x|thi tran|tt|t)(?: .+|[0-9]+)$'
    ) }}
        when 'tp' then 'thanh pho'
        when 'q' then 'quan'
        when 'h' then 'huyen'
        when 'tx' then 'thi xa'
        when 'p' then 'phuong'
        when 'x' then 'xa'
        when 'tt' then 'thi tran'
        when 't' then 'tinh'
        else {{ extracted(words, '^(tinh|thanh pho|quan|huyen|thi xa|phuong|xa|thi tran)(?: .+|[0-9]+)$') }}
    end
{%- endmacro %}

{#- `phuong 05` -> `5`, `tp bien hoa` -> `bienhoa`. -#}
{% macro place_bare(words) -%}
    {{ place_whole(replace_first(
        replace_first(
            words,
            '^(tinh|thanh pho|tp|quan|q|huyen|h|thi xa|tx|phuong|p|xa|x|thi tran|tt|t)( .+|[0-9]+)$', '\\2'
        ),
        '^tp([a-z])', '\\1'
    )) }}
{%- endmacro %}

{% macro place_whole(words) -%}
    {{ replace_first("replace(" ~ words ~ ", ' ', '')", '^0+([0-9])', '\\1') }}
{%- endmacro %}

{#- Small letters with their accents, for telling `Hoằng Quý` from `Hoằng Quỳ`. -#}
{% macro place_accented(text) -%}
    {{ replace_all(
        tone_placed(replace_all("lower(" ~ compose_unicode(text) ~ ")", '[^\\p{L}0-9]+', ' ')), ' ', ''
    ) }}
{%- endmacro %}

{% macro without_place_kind(name) -%}
    {{ replace_first(name, '^(Tỉnh|Thành phố|Quận|Huyện|Thị xã|Phường|Xã|Thị trấn) ', '') }}
{%- endmacro %}

{#- The code in a text of digits; a sheet drops the zeros in front. -#}
{% macro code_of(text, digits) -%}
    case when {{ fully_matches("trim(" ~ text ~ ")", '[0-9]{1,' ~ digits ~ '}') }}
        then lpad(trim({{ text }}), {{ digits }}, '0') end
{%- endmacro %}

{% macro is_full_code(text, digits) -%} length(trim({{ text }})) = {{ digits }} {%- endmacro %}

{#- Each spelling of a province is read once: CTE province_spellings(province_typed, province_code, note). -#}
{% macro province_spellings_cte(relation, column='province_code') -%}
province_spellings as (

    select
        spelling.province_typed,
        coalesce(by_code.province_code, by_name.province_code, by_whole.province_code) as province_code,
        case
            when by_code.province_code is not null
                then case when not {{ is_full_code('spelling.province_typed', 2) }} then 'place:lost_zeros' end
            when coalesce(by_name.reason, by_whole.reason) = 'name' then 'place:name'
            when coalesce(by_name.reason, by_whole.reason) is not null then 'place:alias'
        end as note
    from (
        select
            {{ column }} as province_typed,
            {{ folded_words(column) }} as words
        from {{ relation }}
        group by {{ column }}
    ) as spelling
    left join {{ ref('provinces') }} as by_code
        on {{ code_of('spelling.province_typed', 2) }} = by_code.province_code
    left join {{ ref('province_aliases') }} as by_name
        on {{ place_bare('spelling.words') }} = by_name.alias_key
    left join {{ ref('province_aliases') }} as by_whole
        on {{ place_whole('spelling.words') }} = by_whole.alias_key

)
{%- endmacro %}

{#- The units of one level with what they are looked up by; former units lead to their successors. -#}
{% macro place_units(level, seed, code, name, parent, province) -%}
    select
        unit_code,
        parent_code,
        province_code,
        is_former,
        {{ place_kind(folded_words('unit_name')) }} as kind,
        {{ place_bare(folded_words('unit_name')) }} as bare,
        {{ place_accented(without_place_kind('unit_name')) }} as accented
    from (
        select
            {{ code }} as unit_code,
            {{ name }} as unit_name,
            {{ parent }} as parent_code,
            {{ province }} as province_code,
            false as is_former
        from {{ ref(seed) }}
        union all
        select
            former_units.successor_code,
            former_units.former_name,
            former_units.parent_code,
            coalesce(districts.province_code, former_units.parent_code) as province_code,
            true as is_former
        from {{ ref('former_units') }} as former_units
        left join {{ ref('districts') }} as districts
            on former_units.parent_code = districts.district_code
        where former_units.level = '{{ level }}'
    ) as units
{%- endmacro %}

{#- A place is looked up without its type, and as typed: Quan Hóa is no Quận Hóa. -#}
{% macro place_keys(words) -%}
    case
        when {{ words }} is null then [null]
        else list_distinct([{{ place_bare(words) }}, {{ place_whole(words) }}])
    end
{%- endmacro %}

{#- A text without any accent says nothing about them. -#}
{% macro is_accented_alike(text, words, units) -%}
    coalesce(
        {{ place_accented(text) }} <> replace({{ words }}, ' ', '')
        and ends_with({{ place_accented(text) }}, {{ units }}.accented),
        false
    )
{%- endmacro %}

{#- The order in which units of one name fit: type, accents, being of today. `fit` comes first. -#}
{% macro rank_of_place(fit, units, text, words) -%}
    rank() over (
        partition by province_text, district_text, unit_text
        order by
            {{ fit }} desc,
            coalesce({{ units }}.kind = {{ place_kind(words) }}, false) desc,
            {{ is_accented_alike(text, words, units) }} desc,
            {{ units }}.is_former
    )
{%- endmacro %}

{% macro places_ctes(relation) -%}
{%- set spellings -%}
    select distinct
            province_code as province_text,
            district_code as district_text,
            unit_code as unit_text
        from {{ relation }}
{%- endset -%}
{{ province_spellings_cte(relation) }},

places_typed as (

    select
        spelling.*,
        province_spellings.province_code as named_province,
        province_spellings.note as province_note,
        {{ folded_words('spelling.district_text') }} as district_words,
        {{ folded_words('spelling.unit_text') }} as unit_words
    from ({{ known_to_be_few(spellings) }}) as spelling
    left join province_spellings
        on spelling.province_text = province_spellings.province_typed

),

-- `1` is Quận 1 in Hồ Chí Minh City, not district 001 of Hà Nội: a short code counts in its province.
districts_coded as (

    select
        typed.*,
        {{ place_keys('typed.district_words') }} as district_keys,
        coalesce(districts.district_code, former.successor_code) as coded_district,
        coalesce(districts.province_code, former.parent_code) as coded_province,
        districts.district_code is null and former.successor_code is not null as is_former_code
    from places_typed as typed
    left join {{ ref('districts') }} as districts
        on {{ code_of('typed.district_text', 3) }} = districts.district_code
    left join {{ ref('former_units') }} as former
        on
            former.level = 'district'
            and {{ code_of('typed.district_text', 3) }} = former.former_code

),

districts_keyed as (

    select
        * exclude (district_keys),
        coalesce(
            coded_province = named_province
            or named_province is null and {{ is_full_code('district_text', 3) }},
            false
        ) as is_code_of_province,
        unnest(district_keys) as district_key
    from districts_coded

),

districts_ranked as (

    select
        keyed.*,
        units.unit_code as candidate,
        units.is_former,
        coalesce(units.parent_code = keyed.named_province, false) as is_inside,
        units.kind = {{ place_kind('keyed.district_words') }} as is_same_kind,
        {{ rank_of_place(
            'coalesce(units.parent_code = keyed.named_province, false)', 'units', 'keyed.district_text',
            'keyed.district_words'
        ) }} as place
    from districts_keyed as keyed
    left join (
        {{ place_units('district', 'districts', 'district_code', 'district_name', 'province_code', 'province_code') }}
    ) as units on keyed.district_key = units.bare

),

districts_named as (

    select
        province_text,
        district_text,
        unit_text,
        any_value(unit_words) as unit_words,
        any_value(named_province) as named_province,
        any_value(province_note) as province_note,
        any_value(coded_district) filter (where is_code_of_province) as coded_district,
        bool_or(is_code_of_province and is_former_code) as is_former_code,
        bool_or(
            coded_district is not null and not is_code_of_province
            and {{ is_full_code('district_text', 3) }}
            or is_same_kind and not is_inside
        ) as is_elsewhere,
        min(candidate) filter (where place = 1 and is_inside) as candidate,
        count(distinct candidate) filter (where place = 1 and is_inside) as candidates,
        bool_and(is_former) filter (where place = 1 and is_inside) as is_former
    from districts_ranked
    group by province_text, district_text, unit_text

),

communes_keyed as (

    select
        province_text,
        district_text,
        unit_text,
        unit_words,
        named_province,
        province_note,
        coalesce(coded_district, case when candidates = 1 then candidate end) as named_district,
        case
            when coded_district is not null and is_former_code then 'place:former'
            when coded_district is not null
                then case when not {{ is_full_code('district_text', 3) }} then 'place:lost_zeros' end
            when candidates = 1 and is_former then 'place:former'
            when candidates = 1 then 'place:name'
        end as district_note,
        is_elsewhere,
        unnest({{ place_keys('unit_words') }}) as unit_key
    from districts_named

),

-- No district given: a name that only one commune of the province bears.
communes_ranked as (

    select
        keyed.*,
        units.unit_code as candidate,
        units.is_former,
        coalesce(
            units.parent_code = keyed.named_district
            or {{ blank_to_null('keyed.district_text') }} is null
            and units.province_code = keyed.named_province,
            false
        ) as is_inside,
        {{ rank_of_place(
            "coalesce(units.parent_code = keyed.named_district or "
            ~ blank_to_null('keyed.district_text')
            ~ " is null and units.province_code = keyed.named_province, false)",
            'units', 'keyed.unit_text', 'keyed.unit_words'
        ) }} as place
    from communes_keyed as keyed
    left join (
        {{ place_units('commune', 'communes', 'unit_code', 'unit_name', 'district_code', 'province_code') }}
    ) as units on keyed.unit_key = units.bare

),

communes_named as (

    select
        province_text,
        district_text,
        unit_text,
        any_value(named_province) as named_province,
        any_value(province_note) as province_note,
        any_value(named_district) as named_district,
        any_value(district_note) as district_note,
        bool_or(is_elsewhere) as is_elsewhere,
        min(candidate) filter (where place = 1 and is_inside) as candidate,
        count(distinct candidate) filter (where place = 1 and is_inside) as candidates,
        bool_and(is_former) filter (where place = 1 and is_inside) as is_former
    from communes_ranked
    group by province_text, district_text, unit_text

),

communes_coded as (

    select
        named.*,
        by_code.unit_code as coded_unit,
        case when candidates = 1 then candidate end as named_unit
    from communes_named as named
    left join {{ ref('communes') }} as by_code
        on
            {{ code_of('named.unit_text', 5) }} = by_code.unit_code
            -- A short code may be the number of a ward: it counts only where all else agrees.
            and (
                {{ is_full_code('named.unit_text', 5) }}
                or by_code.district_code = named.named_district
                or by_code.province_code = named.named_province and named.named_district is null
                or named.named_province is null and length(trim(named.unit_text)) = 4
            )

),

places as (

    select
        found.province_text,
        found.district_text,
        found.unit_text,
        coalesce(communes.province_code, districts.province_code, found.named_province)
            as resolved_province,
        coalesce(communes.district_code, found.named_district) as resolved_district,
        communes.unit_code as resolved_unit,
        {{ place_notes('found', 'communes') }} as notes
    from communes_coded as found
    left join {{ ref('communes') }} as communes
        on coalesce(found.coded_unit, found.named_unit) = communes.unit_code
    left join {{ ref('districts') }} as districts on found.named_district = districts.district_code

)
{%- endmacro %}

{% macro place_notes(found, communes) -%}
    nullif(list_sort(list_distinct({{ list_without_nulls([
        found ~ ".province_note",
        found ~ ".district_note",
        "case
            when " ~ found ~ ".coded_unit is not null
                then case when not " ~ is_full_code(found ~ '.unit_text', 5) ~ " then 'place:lost_zeros' end
            when " ~ found ~ ".named_unit is null then null
            when " ~ found ~ ".named_district is null then 'place:inferred'
            when " ~ found ~ ".is_former then 'place:former'
            else 'place:name'
        end",
        "case
            when " ~ communes ~ ".province_code <> " ~ found ~ ".named_province
                or " ~ communes ~ ".district_code <> " ~ found ~ ".named_district
                or " ~ found ~ ".named_district is null and " ~ found ~ ".is_elsewhere
                then 'place:contradiction'
        end",
        "case
            when " ~ blank_to_null(found ~ '.province_text') ~ " is not null and "
                ~ found ~ ".named_province is null
                or " ~ blank_to_null(found ~ '.district_text') ~ " is not null and "
                ~ found ~ ".named_district is null
                or " ~ blank_to_null(found ~ '.unit_text') ~ " is not null and "
                ~ communes ~ ".unit_code is null
                then 'place:unknown'
        end",
    ]) }})), {{ empty_list() }})
{%- endmacro %}

{#- The join back to the rows: the texts as typed, nulls equal. -#}
{% macro join_places(relation) -%}
left join places
        on {{ relation }}.province_code is not distinct from places.province_text
        and {{ relation }}.district_code is not distinct from places.district_text
        and {{ relation }}.unit_code is not distinct from places.unit_text
{%- endmacro %}
