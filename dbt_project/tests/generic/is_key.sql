{#- The columns are a key: none is null in any row and no two rows share them. Counts the rows at fault.
    Hashes are grouped faster than keys of text, and in less memory: the keys themselves are only looked at where
    rows share one, or lack a column. -#}
{% test is_key(model, columns) %}
{{ config(fail_calc = 'coalesce(sum(rows_found), 0)') }}
{%- set key = columns | join(', ') %}
with suspects as (
    select hash({{ key }}) as key_hash
    from {{ model }}
    group by key_hash
    having count(*) > 1{% for column in columns %} or count({{ column }}) < count(*){% endfor %}
)

select {{ key }}, count(*) as rows_found
from {{ model }}
where hash({{ key }}) in (select key_hash from suspects)
group by {{ key }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
