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

{#
  CTEs `repeated` and `latest`: the version of each row of a relation that counts. Few are delivered twice,
  and only those are sorted. The relation is a CTE that is not materialized: it is read three times.
#}
{% macro latest_ctes(relation, keys, among=none) -%}
repeated as materialized (
    select {{ keys | join(', ') }}
    from {{ relation }}
    group by {{ keys | join(', ') }}
    having count(*) > 1
),

latest as (
    select {{ relation }}.*
    from {{ relation }}
    semi join repeated on {{ same_keys(relation, keys) }}
    qualify {{ is_latest_delivery(keys, among) }}
    union all
    select {{ relation }}.*
    from {{ relation }}
    anti join repeated on {{ same_keys(relation, keys) }}
)
{%- endmacro %}

{% macro same_keys(relation, keys) -%}
{%- for key in keys -%}
    {{ ' and ' if not loop.first }}{{ relation }}.{{ key }} is not distinct from repeated.{{ key }}
{%- endfor -%}
{%- endmacro %}
