{#- Reading dates and instants as people type them. First the form of a text is named, once; then
    each form is read in its own way. A form is also what `normalizations` records.
    Forms: ymd dmy dmy_other dmy_short ymd_other compact year year_month month_year
    milliseconds excel iso dmy_time time_dmy; null = unreadable. -#}

{% macro date_form(text) -%}
    case
        when {{ text }} is null then null
        when {{ text }} like '__/__/____' then 'dmy'
        when {{ text }} like '____-__-__' then 'ymd'
        when {{ fully_matches(text, '(1[89]|20)[0-9]{2}') }} then 'year'
        when {{ fully_matches(text, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+') }} then 'iso'
        when {{ fully_matches(text, '[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}') }} then 'dmy_other'
        when {{ fully_matches(text, '[0-9]{4}[/.-][0-9]{1,2}[/.-][0-9]{1,2}') }} then 'ymd_other'
        when {{ fully_matches(text, '[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}[T ]+[0-9]{1,2}:.+') }}
            then 'dmy_time'
        when {{ fully_matches(text, '[0-9]{1,2}:[0-9]{2} +[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}') }}
            then 'time_dmy'
        when {{ fully_matches(text, '(1[89]|20)[0-9]{2}[/.-](0?[1-9]|1[0-2])') }} then 'year_month'
        when {{ fully_matches(text, '(0?[1-9]|1[0-2])[/.-](1[89]|20)[0-9]{2}') }} then 'month_year'
        when {{ fully_matches(text, '-?[0-9]{10,13}') }} then 'milliseconds'
        when {{ fully_matches(text, '[1-9][0-9]{4}([.,][0-9]+)?') }} then 'excel'
        when {{ fully_matches(text, '(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])') }} then 'compact'
        when {{ fully_matches(text, '[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}') }} then 'dmy_short'
    end
{%- endmacro %}

{#- The first day a text can mean; null when its form has none or the day does not exist.
    `is_birth`: a day in milliseconds was midnight somewhere between UTC and UTC+8 (Saigon's zone
    until 1975), so eight hours more reach the intended day from each of them. -#}
{% macro date_read(text, form, is_birth=false) -%}
    case {{ form }}
        when 'dmy' then cast({{ try_timestamp(text, '%d/%m/%Y') }} as date)
        when 'ymd' then try_cast({{ text }} as date)
        when 'year' then try_cast({{ text }} || '-01-01' as date)
        when 'iso' then
            {% if is_birth -%}
            case
                when {{ matches(text, '(Z|[+-][0-9]{2}:?[0-9]{0,2})$') }} and length({{ text }}) > 11 then
                    cast(timezone('UTC', try_cast({{ text }} as timestamptz) + interval 8 hour) as date)
                else try_cast(left({{ text }}, 10) as date)
            end
            {%- else -%}
            cast(try_cast({{ text }} as timestamptz) as date)
            {%- endif %}
        when 'dmy_other' then
            cast({{ try_timestamp("translate(" ~ text ~ ", '.-', '//')", '%d/%m/%Y') }} as date)
        when 'ymd_other' then try_cast(translate({{ text }}, './', '--') as date)
        when 'dmy_time' then
            cast({{ try_timestamp(
                "translate(split_part(" ~ text ~ ", ' ', 1), '.-', '//')", '%d/%m/%Y'
            ) }} as date)
        when 'time_dmy' then
            cast({{ try_timestamp(
                "translate(split_part(" ~ text ~ ", ' ', -1), '.-', '//')", '%d/%m/%Y'
            ) }} as date)
        when 'year_month' then
            try_cast(left({{ text }}, 4) || '-' || lpad(substr({{ text }}, 6), 2, '0') || '-01' as date)
        when 'month_year' then
            try_cast(
                right({{ text }}, 4) || '-' || lpad(left({{ text }}, length({{ text }}) - 5), 2, '0')
                || '-01' as date
            )
        when 'milliseconds' then
            cast(
                make_timestamp_ms(
                    try_cast({{ text }} as bigint) + {{ 8 if is_birth else 7 }} * 3600000
                ) as date
            )
        when 'excel' then
            date '1899-12-30' + cast(floor(try_cast(replace({{ text }}, ',', '.') as double)) as integer)
        when 'compact' then cast({{ try_timestamp(text, '%Y%m%d') }} as date)
        when 'dmy_short' then
            cast({{ try_timestamp("translate(" ~ text ~ ", '.-', '//')", '%d/%m/%y') }} as date)
    end
{%- endmacro %}

{#- An instant (timestamptz); a text without a zone is Vietnamese time, a bare day its midnight.
    Null when empty or unreadable. -#}
{% macro instant_read(text, form) -%}
    case {{ form }}
        when 'iso' then try_cast({{ text }} as timestamptz)
        when 'ymd' then try_cast({{ text }} as timestamptz)
        when 'milliseconds' then {{ instant_of_milliseconds("try_cast(" ~ text ~ " as double)") }}
        when 'excel' then
            {{ from_wall_clock(timestamp_of_excel(
                "try_cast(replace(" ~ text ~ ", ',', '.') as double)"
            )) }}
        when 'dmy_time' then
            {{ from_wall_clock(
                "coalesce("
                ~ try_timestamp("translate(" ~ text ~ ", '.-T', '// ')", '%d/%m/%Y %H:%M:%S') ~ ", "
                ~ try_timestamp("translate(" ~ text ~ ", '.-T', '// ')", '%d/%m/%Y %H:%M') ~ ")"
            ) }}
        when 'time_dmy' then
            {{ from_wall_clock(try_timestamp("translate(" ~ text ~ ", '.-', '//')", '%H:%M %d/%m/%Y')) }}
        else {{ from_wall_clock("cast((" ~ date_read(text, form) ~ ") as timestamp)") }}
    end
{%- endmacro %}

{#- For the few columns that are read once: form and reading in one expression. -#}
{% macro read_instant(text) -%}
    {{ instant_read("trim(" ~ text ~ ")", date_form("trim(" ~ text ~ ")")) }}
{%- endmacro %}

{% macro read_day(text) -%}
    {{ date_read("trim(" ~ text ~ ")", date_form("trim(" ~ text ~ ")")) }}
{%- endmacro %}
