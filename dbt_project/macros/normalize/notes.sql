{#- What is recorded about a field, as (guard, [(condition, code)]) of macro noted, over the columns of
    people_ctes and its spellings. Seed normalization_codes says what each code means. -#}

{#- What stood in or around a name that is not just words of Vietnamese letters. -#}
{% macro odd_name_field(name) -%}
    {{ return(("p_name_form = 'odd' and p_full_name is not null", [
        (visible(name) ~ " <> p_name_composed", 'name:nfc'),
        ("p_name_lettered <> p_name_composed", 'name:look_alike'),
        (visible(name) ~ " <> " ~ name ~ " or p_name_spaced <> p_name_lettered", 'name:spacing'),
        (has_marks('p_name_spaced') ~ " and p_name_alone <> p_name_spaced", 'name:punctuation'),
        (
            matches('p_name_spaced', '(?i)' ~ name_phone())
            ~ " and not " ~ matches('p_name_alone', '(?i)' ~ name_phone()),
            'name:phone'
        ),
        (
            without_remarks(without_marks('p_name_spaced')) ~ " <> " ~ without_marks('p_name_spaced')
            ~ " and " ~ matches(
                replace_all(replace_first('p_name_spaced', '(?i)' ~ name_phone(), ''), '[( ]*[)]', ''),
                '[(\\[{]|(19|20)[0-9]{2}'
            ),
            'name:note'
        ),
        (has_other_capitals('p_full_name'), 'name:case'),
    ])) }}
{%- endmacro %}

{% macro name_field() -%}
    {{ return(("p_name_form = 'case' or p_title_kind is not null or p_has_moved_tone", [
        ("p_is_addressed", 'name:honorific'),
        ("p_names_parent", 'name:parent'),
        ("p_has_moved_tone and p_full_name <> p_name_own", 'name:tone'),
        ("p_name_form = 'case'", 'name:case'),
    ])) }}
{%- endmacro %}

{% macro birth_field() -%}
    {%- set plain = ['ymd', 'dmy', 'year', 'year_month'] -%}
    {%- set new_year -%}
        case when p_birth_precision = 'DAY' then strftime(p_birth_read, '%d%m') in ('0101', '0107') end
    {%- endset -%}
    {{ return((
        "(" ~ is_date_noted('p_birth_text', 'p_birth_form', 'p_birth_read', plain) ~ ")"
        ~ " or day(p_birth_read) = 1",
        date_notes('birth', 'p_birth_text', 'p_birth_form', 'p_birth_read', plain)
        + [(new_year, 'birth:maybe_year_only')]
    )) }}
{%- endmacro %}

{#- Of the day of an injection; a month or a year alone is not read as one. -#}
{% macro injected_field() -%}
    {%- set plain = ['ymd', 'dmy', 'iso', 'dmy_time'] -%}
    {{ return((
        is_date_noted('injected_text', 'injected_form', 'injected_day', plain),
        date_notes('injected', 'injected_text', 'injected_form', 'injected_day', plain, day_wanted=true)
    )) }}
{%- endmacro %}

{#- What stood in or around a number that is not just digits. -#}
{% macro odd_id_field() -%}
    {%- set several = "(" ~ first_of_several_ids('p_id_plain') ~ ") is not null" -%}
    {%- set is_number = "(" ~ is_exponent('p_id_plain') ~ " or " ~ is_decimal('p_id_plain') ~ ")" -%}
    {%- set squeezed = id_squeezed('p_id_plain') -%}
    {{ return(("not p_is_id_digits", [
        ("p_id_plain <> p_id_text", 'id:look_alike'),
        ("p_id_compacted is null", 'id:no_number'),
        (is_exponent('p_id_plain'), 'id:exponent'),
        (is_decimal('p_id_plain'), 'id:decimal'),
        ("p_id_compacted is not null and " ~ several, 'id:several'),
        (
            "p_id_compacted is not null and not " ~ several ~ " and not " ~ is_number ~ " and "
            ~ matches('p_id_plain', '[^\\p{L}\\p{N}]'),
            'id:spacing'
        ),
        ("p_id_compacted is not null and " ~ id_unlabelled(squeezed) ~ " <> " ~ squeezed, 'id:label'),
        ("p_id_digits <> p_id_compacted and contains(p_id_compacted, 'O')", 'id:letter_o'),
        ("p_id_digits <> p_id_compacted and " ~ matches('p_id_compacted', '[IL]'), 'id:letter_l'),
        (
            "p_id_type = 'PASSPORT' and lower(p_id_number) <> p_id_number and contains(p_id_plain, lower(p_id_number))",
            'id:case'
        ),
    ])) }}
{%- endmacro %}

{% macro id_field() -%}
    {{ return(("p_is_id_repaired or p_id_type = 'INVALID'", [
        ("p_is_id_repaired", 'id:leading_zeros'),
        ("p_id_type = 'INVALID' and " ~ is_phone_in_id('p_id_plain', 'p_id_number'), 'id:phone'),
        ("p_id_type = 'INVALID' and " ~ is_insurance_in_id('p_id_number'), 'id:insurance'),
    ])) }}
{%- endmacro %}

{% macro phone_field(phone) -%}
    {{ return(("not p_is_phone_plain", [
        ("p_phone is not null and p_phones_from_zero[1] <> trim(" ~ phone ~ ")", 'phone:form'),
        (
            "p_phone is not null and not list_has_any([p_phone], p_phones_from_zero)", 'phone:11to10'
        ),
        ("len(p_phones_from_zero) > 1", 'phone:several'),
        ("p_phone is null and " ~ blank_to_null(phone) ~ " is not null", 'phone:unreadable'),
    ])) }}
{%- endmacro %}

{#- What the reader of the file mended is in the marks of the raw row. -#}
{% macro repaired_note(marks) -%}
    case when contains({{ marks }}, '"repaired"') then ['text:repaired'] end
{%- endmacro %}
