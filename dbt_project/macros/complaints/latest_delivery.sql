{#
  True for the version of a row that counts: the last delivered, by (delivery_date, file, line),
  never by the order of loading.
#}
{% macro is_latest_delivery(keys) -%}
row_number() over (
    partition by {{ keys | join(', ') }} order by delivery_date desc, file desc, line desc
) = 1
{%- endmacro %}
