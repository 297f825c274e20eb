{# One letter or digit too many, missing or another, or two neighbours exchanged. The lengths first, in a
   case: both sides of an `and` are computed for every row. #}
{% macro one_edit_apart(left, right) -%}
    case
        when length({{ left }}) - length({{ right }}) between -1 and 1
            then damerau_levenshtein({{ left }}, {{ right }}) = 1
        else false
    end
{%- endmacro %}

{# How two names differ. Accents before letters: a name typed without accents is not a typo; nor is Lý
   written Lí, or H'Hen H Hen. `middle`: family and given name are kept, what stands between is not. #}
{% macro name_difference(left, right) -%}
    case
        when {{ left }}.name_exact_key is null or {{ right }}.name_exact_key is null then 'missing'
        when {{ left }}.name_exact_key = {{ right }}.name_exact_key then 'same'
        when {{ left }}.name_key = {{ right }}.name_key then 'accents'
        when {{ one_edit_apart(left ~ '.name_key', right ~ '.name_key') }}
            then case
                when {{ name_soft_key(left ~ '.name_key') }} = {{ name_soft_key(right ~ '.name_key') }}
                    then 'accents'
                else 'one_letter'
            end
        when
            case
                when length({{ left }}.name_key) <> length({{ right }}.name_key) then false
                -- Cheaper, and true of whatever the next line is true of: it is asked of every pair.
                when {{ words_sorted(rough(left ~ '.name_key')) }} = {{ words_sorted(rough(right ~ '.name_key')) }}
                    then {{ name_sorted_key(left ~ '.name_key') }} = {{ name_sorted_key(right ~ '.name_key') }}
            end then 'order'
        when
            split_part({{ left }}.name_key, ' ', 1) = split_part({{ right }}.name_key, ' ', 1)
            and split_part({{ left }}.name_key, ' ', -1) = split_part({{ right }}.name_key, ' ', -1)
            then 'middle'
        else 'other'
    end
{%- endmacro %}

{# 1 January and 1 July: where papers knew the year only, systems often stored one of them. #}
{% macro stands_for_a_year(day) -%}
    (day({{ day }}) = 1 and month({{ day }}) in (1, 7))
{%- endmacro %}

{# How two birth dates differ. Old papers have the year only: that says less, not something else. #}
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
            year({{ left }}.birth_on) = year({{ right }}.birth_on)
            and month({{ left }}.birth_on) = day({{ right }}.birth_on)
            and day({{ left }}.birth_on) = month({{ right }}.birth_on) then 'day_month_swap'
        when
            year({{ left }}.birth_on) = year({{ right }}.birth_on)
            and ({{ stands_for_a_year(left ~ '.birth_on') }}
                or {{ stands_for_a_year(right ~ '.birth_on') }}) then 'year_only'
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

{% macro sex_difference(left, right) -%}
    case
        when {{ left }}.sex is null or {{ right }}.sex is null then 'missing'
        when {{ left }}.sex = {{ right }}.sex then 'same'
        else 'other'
    end
{%- endmacro %}

{#- What names that are softly equal have in common, without a regular expression. -#}
{% macro rough(name_key) -%} translate({{ name_key }}, 'y''', 'i ') {%- endmacro %}

{# Another given name, as twins have; not Lý for Lí. Null counts as another. #}
{% macro is_given_name_other(left, right) -%}
    {%- set one, other = "split_part(" ~ left ~ ", ' ', -1)", "split_part(" ~ right ~ ", ' ', -1)" -%}
    case
        when {{ one }} = {{ other }} then false
        when {{ rough(one) }} <> {{ rough(other) }} then true
        else coalesce({{ name_soft_key(one) }} <> {{ name_soft_key(other) }}, true)
    end
{%- endmacro %}

{# Columns beside the differences of a mention and a citizen, on which the tiers' rules rest. #}
{% macro pair_signs(mentions, citizens) -%}
    -- A name typed without any accent says less than the registry's; it says nothing else.
    coalesce({{ mentions }}.name_exact_key = {{ mentions }}.name_key, false) as is_name_unaccented,
        {{ is_given_name_other(mentions ~ '.name_key', citizens ~ '.name_key') }} as is_given_name_other,
        coalesce(
            {{ mentions }}.unit_code in ({{ citizens }}.permanent_unit_code, {{ citizens }}.current_unit_code),
            false
        ) as is_unit_same,
        coalesce({{ mentions }}.phone = {{ citizens }}.phone, false) as is_phone_same,
        coalesce({{ mentions }}.last_injected_on > {{ citizens }}.deceased_on, false)
            as is_dead_before
{%- endmacro %}

{# The name as typed is the citizen's, or the citizen's without accents. #}
{% macro name_agrees(pair) -%}
    ({{ pair }}.name_difference = 'same'
        or {{ pair }}.name_difference = 'accents' and {{ pair }}.is_name_unaccented)
{%- endmacro %}

{# One slip of a hurried session in the name. Not where twins differ: in the given name, or in all that
   stands before it (Hoàng Anh and Minh Anh). #}
{% macro name_slips(pair) -%}
    ({{ pair }}.name_difference = 'order'
        or {{ pair }}.name_difference in ('accents', 'one_letter')
        and not {{ pair }}.is_given_name_other)
{%- endmacro %}

{% macro birth_slips(pair) -%}
    ({{ pair }}.birth_difference in ('day_month_swap', 'off_by_one_day', 'one_digit', 'year_only'))
{%- endmacro %}

{# What is left of a name when one part of it is left out: a slip in that part does not matter then. #}
{% macro name_part(name_key, part) -%}
    {%- if part == 'before_given' -%}
        left({{ name_key }}, length({{ name_key }}) - length(split_part({{ name_key }}, ' ', -1)))
    {%- elif part == 'after_family' -%}
        substr({{ name_key }}, strpos({{ name_key }}, ' '))
    {%- elif part == 'spaces' -%}
        replace({{ name_key }}, ' ', '')
    {%- else -%}
        split_part({{ name_key }}, ' ', 1) || ' ' || split_part({{ name_key }}, ' ', -1)
    {%- endif -%}
{%- endmacro %}

{# Two birth dates of one year that one slip may lie between: one of them knows the year only, or day or
   month are the same, or exchanged, or a day apart. Cheap, to spare the comparison of most pairs. #}
{% macro births_may_meet(left, right) -%}
    coalesce(
        day({{ left }}.birth_on) = day({{ right }}.birth_on)
        or month({{ left }}.birth_on) = month({{ right }}.birth_on)
        or month({{ left }}.birth_on) = day({{ right }}.birth_on)
        and day({{ left }}.birth_on) = month({{ right }}.birth_on)
        or {{ left }}.birth_on - {{ right }}.birth_on between -1 and 1
        or {{ stands_for_a_year(left ~ '.birth_on') }}
        or {{ stands_for_a_year(right ~ '.birth_on') }}, true
    )
{%- endmacro %}
