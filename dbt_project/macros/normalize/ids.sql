{#- Identity numbers: CCCD (12 digits), CMND (9 digits), passport (hộ chiếu).
    A lost leading zero is put back only where sex and birth year confirm it. -#}

{#- Digits and capital letters only. A number Excel wrote with an exponent has lost digits: it is
    left with its point, so that no form fits it. -#}
{% macro id_compacted(text) -%}
    case
        when {{ fully_matches(text, '[0-9]+') }} then {{ text }}
        when {{ fully_matches(text, '[0-9]+[.]0+') }} then split_part({{ text }}, '.', 1)
        when {{ fully_matches("upper(" ~ text ~ ")", '[0-9]([.,][0-9]+)?E[+]?[0-9]+') }}
            then replace(upper({{ text }}), ',', '.')
        when {{ fully_matches(
            "lower(" ~ text ~ ")", '[-./ ]*|null|none|nan|n[./]?a|(không|khong|chưa|chua)( có| co)?'
        ) }} then null
        else nullif({{ replace_all("upper(" ~ text ~ ")", '[^A-Z0-9]', '') }}, '')
    end
{%- endmacro %}

{#- The letter O typed for zero, where all else is digits of an id's length. -#}
{% macro id_without_letter_o(compacted) -%}
    case
        when contains({{ compacted }}, 'O')
            and {{ fully_matches(compacted, '[0-9O]{9,12}') }}
            then translate({{ compacted }}, 'O', '0')
        else {{ compacted }}
    end
{%- endmacro %}

{#- 11 digits lost one zero, 10 digits two (only provinces 001 to 009). -#}
{% macro id_padded(id_number) -%}
    case
        when length({{ id_number }}) = 11 and {{ fully_matches(id_number, '[0-9]+') }}
            then '0' || {{ id_number }}
        when length({{ id_number }}) = 10 and {{ fully_matches(id_number, '[1-9][0-9]+') }}
            then '00' || {{ id_number }}
    end
{%- endmacro %}

{#- Digit 4 of a CCCD is century and sex (20th: Nam 0, Nữ 1; 21st: 2, 3), digits 5 and 6 the birth
    year (TT 07/2016/TT-BCA). False when sex or birth year is unknown. -#}
{% macro cccd_agrees(cccd, sex, birth_year) -%}
    coalesce(
        substr({{ cccd }}, 4, 3)
        = cast((({{ birth_year }} // 100) - 19) * 2 + case {{ sex }} when 'M' then 0 when 'F' then 1 end as varchar)
        || lpad(cast({{ birth_year }} % 100 as varchar), 2, '0'),
        false
    )
{%- endmacro %}

{#- The kind of number by its shape. Nine digits are a passport only for a foreigner. -#}
{% macro id_type(id_number, nationality) -%}
    case
        when {{ id_number }} is null then null
        when length({{ id_number }}) = 12 and {{ fully_matches(id_number, '[0-9]+') }} then 'CCCD'
        when length({{ id_number }}) = 9 and {{ fully_matches(id_number, '[0-9]+') }} then
            case when {{ nationality }} <> 'VN' then 'PASSPORT' else 'CMND' end
        when {{ fully_matches(id_number, '[A-Z0-9]{6,9}') }}
            and {{ matches(id_number, '[A-Z]') }} and {{ matches(id_number, '[0-9].*[0-9].*[0-9]') }}
            then 'PASSPORT'
        else 'INVALID'
    end
{%- endmacro %}
