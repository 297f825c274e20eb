{#- Values of the rule pack hold from valid_from to valid_to, both included and never empty. -#}

{% macro valid_on(seed, day) -%}
    {{ day }} >= {{ seed }}.valid_from and {{ day }} <= {{ seed }}.valid_to
{%- endmacro %}

{#- A threshold that has one validity; `settings` is the CTE of rule_settings. -#}
{% macro setting(name, type='double') -%}
    (select cast(max(settings.value) as {{ type }}) from settings where settings.setting = '{{ name }}')
{%- endmacro %}
