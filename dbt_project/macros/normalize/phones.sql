{#- Telephone numbers as ten digits from 0. The renumbering of 2018 (11 digits to 10) is the seed
    phone_prefixes, joined by the caller on the first four digits of an 11-digit number. -#}

{#- Digits of the first number given, from 0; null when there are none. -#}
{% macro phone_national(text) -%}
    case
        when {{ fully_matches(text, '0[0-9]{9}') }} then {{ text }}
        else {{ _phone_from_zero(
            replace_all("split_part(split_part(" ~ text ~ ", '/', 1), ';', 1)", '[^0-9]', '')
        ) }}
    end
{%- endmacro %}

{% macro _phone_from_zero(digits) -%}
    case
        when {{ digits }} like '0084%' or ({{ digits }} like '84%' and length({{ digits }}) >= 11)
            then {{ "regexp_replace(" ~ digits ~ ", '^(00)?840?', '0')" }}
        when length({{ digits }}) = 9 and {{ digits }} not like '0%' then '0' || {{ digits }}
        else nullif({{ digits }}, '')
    end
{%- endmacro %}

{#- The number under its prefix of 2018, `new_prefix` from the join; null when no operator has it. -#}
{% macro phone_renumbered(national, new_prefix) -%}
    {{ phone_valid("coalesce(" ~ new_prefix ~ " || substr(" ~ national ~ ", 5), " ~ national ~ ")") }}
{%- endmacro %}

{#- The number when an operator has it, else null. Operators' prefixes: domain facts of 2021. -#}
{% macro phone_valid(national) -%}
    case
        when {{ fully_matches(
            national, '0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])[0-9]{7}|02[0-9]{8,9}'
        ) }} then {{ national }}
    end
{%- endmacro %}
