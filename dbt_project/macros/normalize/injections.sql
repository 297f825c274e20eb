{#- Days of injection: each spelling is read once, as a birthday is. CTE injections(typed, injected_day,
    injected_instant, problem, notes); the instant only where a time was typed.
    `is_day_wanted`: a month or a year is then not read as its first day. -#}
{% macro injections_ctes(relation, columns, is_day_wanted=true) -%}
injections_cut as (

    select
        typed,
        {{ date_text('typed') }} as injected_text
    from ({{ spellings(relation, columns) }}) as spelling

),

injections_formed as (

    select
        *,
        {{ date_form('injected_text') }} as injected_form
    from injections_cut

),

injections_read as (

    select
        *,
        {% if is_day_wanted -%}
        case
            when {{ date_precision('injected_form') }} = 'DAY'
                then {{ date_read('injected_text', 'injected_form') }}
        end as injected_day
        {%- else -%}
        {{ date_read('injected_text', 'injected_form') }} as injected_day
        {%- endif %}
    from injections_formed

),

injections as (

    select
        typed,
        injected_day,
        case
            when injected_form in ('iso', 'dmy_time', 'time_dmy', 'milliseconds')
                or (injected_form = 'excel' and contains(translate(injected_text, ',', '.'), '.'))
                then {{ instant_read('injected_text', 'injected_form') }}
        end as injected_instant,
        case
            when injected_text is null then 'missing'
            when injected_day is null then 'unreadable'
        end as problem,
        nullif({{ noted([injected_field()]) }}, {{ empty_list() }}) as notes
    from injections_read

)
{%- endmacro %}
