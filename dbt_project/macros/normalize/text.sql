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

{#- The same for labels that may be numbers: a sheet makes 1.0 of 1. -#}
{% macro label_key(text) -%}
    {{ fold_key(replace_first("trim(" ~ text ~ ")", '[.]0$', '')) }}
{%- endmacro %}

{#- Lower-case words without accents, single spaces between them: `TP. Biên Hoà` -> `tp bien hoa`. -#}
{% macro folded_words(text) -%}
    trim({{ replace_all(
        "translate(" ~ remove_accents("lower(" ~ compose_unicode(text) ~ ")") ~ ", 'đð', 'dd')",
        '[^a-z0-9]+', ' '
    ) }})
{%- endmacro %}

{#- Each text once that stands in some columns, as one column: what is read once a spelling. -#}
{% macro spellings(relation, columns, name='typed') -%}
    {%- for column in columns %}
    select distinct {{ column }} as {{ name }} from {{ relation }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The codes of what was changed in a row. `fields` is a list of (guard, notes), notes a list of
    (condition, code). Most rows change nothing: a field's conditions are looked at behind its guard. -#}
{% macro noted(fields) -%}
    case
        when {% for field in fields %}coalesce({{ field[0] }}, false){{ ' or ' if not loop.last }}{% endfor %} then
            {% set items = [] -%}
            {%- for guard, notes in fields -%}
                {%- for condition, code in notes -%}
                    {%- do items.append(
                        "case when " ~ guard ~ " then case when " ~ condition ~ " then '" ~ code ~ "' end end"
                    ) -%}
                {%- endfor -%}
            {%- endfor -%}
            {{ list_without_nulls(items) }}
        else {{ empty_list() }}
    end
{%- endmacro %}

{#- Lists of codes one after the other; null lists are empty, and so is what is joined of them alone. -#}
{% macro notes_joined(lists) -%}
    case
        when {% for list in lists %}{{ list }} is null{{ ' and ' if not loop.last }}{% endfor %} then {{ empty_list() }}
        else list_concat({{ lists | join(', ') }})
    end
{%- endmacro %}
