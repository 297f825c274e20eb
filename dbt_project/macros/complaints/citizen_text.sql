{#- A text of the seed citizen_texts with the portal and the hotline filled in. The model has a relation
    `texts` of that seed. -#}
{% macro citizen_text(text) -%}
    replace(replace({{ text }}, '{portal}', {{ contact_of_citizens('portal') }}), '{hotline}', {{ contact_of_citizens('hotline') }})
{%- endmacro %}

{% macro contact_of_citizens(code) -%}
    (select max(contacts.text_vi) from texts as contacts where contacts.use = 'contact' and contacts.code = '{{ code }}')
{%- endmacro %}
