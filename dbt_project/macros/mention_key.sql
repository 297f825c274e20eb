{# What makes two records speak of the same person mention: id, name with accents, bounds of the
   birth date, sex, phone. Text for hashing only; empty fields are kept apart from absent ones. #}
{% macro mention_key(relation) -%}
    concat_ws(
        '|',
        coalesce({{ relation }}.id_number, '-'),
        coalesce({{ relation }}.name_exact_key, '-'),
        coalesce({{ relation }}.birth_first_on::varchar, '-'),
        coalesce({{ relation }}.birth_last_on::varchar, '-'),
        coalesce({{ relation }}.sex, '-'),
        coalesce({{ relation }}.phone, '-')
    )
{%- endmacro %}
