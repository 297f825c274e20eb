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

{#- One row for each word of a text: columns word and place, counted from 1. -#}
{% macro words_with_places(text) -%}
    unnest(string_split({{ text }}, ' ')) as word,
        generate_subscripts(string_split({{ text }}, ' '), 1) as place
{%- endmacro %}

{#- One row for each item. -#}
{% macro each_of(list) -%} unnest({{ list }}) {%- endmacro %}

{#- A query whose rows are few, whatever the engine reckons: of distinct combinations it reckons with nearly as many
    as there are rows, and would build the hash table of a join from the rows instead. Of a list it expects one. -#}
{% macro known_to_be_few(query) -%}
    select unnest(few_rows, max_depth := 2)
    from (select list(few_row) as few_rows from ({{ query }}) as few_row) as few
{%- endmacro %}

{% macro field_of(struct, name) -%} struct_extract({{ struct }}, '{{ name }}') {%- endmacro %}

{#- The texts of a json list. -#}
{% macro list_of_json(text) -%} from_json({{ text }}, '["VARCHAR"]') {%- endmacro %}
