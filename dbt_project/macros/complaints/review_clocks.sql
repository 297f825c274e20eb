{#- Per complaint, how its clock of the 48 hours stands at as_of, reopened or not: the CTE of who counts them. -#}
{% macro review_clocks() -%}
    select
        complaint_id,
        bool_or(clock_state = 'AT_RISK') as is_at_risk,
        bool_or(clock_state = 'BREACHED') as is_breached,
        max(date_diff('second', due_at, as_of) / 3600.0) filter (where clock_state = 'BREACHED') as hours_overdue
    from {{ ref('complaint_clock_states') }}
    where clock = 'review'
    group by complaint_id
{%- endmacro %}
