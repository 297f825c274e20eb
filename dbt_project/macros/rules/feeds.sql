{#- What the feed watch may say. -#}

{#- Whether the header of an unknown column may be shown. In a file put together wrongly a person may
    stand where headers should: numbers, addresses, long texts and what is spelled like a name
    (`Nguyễn Văn A`) stay in raw.deliveries. -#}
{% macro is_plain_header(header) -%}
    (
        length({{ header }}) <= 40
        and not {{ matches(header, '[0-9]{3}|@') }}
        and not {{ fully_matches(compose_unicode("trim(" ~ header ~ ")"), '\\p{Lu}\\pL*(\\s+\\p{Lu}\\pL*)+') }}
    )
{%- endmacro %}
