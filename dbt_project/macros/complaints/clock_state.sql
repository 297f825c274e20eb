{#
  State of a deadline at an instant. `met` counts only once it is recorded by then; meeting the
  deadline to the microsecond is in time, and from the deadline on an open one is breached.
  At risk is the last quarter of the window: 36 of 48 hours (dispatch 9458's reminder).
#}
{% macro clock_state(starts, due, met, t, at_risk_share=0.75) -%}
case
    when {{ met }} is not null and {{ met }} <= {{ t }} and {{ met }} <= {{ due }} then 'MET'
    when {{ met }} is not null and {{ met }} <= {{ t }} then 'MET_LATE'
    when {{ t }} >= {{ due }} then 'BREACHED'
    when {{ t }} >= {{ at_risk_from(starts, due, at_risk_share) }} then 'AT_RISK'
    else 'RUNNING'
end
{%- endmacro %}

{#- When a deadline that is still open becomes one at risk. -#}
{% macro at_risk_from(starts, due, at_risk_share) -%}
{{ starts }} + to_microseconds(
        ({{ at_risk_share }} * date_diff('microsecond', {{ starts }}, {{ due }}))::bigint
    )
{%- endmacro %}
