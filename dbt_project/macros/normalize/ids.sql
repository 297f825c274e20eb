{#- Identity numbers: CCCD (12 digits), CMND (9 digits), passport (hộ chiếu).
    A lost leading zero is put back only where sex and birth year confirm it; else the number it may
    have been is offered beside it. -#}

{#- Words that say there is no number. -#}
{% macro no_number() -%}
    [-./ ]*|null|none|nan|n[./]?a|(không|khong|chưa|chua)( có| co)?
{%- endmacro %}

{#- Two numbers in one field: parts that a sign or wide space keeps apart. -#}
{% macro id_separators() -%} \s*[/;,|&\n]\s*|\s+-\s+|\s{2,} {%- endmacro %}

{#- Capital letters and digits only, in ASCII. -#}
{% macro id_squeezed(text) -%}
    {{ replace_all(
        "replace(" ~ remove_accents("upper(" ~ text ~ ")") ~ ", 'Đ', 'D')", '[^A-Z0-9]', ''
    ) }}
{%- endmacro %}

{#- The first CCCD, else the first CMND, of several numbers; null when there are not two of them. -#}
{% macro first_of_several_ids(text) -%}
    {%- set numbers -%}
        list_filter(
            list_transform({{ split_by(text, id_separators()) }}, lambda part: {{ id_squeezed('part') }}),
            lambda part: {{ fully_matches('part', '[0-9]{9}|[0-9]{12}') }}
        )
    {%- endset -%}
    case
        when {{ matches(text, '[0-9].*(' ~ id_separators() ~ ').*[0-9]') }} and len({{ numbers }}) > 1 then
            coalesce(
                list_filter({{ numbers }}, lambda part: length(part) = 12)[1], {{ numbers }}[1]
            )
    end
{%- endmacro %}

{#- `CCCD: 0750...`, `Số CMND 271...`, `Hộ chiếu B123...`: the words for the paper, only where a
    number of that form is left. -#}
{% macro id_label() -%}
    ^(SO)?(CCCD|CMND|CMTND|CMT|CANCUOC(CONGDAN)?|CC|DDCN|MADINHDANH|SODINHDANH|HOCHIEU|HC|PASSPORT|PP|ID)(SO|NO)?
{%- endmacro %}

{% macro id_unlabelled(squeezed) -%}
    {{ replace_first(squeezed, id_label() ~ '([0-9OIL]{9}|[0-9OIL]{11,12}|[A-Z][0-9]{7})$', '\\5') }}
{%- endmacro %}

{#- A number Excel wrote with an exponent has lost digits for good. -#}
{% macro is_exponent(text) -%}
    {{ fully_matches(text, '[0-9]([.,][0-9]+)?[Ee][+]?[0-9]+') }}
{%- endmacro %}

{% macro is_decimal(text) -%} {{ fully_matches(text, '[0-9]+[.,]0+') }} {%- endmacro %}

{#- Digits and capitals of the typed text; null for none. `7.51E+10` keeps its point, so that no form
    fits it. -#}
{% macro id_compacted(text) -%}
    case
        when {{ fully_matches(text, '[0-9]+') }} then {{ text }}
        when {{ is_decimal(text) }} then {{ extracted(text, '^[0-9]+', 0) }}
        when {{ is_exponent(text) }} then replace(upper({{ text }}), ',', '.')
        when {{ fully_matches("lower(" ~ text ~ ")", no_number()) }} then null
        else nullif(
            coalesce({{ first_of_several_ids(text) }}, {{ id_unlabelled(id_squeezed(text)) }}), ''
        )
    end
{%- endmacro %}

{#- The letters O, I and l typed for digits, where all else is digits of an id's length. -#}
{% macro id_lettered(compacted) -%}
    {{ fully_matches(compacted, '[0-9OIL]{9,12}') }} and {{ matches(compacted, '([0-9].*){7}') }}
{%- endmacro %}

{% macro id_digits(compacted) -%}
    case
        when {{ id_lettered(compacted) }} then translate({{ compacted }}, 'OIL', '011')
        else {{ compacted }}
    end
{%- endmacro %}

{#- An identity number of digits alone, as far as it can be read without knowing the person. -#}
{% macro id_read(text) -%} {{ id_digits(id_compacted(text)) }} {%- endmacro %}

{#- A sheet drops all zeros in front: 11 digits lost one, 10 digits two (provinces 001 to 009). -#}
{% macro id_padded(id_number) -%}
    case
        when length({{ id_number }}) = 11 and {{ fully_matches(id_number, '[1-9][0-9]+') }}
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

{#- What a number without a valid form may have been: a CCCD of a province and of these two centuries
    without its zeros, which nothing confirms; a CMND of 8 digits without its zero, which has nothing to
    agree with. -#}
{% macro id_hypothesis(id_number, padded, is_province) -%}
    case
        when {{ is_province }} and substr({{ padded }}, 4, 1) in ('0', '1', '2', '3') then {{ padded }}
        when length({{ id_number }}) = 8 and {{ fully_matches(id_number, '[1-9][0-9]+') }}
            then '0' || {{ id_number }}
    end
{%- endmacro %}

{#- The kind of number by its shape. Digits alone are a passport only for a foreigner. -#}
{% macro id_type(id_number, nationality) -%}
    case
        when {{ id_number }} is null then null
        when length({{ id_number }}) = 12 and {{ fully_matches(id_number, '[0-9]+') }} then 'CCCD'
        when {{ fully_matches(id_number, '[0-9]{6,9}') }} then
            case
                when {{ nationality }} <> 'VN' then 'PASSPORT'
                when length({{ id_number }}) = 9 then 'CMND'
                else 'INVALID'
            end
        when {{ fully_matches(id_number, '[A-Z0-9]{6,9}') }}
            and {{ matches(id_number, '[A-Z]') }} and {{ matches(id_number, '[0-9].*[0-9].*[0-9]') }}
            then 'PASSPORT'
        else 'INVALID'
    end
{%- endmacro %}

{#- What else a number without a valid form is: a telephone, a health insurance number (BHYT). -#}
{% macro is_phone_in_id(typed, id_number) -%}
    (
        {{ fully_matches(id_number, '0[35789][0-9]{8}|84[35789][0-9]{8}') }}
        or {{ matches(typed, '^ *[+(]') }} and {{ fully_matches(id_number, '840?[35789][0-9]{8}') }}
    )
{%- endmacro %}

{% macro is_insurance_in_id(id_number) -%}
    {{ fully_matches(id_number, '[A-Z]{2}[1-5][0-9]{12}') }}
{%- endmacro %}
