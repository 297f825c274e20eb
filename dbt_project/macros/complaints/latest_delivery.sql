{#
  True for the version of a row that counts: the last delivered, by (delivery_date, file, line),
  never by the order of loading. Nested records share the line of their parent, and two of them may
  mean one key ("1" and "01"): give `among`, the relation, and the text of the row decides.
#}
{% macro is_latest_delivery(keys, among=none) -%}
row_number() over (
    partition by {{ keys | join(', ') }}
    order by
        delivery_date desc, file desc, line desc
        {%- if among %}, md5(cast({{ among }} as varchar)) desc{% endif %}

) = 1
{%- endmacro %}
