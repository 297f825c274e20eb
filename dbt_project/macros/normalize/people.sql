{#- The person block every mention of a citizen shares (họ tên, ngày sinh, giới tính, số định danh,
    số điện thoại), as a chain of CTEs over a relation that has these columns as text. Each step
    reads what the step before computed, so that no expression is evaluated twice.

    people_ctes(relation, ...) ends in a CTE `people`: the relation's columns and p_*.
    people_columns(...) selects them under their names. -#}

{% macro people_ctes(
    relation, name='full_name', birth='date_of_birth', sex='sex', id=none, phone=none,
    nationality="cast(null as varchar)"
) -%}
people_texts as (

    select
        {{ relation }}.*,
        {{ compose_unicode(relation ~ "." ~ name) }} as p_name_composed,
        {{ blank_to_null(relation ~ "." ~ birth) }} as p_birth_text,
        sex_labels.sex as p_sex,
        {{ id_compacted(blank_to_null(relation ~ "." ~ id)) if id else "cast(null as varchar)" }}
            as p_id_compacted,
        {{ phone_national(relation ~ "." ~ phone) if phone else "cast(null as varchar)" }}
            as p_phone_national,
        {{ nationality }} as p_nationality
    from {{ relation }}
    left join {{ ref('sex_labels') }} as sex_labels
        on lower({{ compose_unicode("trim(" ~ relation ~ "." ~ sex ~ ")") }}) = sex_labels.sex_label

),

people_forms as (

    select
        *,
        coalesce({{ is_plain_name('p_name_composed') }}, true) as p_is_plain,
        {{ date_form('p_birth_text') }} as p_birth_form,
        {{ id_without_letter_o('p_id_compacted') }} as p_id_digits
    from people_texts

),

people_readings as (

    select
        *,
        case
            when p_is_plain then p_name_composed
            else {{ single_spaced(replace_look_alikes('p_name_composed')) }}
        end as p_name_spaced,
        {{ date_read('p_birth_text', 'p_birth_form', is_birth=true) }} as p_birth_read,
        {{ id_padded('p_id_digits') }} as p_id_padded
    from people_forms

),

people_bounds as (

    select
        * exclude (p_birth_read),
        coalesce({{ has_moved_tone('p_name_spaced') }}, false) as p_tone_moved,
        -- A birth year that no living person has is a slip of the keyboard, not a date.
        case when year(p_birth_read) between 1890 and 2030 then p_birth_read end as p_birth_first_on
    from people_readings

),

people_values as (

    select
        people_bounds.*,
        nullif(
            case when p_tone_moved then {{ tone_placed('p_name_spaced') }} else p_name_spaced end, ''
        ) as p_full_name,
        case
            when p_birth_first_on is null then null
            when p_birth_form = 'year' then 'YEAR'
            when p_birth_form in ('year_month', 'month_year') then 'MONTH'
            else 'DAY'
        end as p_birth_precision,
        year(p_birth_first_on) as p_birth_year,
        phone_prefixes.new_prefix as p_phone_new_prefix,
        (
            p_id_padded is not null
            and provinces.province_code is not null
            and {{ cccd_agrees('p_id_padded', 'p_sex', 'year(p_birth_first_on)') }}
        ) as p_is_id_repaired
    from people_bounds
    left join {{ ref('provinces') }} as provinces
        on left(people_bounds.p_id_padded, 3) = provinces.cccd_prefix
    left join {{ ref('phone_prefixes') }} as phone_prefixes
        on length(people_bounds.p_phone_national) = 11
        and left(people_bounds.p_phone_national, 4) = phone_prefixes.old_prefix

),

people_keys as (

    select
        *,
        lower(p_full_name) as p_name_exact_key,
        case when p_is_id_repaired then p_id_padded else p_id_digits end as p_id_number,
        {{ phone_renumbered('p_phone_national', 'p_phone_new_prefix') }} as p_phone
    from people_values

),

people as (

    select
        *,
        {{ name_folded('p_name_exact_key') }} as p_name_key,
        case when p_birth_precision = 'DAY' then p_birth_first_on end as p_birth_on,
        case p_birth_precision
            when 'DAY' then p_birth_first_on
            when 'MONTH' then last_day(p_birth_first_on)
            when 'YEAR' then make_date(p_birth_year, 12, 31)
        end as p_birth_last_on,
        {{ id_type('p_id_number', 'p_nationality') }} as p_id_type,
        {{ noted([
            ("p_name_composed <> " ~ name, 'name:nfc'),
            ("not p_is_plain and " ~ replace_look_alikes('p_name_composed') ~ " <> p_name_composed", 'name:look_alike'),
            ("not p_is_plain and " ~ single_spaced('p_name_composed') ~ " <> p_name_composed", 'name:spacing'),
            ("p_tone_moved", 'name:tone'),
            (
                "p_birth_form not in ('ymd', 'dmy', 'year', 'year_month', 'excel', 'milliseconds')",
                'birth:form'
            ),
            ("p_birth_form = 'excel'", 'birth:excel_serial'),
            ("p_birth_form = 'milliseconds'", 'birth:milliseconds'),
            ("p_birth_text is not null and p_birth_first_on is null", 'birth:unreadable'),
        ] + ([
            ("p_id_compacted <> trim(" ~ id ~ ")", 'id:spacing'),
            ("p_id_digits <> p_id_compacted", 'id:letter_o'),
            ("p_is_id_repaired", 'id:leading_zeros'),
        ] if id else []) + ([
            ("p_phone_national <> trim(" ~ phone ~ ")", 'phone:form'),
            ("p_phone_new_prefix is not null", 'phone:11to10'),
            ("p_phone_national is not null and p_phone is null", 'phone:unreadable'),
        ] if phone else [])) }} as p_normalizations
    from people_keys

)
{%- endmacro %}

{% macro people_columns(birth='date_of_birth', id=none, phone=none) -%}
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
        p_normalizations as normalizations
{%- endmacro %}
