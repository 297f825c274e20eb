{#- Values of the rule pack hold from valid_from to valid_to, both included and never empty. -#}

{#- The rows of a seed that belong to the pack of the run: a country swaps the pack, not the models. -#}
{% macro rule_pack(seed) -%}
    (
        select of_all_packs.*
        from {{ ref(seed) }} as of_all_packs
        inner join {{ source('ops', 'run_context') }} as run on of_all_packs.pack = run.rule_pack
    )
{%- endmacro %}

{% macro valid_on(seed, day) -%}
    {{ day }} >= {{ seed }}.valid_from and {{ day }} <= {{ seed }}.valid_to
{%- endmacro %}

{#- A threshold that has one validity; `settings` is the CTE of rule_settings. -#}
{% macro setting(name, type='double') -%}
    (select cast(max(settings.value) as {{ type }}) from settings where settings.setting = '{{ name }}')
{%- endmacro %}
