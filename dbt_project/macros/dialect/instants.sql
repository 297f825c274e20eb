{#- Date and instant functions whose spelling differs between engines. -#}

{#- A timestamp read with one format, null when it does not fit. -#}
{% macro try_timestamp(text, format) -%} try_strptime({{ text }}, '{{ format }}') {%- endmacro %}

{#- A timestamp without a zone, as the Vietnamese wall clock shows it, to an instant.
    The session's zone is Asia/Ho_Chi_Minh; the cast reads it. -#}
{% macro from_wall_clock(naive) -%} cast({{ naive }} as timestamptz) {%- endmacro %}

{% macro instant_of_milliseconds(number) -%} to_timestamp({{ number }} / 1000.0) {%- endmacro %}

{#- Days since 1899-12-30, the zero of Excel's calendar after its false leap day of 1900. -#}
{% macro timestamp_of_excel(serial) -%}
    (timestamp '1899-12-30' + to_seconds(cast(round({{ serial }} * 86400) as bigint)))
{%- endmacro %}

{#- Completed years between two days: one more on the birthday itself. -#}
{% macro completed_years(born_on, day) -%} date_sub('year', {{ born_on }}, {{ day }}) {%- endmacro %}

{#- One row for each day, both ends included. -#}
{% macro each_day(first_day, last_day) -%}
    cast({{ each_of("generate_series(cast(" ~ first_day ~ " as timestamp), cast(" ~ last_day ~ " as timestamp), interval 1 day)") }} as date)
{%- endmacro %}

{#- 1 for Monday to 7 for Sunday. -#}
{% macro iso_weekday(day) -%} isodow({{ day }}) {%- endmacro %}

{#- The Monday of a day's week. -#}
{% macro first_day_of_week(day) -%} cast(date_trunc('week', {{ day }}) as date) {%- endmacro %}
