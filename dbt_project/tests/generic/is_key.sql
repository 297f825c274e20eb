{#- The columns are a key: none is null in any row and no two rows share them. Counts the rows at fault. -#}
{% test is_key(model, columns) %}
{{ config(fail_calc = 'coalesce(sum(rows_found), 0)') }}
select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
