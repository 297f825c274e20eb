{#- What a proposed facility may rest on, the surest first. -#}
{% macro candidate_bases() -%}
    ['certificate', 'lot_day_commune', 'lot_day_district', 'words']
{%- endmacro %}
