{#- The person block every mention of a citizen shares (họ tên, ngày sinh, giới tính, số định danh,
    số điện thoại), as a chain of CTEs over a relation that has these columns as text. Each step
    reads what the step before computed, so that no expression is evaluated twice; what only odd
    values need stands behind a test for them.

    people_ctes(relation, ...) ends in a CTE `people`: the relation's columns and p_*.
    people_columns(...) selects them under their names. -#}

{% macro people_ctes(
    relation, name='full_name', birth='date_of_birth', sex='sex', id=none, phone=none,
    nationality=none
) -%}
{{ look_alikes_cte() }},

{%- if phone %}

{{ phone_prefixes_cte() }},
{%- endif %}

-- Labels are few: each spelling is folded once, not once a row.
people_sexes as (

    select
        spelling.label,
        sex_labels.sex,
        case
            when sex_labels.problem is not null then 'sex:ambiguous'
            when sex_labels.sex_label is null and {{ blank_to_null('spelling.label') }} is not null
                then 'sex:unreadable'
        end as note
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

address_words as (

    select * from {{ ref('name_words') }} where kind <> 'family_name'

),

people_texts as (

    select
        {{ relation }}.*,
        {{ name_form(relation ~ "." ~ name) }} as p_name_form,
        {{ date_text(relation ~ "." ~ birth) }} as p_birth_text,
        people_sexes.sex as p_sex,
        people_sexes.note as p_sex_note,
        {{ blank_to_null(relation ~ "." ~ id) if id else "cast(null as varchar)" }} as p_id_text,
        {{ is_phone(relation ~ "." ~ phone) if phone else "cast(null as boolean)" }} as p_is_phone_plain,
        {{ "people_countries.country_code" if nationality else "cast(null as varchar)" }}
            as p_nationality
    from {{ relation }}
    left join people_sexes on {{ relation }}.{{ sex }} = people_sexes.label
    {%- if nationality %}
    left join people_countries on {{ relation }}.{{ nationality }} = people_countries.label
    {%- endif %}

),

people_forms as (

    select
        people_texts.*,
        case
            when p_name_form = 'odd' then {{ compose_unicode(visible(name)) }} else {{ name }}
        end as p_name_composed,
        {{ date_form('p_birth_text') }} as p_birth_form,
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
        case
            when p_name_form = 'odd' then {{ plain_letters('p_name_composed') }} else p_name_composed
        end as p_name_lettered,
        {{ date_read('p_birth_text', 'p_birth_form', is_birth=true) }} as p_birth_read,
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

people_readings as (

    select
        * exclude (p_birth_read),
        case
            when p_name_form = 'odd' then {{ single_spaced('p_name_lettered') }} else p_name_lettered
        end as p_name_spaced,
        case when p_is_id_digits then p_id_text else {{ id_compacted('p_id_plain') }} end
            as p_id_compacted,
        {{ birth_in_century('p_birth_read', 'p_birth_form', 'p_id_text', 'delivery_date') }} as p_birth_read
    from people_letters

),

people_bounds as (

    select
        *,
        case
            when p_name_form = 'odd' then {{ name_alone('p_name_spaced') }} else p_name_spaced
        end as p_name_alone,
        case when p_is_id_digits then p_id_text else {{ id_digits('p_id_compacted') }} end
            as p_id_digits,
        -- A birth year that no living person has is a slip of the keyboard, not a date.
        case when year(p_birth_read) between 1890 and 2030 then p_birth_read end as p_birth_first_on
    from people_readings

),

people_titles as (

    select
        people_bounds.*,
        address.kind as p_title_kind,
        address.words_after as p_title_words_after,
        {{ id_padded('people_bounds.p_id_digits') }} as p_id_padded
    from people_bounds
    left join address_words as address
        on {{ short_first_word('people_bounds.p_name_alone') }} = address.word

),

people_named as (

    select
        people_titles.*,
        {{ is_addressed('p_name_alone', 'p_title_kind', 'p_title_words_after', 'second.kind') }}
            as p_is_addressed,
        coalesce(
            p_title_kind = 'parent'
            or p_title_kind = 'parent_if_address' and second.kind in ('address', 'address_or_given'),
            false
        ) as p_names_parent,
        provinces.province_code is not null as p_is_province,
        coalesce(
            provinces.province_code is not null
            and {{ cccd_agrees('p_id_padded', 'p_sex', 'year(p_birth_first_on)') }},
            false
        ) as p_is_id_repaired
    from people_titles
    left join {{ ref('name_words') }} as second
        on case when people_titles.p_title_kind is not null then {{ name_word('p_name_alone', 2) }} end
        = second.word
    left join {{ ref('provinces') }} as provinces
        on left(people_titles.p_id_padded, 3) = provinces.cccd_prefix

),

people_toned as (

    select
        *,
        case when p_is_addressed then {{ without_first_word('p_name_alone') }} else p_name_alone end
            as p_name_own,
        case when p_is_id_repaired then p_id_padded else p_id_digits end as p_id_number,
        {{ ("case when p_is_phone_plain then " ~ phone ~ " else p_phones[1] end") if phone
            else "cast(null as varchar)" }} as p_phone
    from people_named

),

people_marked as (

    select
        *,
        coalesce({{ has_moved_tone('p_name_own') }}, false) as p_has_moved_tone,
        {{ id_type('p_id_number', 'p_nationality') }} as p_id_type
    from people_toned

),

people_values as (

    select
        *,
        nullif(
            case when p_has_moved_tone then {{ tone_placed('p_name_own') }} else p_name_own end, ''
        ) as p_full_name,
        case when p_birth_first_on is not null then {{ date_precision('p_birth_form') }} end
            as p_birth_precision,
        year(p_birth_first_on) as p_birth_year,
        case
            when p_id_type = 'INVALID'
                then {{ id_hypothesis('p_id_number', 'p_id_padded', 'p_is_province') }}
        end as p_id_hypothesis,
        case when len(p_phones) > 1 then p_phones[2:] end as p_other_phones
    from people_marked

),

people_keys as (

    select
        *,
        lower(p_full_name) as p_name_exact_key
    from people_values

),

people as (

    select
        *,
        {{ name_folded('p_name_exact_key', "p_name_form = 'odd'") }} as p_name_key,
        case when p_birth_precision = 'DAY' then p_birth_first_on end as p_birth_on,
        case p_birth_precision
            when 'DAY' then p_birth_first_on
            when 'MONTH' then last_day(p_birth_first_on)
            when 'YEAR' then make_date(p_birth_year, 12, 31)
        end as p_birth_last_on,
        {{ noted(
            [odd_name_field(name), name_field(), birth_field(), sex_field()]
            + ([odd_id_field(), id_field()] if id else [])
            + ([phone_field(phone)] if phone else [])
        ) }} as p_normalizations
    from people_keys

)
{%- endmacro %}

{% macro people_columns(birth='date_of_birth', id=none, phone=none, normalizations='p_normalizations') -%}
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
        {{ normalizations }} as normalizations
{%- endmacro %}
