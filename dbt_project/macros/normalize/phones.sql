{#- Telephone numbers as ten digits from 0 (eleven for some fixed lines). The renumbering of 2018
    (11 digits to 10) is the seed phone_prefixes, as a map in the CTE of phone_prefixes_cte. -#}

{% macro phone_prefixes_cte() -%}
renumbering as (

    select map(list(old_prefix order by old_prefix), list(new_prefix order by old_prefix)) as prefixes
    from {{ ref('phone_prefixes') }}

)
{%- endmacro %}

{#- A number an operator has: mobile prefixes since 2018, fixed lines from 02. -#}
{% macro is_phone(number) -%}
    {{ fully_matches(
        number, '0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])[0-9]{7}|02[0-9]{8,9}'
    ) }}
{%- endmacro %}

{#- Several numbers in one field: kept apart by a sign, a word, or written without a gap. -#}
{% macro phone_parts(text) -%}
    {{ split_by(
        replace_all("lower(" ~ text ~ ")", '(0[0-9]{9})[^0-9]*(0[0-9]{9})', '\\1/\\2'),
        '[/;,|&\\n]|\\s-\\s|hoặc|hoac| va | và |\\s{3,}'
    ) }}
{%- endmacro %}

{#- Digits from 0: of `+84`, `0084`, `84`, of a number that lost its zero, of `912345678.0`, of one with
    the letter O in it. -#}
{% macro phone_from_zero(part) -%}
    {%- set typed = replace_first(part, '^([0-9]+)[.]0$', '\\1') -%}
    {%- set digits = replace_all(replace_all(typed, '(^|[0-9 .])o([0-9])', '\\10\\2'), '[^0-9]', '') -%}
    {{ replace_first(
        replace_first(digits, '^(0084|84)0?([0-9]{9,10})$', '0\\2'),
        '^([2-9][0-9]{8}|1[0-9]{9})$', '0\\1'
    ) }}
{%- endmacro %}

{% macro phone_renumbered(number, prefixes='renumbering.prefixes') -%}
    case
        when length({{ number }}) = 11
            then coalesce({{ prefixes }}[left({{ number }}, 4)] || substr({{ number }}, 5), {{ number }})
        else {{ number }}
    end
{%- endmacro %}

{#- The numbers of a field, each from 0. -#}
{% macro phones_from_zero(text) -%}
    list_filter(
        list_transform({{ phone_parts(text) }}, lambda part: {{ phone_from_zero('part') }}),
        lambda part: part <> ''
    )
{%- endmacro %}

{#- Those of them that an operator has, under the prefixes of 2018. -#}
{% macro valid_phones(from_zero) -%}
    list_filter(
        list_transform({{ from_zero }}, lambda part: {{ phone_renumbered('part') }}),
        lambda part: {{ is_phone('part') }}
    )
{%- endmacro %}

{#- The first valid number of a field. Needs the CTE of phone_prefixes_cte joined. -#}
{% macro phone_read(text) -%}
    case
        when {{ is_phone(text) }} then {{ text }}
        else {{ valid_phones(phones_from_zero(text)) }}[1]
    end
{%- endmacro %}
