{#- HMAC-SHA256 of a text under the home's key, the first 32 hex digits.
    The model cross joins source('ops', 'run_context') as run_context: it holds the key already
    xored with HMAC's inner and outer pads, so that the key itself is never in the warehouse's SQL.
    Prefix the text with what it names ('C|', 'U|', 'M|'), so that kinds never meet. -#}
{% macro pseudonym(text) -%}
    left({{ keyed_hash(text, 'pseudonym') }}, 32)
{%- endmacro %}

{#- The whole hash, 64 hex digits, under the key of that name in run_context. -#}
{% macro keyed_hash(text, key) -%}
    {{ sha256_hex(
        'run_context.' ~ key ~ '_opad || '
        ~ unhex(sha256_hex('run_context.' ~ key ~ '_ipad || ' ~ utf8_bytes(text)))
    ) }}
{%- endmacro %}
