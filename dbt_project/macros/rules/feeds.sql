{#- What the feed watch may say. -#}

{#- Whether the header of an unknown column may be shown. In a file put together wrongly a person may
    stand where headers should: numbers, addresses, long texts, what is spelled like a name (`Nguyễn Văn A`)
    and words that begin with a family name (`nguyễn văn a`, and `lý do`) stay in raw.deliveries. -#}
{% macro is_plain_header(header) -%}
    {%- set words = "trim(" ~ replace_all(
        replace_first(compose_unicode(header), '[(].*', ''), '[^\\pL\\pN\\s_]', ''
    ) ~ ")" -%}
    (
        length({{ header }}) <= 40
        and not {{ matches(header, '[0-9]{3}|@') }}
        and not {{ fully_matches(words, '\\p{Lu}\\pL*(\\s+\\p{Lu}\\pL*)+') }}
        and not (
            {{ matches(words, '\\s') }}
            and {{ extracted("lower(" ~ words ~ ")", '^\\S+', 0) }} in (
                select word from {{ ref('name_words') }} where kind = 'family_name'
            )
        )
    )
{%- endmacro %}
