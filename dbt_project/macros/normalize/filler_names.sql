{#- What was typed for a name and is none, beside the fillers of seed junk_names. Said here once: ID-019
    names it, and linking takes no name from it. -#}

{% macro is_test_name(name_key) -%} {{ matches(name_key, '(^| )(test|demo)( |$)') }} {%- endmacro %}

{% macro has_digits(name_key) -%} {{ matches(name_key, '[0-9]') }} {%- endmacro %}

{#- The last word is one letter, but Y, a name of the Highlands; or one letter is all. -#}
{% macro is_cut_name(name_key) -%}
    ({{ matches(name_key, ' [a-xz]$') }} or length({{ name_key }}) < 2)
{%- endmacro %}
