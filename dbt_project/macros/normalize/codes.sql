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

{#- ISO code of a nationality: known label, else two capital letters as typed, else null. -#}
{% macro country_code(text, label_code) -%}
    coalesce(
        {{ label_code }},
        case when {{ fully_matches("upper(trim(" ~ text ~ "))", '[A-Z]{2}') }} then upper(trim({{ text }})) end
    )
{%- endmacro %}

{#- Key of seed dose_labels: `Mũi 01` is `mui1`. -#}
{% macro dose_label_key(text) -%}
    {{ replace_all(label_key(text), '(^|[a-z])0+([0-9])', '\\1\\2') }}
{%- endmacro %}

{#- Each spelling of a dose label is read once: CTE label_spellings(label_typed, dose_type, dose_no,
    label_problem). -#}
{% macro label_spellings_cte(relation, column='dose_label', name='label_spellings') -%}
{{ name }} as (

    select
        spelling.label_typed,
        dose_labels.dose_type,
        dose_labels.dose_no,
        case
            when {{ blank_to_null('spelling.label_typed') }} is null then 'missing'
            when dose_labels.label_key is null then 'unreadable'
            else dose_labels.problem
        end as label_problem
    from (select distinct {{ column }} as label_typed from {{ relation }}) as spelling
    left join {{ ref('dose_labels') }} as dose_labels
        on {{ dose_label_key('spelling.label_typed') }} = dose_labels.label_key

)
{%- endmacro %}
