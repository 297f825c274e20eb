{#- The person block every mention of a citizen shares (họ tên, ngày sinh, giới tính, số định danh,
    số điện thoại), as a chain of CTEs over a relation that has these columns as text. Names, days of birth and
    labels are read once a spelling (`people_spellings.sql`), numbers once a row.

    people_ctes(relation, ...) ends in a CTE `people`: the relation's columns and p_*.
    people_columns(...) selects them under their names; `notes` are lists of codes about other columns. -#}

{% macro people_ctes(
    relation, name='full_name', birth='date_of_birth', sex='sex', id=none, phone=none,
    nationality=none
) -%}
{{ people_names_ctes(relation, name) }},

{{ people_births_ctes(relation, birth) }},

{%- if phone %}

{{ phone_prefixes_cte() }},
{%- endif %}

people_sexes as (

    select
        spelling.label,
        sex_labels.sex,
        case
            when sex_labels.problem is not null then ['sex:ambiguous']
            when sex_labels.sex_label is null and {{ blank_to_null('spelling.label') }} is not null
                then ['sex:unreadable']
        end as notes
    from (select distinct {{ sex }} as label from {{ relation }}) as spelling
    left join {{ ref('sex_labels') }} as sex_labels
        on {{ label_key('spelling.label') }} = sex_labels.sex_label

),

{%- if nationality %}

people_countries as (

    select
        spelling.label,
        {{ country_code('spelling.label', 'country_labels.country_code') }} as country_code
    from (select distinct {{ nationality }} as label from {{ relation }}) as spelling
    left join {{ ref('country_labels') }} as country_labels
        on {{ fold_key('spelling.label') }} = country_labels.label_key

),
{%- endif %}

people_texts as (

    select
        {{ relation }}.*,
        people_names.* exclude (typed),
        people_births.* exclude (typed),
        people_sexes.sex as p_sex,
        people_sexes.notes as p_sex_notes,
        {{ blank_to_null(relation ~ "." ~ id) if id else "cast(null as varchar)" }} as p_id_text,
        {{ is_phone(relation ~ "." ~ phone) if phone else "cast(null as boolean)" }} as p_is_phone_plain,
        {{ "people_countries.country_code" if nationality else "cast(null as varchar)" }}
            as p_nationality
    from {{ relation }}
    left join people_names on {{ relation }}.{{ name }} = people_names.typed
    left join people_births on {{ relation }}.{{ birth }} = people_births.typed
    left join people_sexes on {{ relation }}.{{ sex }} = people_sexes.label
    {%- if nationality %}
    left join people_countries on {{ relation }}.{{ nationality }} = people_countries.label
    {%- endif %}

),

people_forms as (

    select
        * exclude (p_birth_read),
        {{ birth_in_century('p_birth_read', 'p_birth_form', 'p_id_text', 'delivery_date') }}
            as p_birth_first_on,
        {{ fully_matches('p_id_text', '[0-9]+') }} as p_is_id_digits,
        {% if phone -%}
        case when not p_is_phone_plain then {{ phones_from_zero(phone) }} end as p_phones_from_zero
        {%- else -%}
        {{ empty_list() }} as p_phones_from_zero
        {%- endif %}
    from people_texts

),

people_letters as (

    select
        people_forms.*,
        year(p_birth_first_on) as p_birth_year,
        case
            when p_is_id_digits then p_id_text else {{ plain_letters(visible('p_id_text')) }}
        end as p_id_plain,
        {% if phone -%}
        case when not p_is_phone_plain then {{ valid_phones('p_phones_from_zero') }} end as p_phones
        {%- else -%}
        {{ empty_list() }} as p_phones
        {%- endif %}
    from people_forms
    cross join letters
    {%- if phone %}
    cross join renumbering
    {%- endif %}

),

people_compacted as (

    select
        *,
        case when p_is_id_digits then p_id_text else {{ id_compacted('p_id_plain') }} end
            as p_id_compacted
    from people_letters

),

people_digits as (

    select
        *,
        case when p_is_id_digits then p_id_text else {{ id_digits('p_id_compacted') }} end
            as p_id_digits
    from people_compacted

),

people_padded as (

    select
        *,
        {{ id_padded('p_id_digits') }} as p_id_padded
    from people_digits

),

people_repaired as (

    select
        people_padded.*,
        provinces.province_code is not null as p_is_province,
        coalesce(
            provinces.province_code is not null
            and {{ cccd_agrees('p_id_padded', 'p_sex', 'p_birth_year') }},
            false
        ) as p_is_id_repaired
    from people_padded
    left join {{ ref('provinces') }} as provinces
        on left(people_padded.p_id_padded, 3) = provinces.cccd_prefix

),

people_numbered as (

    select
        *,
        case when p_is_id_repaired then p_id_padded else p_id_digits end as p_id_number,
        {{ ("case when p_is_phone_plain then " ~ phone ~ " else p_phones[1] end") if phone
            else "cast(null as varchar)" }} as p_phone
    from people_repaired

),

people_typed as (

    select
        *,
        {{ id_type('p_id_number', 'p_nationality') }} as p_id_type
    from people_numbered

),

people as (

    select
        *,
        case
            when p_id_type = 'INVALID'
                then {{ id_hypothesis('p_id_number', 'p_id_padded', 'p_is_province') }}
        end as p_id_hypothesis,
        case when len(p_phones) > 1 then p_phones[2:] end as p_other_phones,
        case when p_birth_precision = 'DAY' then p_birth_first_on end as p_birth_on,
        case p_birth_precision
            when 'DAY' then p_birth_first_on
            when 'MONTH' then last_day(p_birth_first_on)
            when 'YEAR' then make_date(p_birth_year, 12, 31)
        end as p_birth_last_on,
        {% if id or phone -%}
        nullif(
            {{ noted(([odd_id_field(), id_field()] if id else []) + ([phone_field(phone)] if phone else [])) }},
            {{ empty_list() }}
        )
        {%- else -%}
        cast(null as varchar[])
        {%- endif %} as p_number_notes
    from people_typed

)
{%- endmacro %}

{% macro people_columns(birth='date_of_birth', id=none, phone=none, notes=[]) -%}
p_full_name as full_name,
        p_name_exact_key as name_exact_key,
        p_name_key as name_key,
        p_birth_on as birth_on,
        p_birth_precision as birth_precision,
        p_birth_first_on as birth_first_on,
        p_birth_last_on as birth_last_on,
        p_birth_year as birth_year,
        {{ birth }} as birth_typed,
        p_sex as sex,
        {%- if id %}
        p_id_number as id_number,
        p_id_type as id_type,
        {{ id }} as id_typed,
        {%- endif %}
        {%- if phone %}
        p_phone as phone,
        {%- endif %}
        {{ notes_joined(['p_name_notes', 'p_birth_notes', 'p_sex_notes', 'p_number_notes'] + notes) }}
            as normalizations
{%- endmacro %}
