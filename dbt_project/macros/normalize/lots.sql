{#- Lot numbers (số lô): capitals without spaces and the word for lot. Letters stay as typed, O and 0
    alike: lots use both. Looking up goes by the key. -#}

{% macro lot_number(text) -%}
    nullif(
        regexp_replace(
            {{ replace_all("upper(" ~ compose_unicode(text) ~ ")", '[\\s\\x{00A0}]+', '') }},
            '^[.,:;#/-]*((SỐLÔ|SOLO|LÔSỐ|LÔ|LOT(NO|NUMBER)?|BATCH(NO)?)(SX)?[.:#/=-]*)?(.*?)[/.:,;-]*$', '\6'
        ), ''
    )
{%- endmacro %}

{#- Equal for lots that a reader can't tell apart: O and 0, I, l and 1, with or without signs. -#}
{% macro lot_key(lot_number) -%}
    nullif(translate({{ replace_all(lot_number, '[^A-Z0-9]', '') }}, 'OIL', '011'), '')
{%- endmacro %}

{#- More than one lot in a cell: two parts of at least four digits or letters with three digits. -#}
{% macro is_several_lots(text) -%}
    len(list_filter(
        {{ split_by("upper(" ~ text ~ ")", '[/,;+&\\n]|\\s+VÀ\\s+|\\s+VA\\s+') }},
        lambda part: {{ matches('part', '^\\W*[A-ZÀ-Ỹ:. ]*[0-9A-Z-]{4,}\\W*$') }}
            and {{ matches('part', '([0-9].*){3}') }}
    )) > 1
{%- endmacro %}

{#- Each spelling of a lot is read once: CTE lot_spellings(lot_typed, lot_number, lot_key, notes). -#}
{% macro lot_spellings_cte(relation, columns=['lot_number']) -%}
lot_spellings as (

    select
        lot_typed,
        lot_number,
        {{ lot_key('lot_number') }} as lot_key,
        nullif({{ list_without_nulls([
            "case when lot_number <> trim(lot_typed) then 'lot:form' end",
            "case when " ~ is_several_lots('lot_typed') ~ " then 'lot:several' end",
        ]) }}, {{ empty_list() }}) as notes
    from (
        select
            lot_typed,
            {{ lot_number('lot_typed') }} as lot_number
        from ({{ spellings(relation, columns, 'lot_typed') }}) as typed
    ) as spelling

)
{%- endmacro %}
