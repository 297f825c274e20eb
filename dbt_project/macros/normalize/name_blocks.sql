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
