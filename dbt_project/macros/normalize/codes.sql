{#- Codes, numbers and labels that are not a person's. -#}

{#- `platform:123`: the key of a dose record over all source systems. -#}
{% macro record_key(system, record_id) -%}
    case
        when {{ blank_to_null(record_id) }} is null then null
        when contains({{ record_id }}, ':') then trim({{ record_id }})
        else coalesce({{ blank_to_null(system) }}, 'platform') || ':' || trim({{ record_id }})
    end
{%- endmacro %}

{% macro enumerated(text) -%} lower({{ blank_to_null(text) }}) {%- endmacro %}

{#- A count; `1.200` and `1,200` are twelve hundred in Vietnam. Null when it is no number. -#}
{% macro whole_number(text) -%}
    case
        when {{ fully_matches("trim(" ~ text ~ ")", '-?[0-9]{1,3}([., ][0-9]{3})+') }}
            then try_cast(translate({{ text }}, '., ', '') as bigint)
        else try_cast(trim({{ text }}) as bigint)
    end
{%- endmacro %}

{#- Key of seed vaccine_aliases: folded, without the words for vaccine and disease. -#}
{% macro vaccine_key(text) -%}
    {{ replace_all(fold_key(text), 'vaccine|vacxin|vacin|vaxin|covid19', '') }}
{%- endmacro %}

{#- Key of seed dose_labels; a sheet turns the label 1 into 1.0. -#}
{% macro dose_label_key(text) -%}
    {{ fold_key("regexp_replace(trim(" ~ text ~ "), '[.]0$', '')") }}
{%- endmacro %}

{#- ISO code of a nationality: known label, else two capital letters as typed, else null. -#}
{% macro country_code(text, label_code) -%}
    coalesce(
        {{ label_code }},
        case when {{ fully_matches("upper(trim(" ~ text ~ "))", '[A-Z]{2}') }} then upper(trim({{ text }})) end
    )
{%- endmacro %}
