{#- HMAC-SHA256 of a text under the home's key, the first 32 hex digits.
    The model cross joins source('ops', 'run_context') as run_context: it holds the key already
    xored with HMAC's inner and outer pads, so that the key itself is never in the warehouse's SQL.
    Prefix the text with what it names ('C|', 'U|', 'M|'), so that kinds never meet. -#}
{% macro pseudonym(text) -%}
    left({{ sha256_hex(
        'run_context.pseudonym_opad || '
        ~ unhex(sha256_hex('run_context.pseudonym_ipad || ' ~ utf8_bytes(text)))
    ) }}, 32)
{%- endmacro %}
