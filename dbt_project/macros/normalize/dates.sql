{#- Reading dates and instants as people type them. First the form of a text is named, once; then
    each form is read in its own way. A form is also what `normalizations` records.
    Forms: ymd dmy dmy_other dmy_short dmy_compact dmy_words ymd_other compact year year_words
    year_month month_year month_words no_day no_month milliseconds excel iso dmy_time time_dmy;
    null = unreadable. -#}

{#- A typed date without blanks around it; a sheet makes 1985.0 of 1985. -#}
{% macro date_text(text) -%}
    case
        when {{ text }} like '%.0' then {{ replace_first("trim(" ~ text ~ ")", '[.]0$', '') }}
        else {{ blank_to_null(text) }}
    end
{%- endmacro %}

{% macro date_form(text) -%}
    case
        when {{ text }} is null then null
        when {{ text }} like '__/__/____' then
            case
                when {{ text }} like '00/00/%' then 'no_month'
                when {{ text }} like '00/%' then 'no_day'
                else 'dmy'
            end
        when {{ text }} like '____-__-__' then
            case
                when {{ text }} like '%-00-00' then 'no_month'
                when {{ text }} like '%-00' then 'no_day'
                else 'ymd'
            end
        when {{ text }} like '____-__-__ __:__%' or {{ text }} like '____-__-__T__:__%' then 'iso'
        when {{ matches(text, '^-?[0-9]+([.,][0-9]+)?$') }} then {{ date_form_of_digits(text) }}
        when {{ fully_matches(text, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+') }} then 'iso'
        when {{ fully_matches(text, '[0-9]{1,2}[/., -]+[0-9]{1,2}[/., -]+[0-9]{4}') }} then
            case
                when {{ matches(text, '^0?0[^0-9]+0?0[^0-9]') }} then 'no_month'
                when {{ matches(text, '^0?0[^0-9]') }} then 'no_day'
                else 'dmy_other'
            end
        when {{ fully_matches(text, '[0-9]{4}[/., -]+[0-9]{1,2}[/., -]+[0-9]{1,2}') }} then 'ymd_other'
        when {{ fully_matches(text, '[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}[T ]+[0-9]{1,2}:.+') }}
            then 'dmy_time'
        when {{ fully_matches(text, '[0-9]{1,2}:[0-9]{2} +[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}') }}
            then 'time_dmy'
        when {{ fully_matches(text, '(1[89]|20)[0-9]{2} *[/.-] *(0?[1-9]|1[0-2])') }} then 'year_month'
        when {{ fully_matches(text, '(0?[1-9]|1[0-2]) *[/.-] *(1[89]|20)[0-9]{2}') }} then 'month_year'
        when {{ fully_matches(text, '[0-9]{1,2}[/., -]+[0-9]{1,2}[/., -]+[0-9]{2}') }} then 'dmy_short'
        else {{ date_form_in_words(compose_unicode("lower(" ~ text ~ ")")) }}
    end
{%- endmacro %}

{#- `2/1985` written as 2.1985 is a month: a serial has five digits before its point. -#}
{% macro date_form_of_digits(text) -%}
    case
        when {{ fully_matches(text, '(1[89]|20)[0-9]{2}') }} then 'year'
        when {{ fully_matches(text, '(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])') }} then 'compact'
        when {{ fully_matches(text, '(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])(19|20)[0-9]{2}') }}
            then 'dmy_compact'
        when {{ fully_matches(text, '[0-9]{9,13}|-[0-9]{7,13}') }} then 'milliseconds'
        when {{ fully_matches(text, '[1-9][0-9]{4}([.,][0-9]+)?') }} then 'excel'
        when {{ fully_matches(text, '(0?[1-9]|1[0-2])[.](1[89]|20)[0-9]{2}') }} then 'month_year'
        when {{ fully_matches(text, '(1[89]|20)[0-9]{2}[.](0?[1-9]|1[0-2])') }} then 'year_month'
    end
{%- endmacro %}

{#- `ngày 5 tháng 3 năm 1980`, `tháng 3 năm 1980`, `sinh năm 1980`. -#}
{% macro date_form_in_words(text) -%}
    case
        when {{ fully_matches(
            text, '(sinh )?(ngày |ngay |mồng |mùng |mong |mung )*[0-9]{1,2},? *(tháng|thang|th) *[0-9]{1,2},? *(năm |nam )?(1[89]|20)[0-9]{2}'
        ) }} then 'dmy_words'
        when {{ fully_matches(
            text, '(sinh )?(tháng|thang|th) *[0-9]{1,2},? *(năm |nam )?(1[89]|20)[0-9]{2}'
        ) }} then 'month_words'
        when {{ fully_matches(text, '(sinh |sn|ns)?:? *(năm |nam )?(1[89]|20)[0-9]{2}') }} then 'year_words'
    end
{%- endmacro %}

{#- The numbers of a text with `/` between them. -#}
{% macro slashed(text) -%}
    trim({{ replace_all(text, '[^0-9]+', '/') }}, '/')
{%- endmacro %}

{#- Day before month, as in Vietnam. A text with a 13th or later month can only mean month before day:
    it is read so, and noted. Where both are possible nothing is turned round. -#}
{% macro try_day_month(slashed_text, year='%Y') -%}
    cast(try_strptime({{ slashed_text }}, ['%d/%m/{{ year }}', '%m/%d/{{ year }}']) as date)
{%- endmacro %}

{#- The first day a text can mean; null when its form has none or the day does not exist.
    `is_birth`: a day in milliseconds was midnight somewhere between UTC and UTC+8 (Saigon's zone
    until 1975), so eight hours more reach the intended day from each of them. Excel's serials count
    from 1900; those of the calendar from 1904 can't be told from them. -#}
{% macro date_read(text, form, is_birth=false) -%}
    case {{ form }}
        when 'dmy' then {{ try_day_month(text) }}
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
        when 'dmy_other' then {{ try_day_month(slashed(text)) }}
        when 'dmy_words' then {{ try_day_month(slashed(text)) }}
        when 'dmy_short' then {{ try_day_month(slashed(text), '%y') }}
        when 'dmy_compact' then cast({{ try_timestamp(text, '%d%m%Y') }} as date)
        when 'compact' then cast({{ try_timestamp(text, '%Y%m%d') }} as date)
        when 'ymd_other' then cast({{ try_timestamp(slashed(text), '%Y/%m/%d') }} as date)
        when 'dmy_time' then {{ try_day_month("translate(split_part(" ~ text ~ ", ' ', 1), '.-', '//')") }}
        when 'time_dmy' then {{ try_day_month("translate(split_part(" ~ text ~ ", ' ', -1), '.-', '//')") }}
        when 'year_month' then cast({{ try_timestamp(slashed(text), '%Y/%m') }} as date)
        when 'month_year' then cast({{ try_timestamp(slashed(text), '%m/%Y') }} as date)
        when 'month_words' then cast({{ try_timestamp(slashed(text), '%m/%Y') }} as date)
        when 'year_words' then cast({{ try_timestamp(slashed(text), '%Y') }} as date)
        when 'no_month' then try_cast({{ extracted(text, '[0-9]{4}', 0) }} || '-01-01' as date)
        when 'no_day' then
            coalesce(
                cast({{ try_timestamp(replace_first(slashed(text), '^0?0/', ''), '%m/%Y') }} as date),
                cast({{ try_timestamp(replace_first(slashed(text), '/00$', ''), '%Y/%m') }} as date)
            )
        when 'milliseconds' then
            cast(
                make_timestamp_ms(
                    try_cast({{ text }} as bigint) + {{ 8 if is_birth else 7 }} * 3600000
                ) as date
            )
        when 'excel' then
            date '1899-12-30' + cast(floor(try_cast(replace({{ text }}, ',', '.') as double)) as integer)
    end
{%- endmacro %}

{% macro date_precision(form) -%}
    case
        when {{ form }} in ('year', 'year_words', 'no_month') then 'YEAR'
        when {{ form }} in ('year_month', 'month_year', 'month_words', 'no_day') then 'MONTH'
        else 'DAY'
    end
{%- endmacro %}

{#- A birth year of two digits: the latest that is not after the delivery, unless a CCCD with these
    digits says the century before. Others as read. -#}
{% macro birth_in_century(read, form, id_number, delivered_on) -%}
    case {{ form }} when 'dmy_short' then
        case
            when {{ read }} > {{ delivered_on }}
                or (
                    year({{ read }}) >= 2000
                    and length({{ id_number }}) = 12
                    and substr({{ id_number }}, 4, 1) in ('0', '1')
                    and substr({{ id_number }}, 5, 2) = strftime({{ read }}, '%y')
                ) then cast({{ read }} - interval 100 year as date)
            else {{ read }}
        end
    else {{ read }} end
{%- endmacro %}

{#- What was noted while reading a date, as (condition, code) of macro noted. Forms in `plain` are
    what is asked for; with `day_wanted` a month or year alone is noted as well. -#}
{% macro date_notes(field, text, form, read, plain, day_wanted=false) -%}
    {%- set vague = ['no_day', 'no_month'] -%}
    {%- if day_wanted -%}{%- do vague.extend(['year', 'year_words', 'year_month', 'month_year', 'month_words']) -%}{%- endif -%}
    {%- set other = [] -%}
    {%- for name in ['iso', 'dmy_other', 'dmy_compact', 'compact', 'ymd_other', 'dmy_time', 'time_dmy', 'month_year'] -%}
        {%- if name not in plain and name not in vague -%}{%- do other.append(name) -%}{%- endif -%}
    {%- endfor -%}
    {{ return([
        (form ~ " in ('" ~ other | join("', '") ~ "')", field ~ ':form'),
        (form ~ " in ('dmy_words', 'month_words', 'year_words')", field ~ ':words'),
        (form ~ " in ('" ~ vague | join("', '") ~ "')", field ~ ':no_day'),
        (form ~ " = 'dmy_short'", field ~ ':two_digit_year'),
        (form ~ " = 'excel'", field ~ ':excel_serial'),
        (form ~ " = 'milliseconds'", field ~ ':milliseconds'),
        (read ~ " is not null and " ~ is_month_first(text, form), field ~ ':month_first'),
        (
            form ~ " not in ('" ~ vague | join("', '") ~ "') and " ~ read ~ " is null",
            field ~ ':impossible'
        ),
        (text ~ " is not null and " ~ form ~ " is null", field ~ ':unreadable'),
    ]) }}
{%- endmacro %}

{#- Whether date_notes has anything to say: the guard before it. -#}
{% macro is_date_noted(text, form, read, plain) -%}
    case
        when {{ form }} = 'dmy' then {{ read }} is null or substr({{ text }}, 4, 2) > '12'
        when {{ form }} in ('{{ plain | join("', '") }}') then {{ read }} is null
        else {{ text }} is not null
    end
{%- endmacro %}

{% macro is_month_first(text, form) -%}
    case {{ form }}
        when 'dmy' then substr({{ text }}, 4, 2) > '12'
        when 'dmy_other' then {{ has_late_month(text) }}
        when 'dmy_short' then {{ has_late_month(text) }}
        when 'dmy_words' then {{ has_late_month(text) }}
        else false
    end
{%- endmacro %}

{% macro has_late_month(text) -%}
    try_cast(split_part({{ slashed(text) }}, '/', 2) as integer) > 12
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
