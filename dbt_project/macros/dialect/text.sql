{#- Text functions whose spelling differs between engines. Patterns are RE2 without look-around. -#}

{% macro compose_unicode(text) -%} nfc_normalize({{ text }}) {%- endmacro %}

{#- Leaves đ as it is: no engine decomposes it. -#}
{% macro remove_accents(text) -%} strip_accents({{ text }}) {%- endmacro %}

{% macro matches(text, pattern) -%} regexp_matches({{ text }}, '{{ pattern }}') {%- endmacro %}

{% macro fully_matches(text, pattern) -%} regexp_full_match({{ text }}, '{{ pattern }}') {%- endmacro %}

{% macro replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro replace_first(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{#- What a group of the pattern holds; empty when it doesn't match. -#}
{% macro extracted(text, pattern, group=1) -%}
    regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}

{% macro split_by(text, pattern) -%} string_split_regex({{ text }}, '{{ pattern }}') {%- endmacro %}

{#- The word at a place counted from 1; empty past the end. -#}
{% macro word_at(text, place) -%} split_part({{ text }}, ' ', {{ place }}) {%- endmacro %}

{% macro utf8_bytes(text) -%} encode({{ text }}) {%- endmacro %}

{% macro unhex(text) -%} unhex({{ text }}) {%- endmacro %}

{% macro sha256_hex(bytes) -%} sha256({{ bytes }}) {%- endmacro %}
