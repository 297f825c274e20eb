{# The person block of staging, as one list, so that doses, complaints and mentions stay in step. #}
{% macro person_columns() -%}
    full_name,
    name_exact_key,
    name_key,
    birth_on,
    birth_precision,
    birth_first_on,
    birth_last_on,
    birth_year,
    birth_typed,
    sex,
    id_number,
    id_type,
    id_typed,
    phone,
    normalizations
{%- endmacro %}
