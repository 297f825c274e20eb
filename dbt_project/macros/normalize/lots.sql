{#- Lot numbers (số lô): capitals without spaces and the word for lot; the letter O between digits
    is a zero. Elsewhere O and 0 stay: lots use both. -#}
{% macro lot_number(text) -%}
    {%- set bare -%}
        regexp_replace(
            {{ replace_all("upper(" ~ compose_unicode(text) ~ ")", '[\\s]+', '') }},
            '^(SỐLÔ|SOLO|LÔSỐ|LÔ|LOT(NO|NUMBER)?|BATCH(NO)?)?[.:#/=-]*(.*?)[/.:,;]*$', '\4'
        )
    {%- endset -%}
    nullif(
        case
            when contains({{ text }}, 'O') or contains({{ text }}, 'o') then
                {{ replace_all(
                    replace_all(bare, '([0-9])O([0-9])', '\\10\\2'), '([0-9])O([0-9])', '\\10\\2'
                ) }}
            else {{ bare }}
        end, ''
    )
{%- endmacro %}
