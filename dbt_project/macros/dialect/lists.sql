{#- List functions whose spelling differs between engines. -#}

{% macro empty_list(type='varchar') -%} cast([] as {{ type }}[]) {%- endmacro %}

{% macro list_without_nulls(items) -%}
    list_filter([{{ items | join(', ') }}], lambda item: item is not null)
{%- endmacro %}

{#- Trimmed parts of a `;`-separated text, none empty; null when the text is. -#}
{% macro split_list(text, type='varchar') -%}
    list_filter(
        list_transform(
            string_split({{ text }}, ';'), lambda part: try_cast(nullif(trim(part), '') as {{ type }})
        ),
        lambda part: part is not null
    )
{%- endmacro %}

{#- Each word of a text replaced by an expression over `word`. -#}
{% macro map_words(text, expression) -%}
    array_to_string(list_transform(string_split({{ text }}, ' '), lambda word: {{ expression }}), ' ')
{%- endmacro %}

{#- One row for each item. -#}
{% macro each_of(list) -%} unnest({{ list }}) {%- endmacro %}

{% macro field_of(struct, name) -%} struct_extract({{ struct }}, '{{ name }}') {%- endmacro %}

{#- The texts of a json list. -#}
{% macro list_of_json(text) -%} from_json({{ text }}, '["VARCHAR"]') {%- endmacro %}
