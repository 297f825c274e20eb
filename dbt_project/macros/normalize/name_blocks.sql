{#
  Columns to find names within one edit by hash joins: given_name (the last word), names_before (all
  before it), name_letters (without spaces). One edit leaves at least one of the three unchanged.
#}
{% macro name_blocks(name_key) -%}
split_part({{ name_key }}, ' ', -1) as given_name,
        left({{ name_key }}, length({{ name_key }}) - length(split_part({{ name_key }}, ' ', -1)))
            as names_before,
        replace({{ name_key }}, ' ', '') as name_letters,
{%- endmacro %}

{#- Whether names are the same but for one letter. Of most pairs their lengths say already that they are not, and
    `case` asks no further. -#}
{% macro one_letter_apart(name, other) -%}
    case
        when abs(length({{ name }}) - length({{ other }})) > 1 then false
        else damerau_levenshtein({{ name }}, {{ other }}) <= 1
    end
{%- endmacro %}
