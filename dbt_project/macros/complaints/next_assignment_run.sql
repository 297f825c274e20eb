{# The first daily assignment run (08:00 Asia/Ho_Chi_Minh, the session's zone) after an instant. #}
{% macro next_assignment_run(entered_at, hour) -%}
case
    when {{ entered_at }} < date_trunc('day', {{ entered_at }}) + to_hours({{ hour }}::int)
        then date_trunc('day', {{ entered_at }}) + to_hours({{ hour }}::int)
    else date_trunc('day', {{ entered_at }}) + to_days(1) + to_hours({{ hour }}::int)
end
{%- endmacro %}
