{#- None of these columns is null in any row: one scan for all of them. -#}
{% test never_null(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ 'or ' if not loop.first }}{{ column }} is null{{ ' ' if not loop.last }}{% endfor %}
{% endtest %}
