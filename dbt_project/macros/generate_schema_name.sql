{#- The schema of a folder is used as it is written: `staging`, never `<target>_staging`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
