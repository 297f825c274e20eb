{#- What every normalization begins with. -#}

{% macro blank_to_null(text) -%} nullif(trim({{ text }}), '') {%- endmacro %}

{#- The key under which labels, products and places are looked up:
    no case, accents, spaces or punctuation (`Mũi nhắc lại 1` -> `muinhaclai1`). -#}
{% macro fold_key(text) -%}
    {{ replace_all(
        "translate(" ~ remove_accents("lower(" ~ compose_unicode(text) ~ ")") ~ ", 'đðɖ', 'ddd')",
        '[^a-z0-9]', ''
    ) }}
{%- endmacro %}

{#- The codes of what was changed in a row. `notes` is a list of (condition, code).
    Most rows change nothing: the list is built only behind the guard. -#}
{% macro noted(notes) -%}
    case
        when {% for note in notes %}({{ note[0] }}){{ ' or ' if not loop.last }}{% endfor %} then
            {% set items = [] -%}
            {%- for note in notes -%}
                {%- do items.append("case when " ~ note[0] ~ " then '" ~ note[1] ~ "' end") -%}
            {%- endfor -%}
            {{ list_without_nulls(items) }}
        else {{ empty_list() }}
    end
{%- endmacro %}
