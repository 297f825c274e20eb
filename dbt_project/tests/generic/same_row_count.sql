{#- Accounting: this relation has as many rows as another; nothing lost, nothing doubled. -#}
{% test same_row_count(model, compare_to) %}
select here.row_count, there.row_count as expected_count
from (select count(*) as row_count from {{ model }}) as here
cross join (select count(*) as row_count from {{ compare_to }}) as there
where here.row_count <> there.row_count
{% endtest %}
