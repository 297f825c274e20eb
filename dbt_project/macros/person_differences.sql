{# How two names differ. Accents before letters: a name typed without accents is not a typo. #}
{% macro name_difference(left, right) -%}
    case
        when {{ left }}.name_exact_key is null or {{ right }}.name_exact_key is null then 'missing'
        when {{ left }}.name_exact_key = {{ right }}.name_exact_key then 'same'
        when {{ left }}.name_key = {{ right }}.name_key then 'accents'
        when damerau_levenshtein({{ left }}.name_key, {{ right }}.name_key) = 1 then 'one_letter'
        when
            list_sort(string_split({{ left }}.name_key, ' '))
            = list_sort(string_split({{ right }}.name_key, ' ')) then 'order'
        else 'other'
    end
{%- endmacro %}

{# How two birth dates differ. Old papers have the year only, often stored as 1 January: that says
   less, not something else. #}
{% macro birth_difference(left, right) -%}
    case
        when {{ left }}.birth_first_on is null or {{ right }}.birth_first_on is null then 'missing'
        when
            {{ left }}.birth_first_on = {{ right }}.birth_first_on
            and {{ left }}.birth_last_on = {{ right }}.birth_last_on then 'same'
        when
            ({{ left }}.birth_precision <> 'DAY' or {{ right }}.birth_precision <> 'DAY')
            and {{ left }}.birth_first_on <= {{ right }}.birth_last_on
            and {{ right }}.birth_first_on <= {{ left }}.birth_last_on then 'year_only'
        when
            year({{ left }}.birth_first_on) = year({{ right }}.birth_first_on)
            and dayofyear({{ left }}.birth_on) = 1 then 'year_only'
        when
            strftime({{ left }}.birth_on, '%Y%d%m')
            = strftime({{ right }}.birth_on, '%Y%m%d') then 'day_month_swap'
        when
            abs(date_diff('day', {{ left }}.birth_on, {{ right }}.birth_on)) = 1
            then 'off_by_one_day'
        when
            damerau_levenshtein(
                strftime({{ left }}.birth_on, '%Y%m%d'), strftime({{ right }}.birth_on, '%Y%m%d')
            ) = 1 then 'one_digit'
        else 'other'
    end
{%- endmacro %}
