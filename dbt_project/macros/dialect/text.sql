{#- Text functions whose spelling differs between engines. Patterns are RE2 without look-around. -#}

{% macro compose_unicode(text) -%} nfc_normalize({{ text }}) {%- endmacro %}

{#- Leaves đ as it is: no engine decomposes it. -#}
{% macro remove_accents(text) -%} strip_accents({{ text }}) {%- endmacro %}

{% macro matches(text, pattern) -%} regexp_matches({{ text }}, '{{ pattern }}') {%- endmacro %}

{% macro fully_matches(text, pattern) -%} regexp_full_match({{ text }}, '{{ pattern }}') {%- endmacro %}

{% macro replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro utf8_bytes(text) -%} encode({{ text }}) {%- endmacro %}

{% macro unhex(text) -%} unhex({{ text }}) {%- endmacro %}

{% macro sha256_hex(bytes) -%} sha256({{ bytes }}) {%- endmacro %}
