{#- Accounting: in each row the verification statuses add up to the people or doses they are of. -#}
{% test partition_closes(model) %}
select *
from {{ model }}
where not {{ verification_closes() }}
{% endtest %}
