{# Verification status, reason and basis, in the order of docs/identity.md#verification-status. Used for a
   mention and, with the person's own answer, for a person: one order, spelled once. #}
{% macro verification(relation) -%}
    case
        when {{ relation }}.is_foreign then 'EXEMPT_FOREIGN'
        when {{ relation }}.is_nothing_sent then 'NOT_SENT'
        when {{ relation }}.has_no_usable_id then 'NO_ID_OR_BAD_FORMAT'
        else coalesce({{ relation }}.answer_status, {{ relation }}.registry_status)
    end as verification_status,
    case
        when
            {{ relation }}.is_foreign
            or {{ relation }}.is_nothing_sent
            or {{ relation }}.has_no_usable_id then null
        when {{ relation }}.answer_status is not null then {{ relation }}.answer_reason
        else {{ relation }}.registry_reason
    end as verification_reason,
    case
        when {{ relation }}.is_foreign then 'foreign_passport'
        when {{ relation }}.is_nothing_sent then 'nothing_to_compare'
        when {{ relation }}.has_no_usable_id then 'id_form'
        when {{ relation }}.answer_status is not null then 'police_answer'
        else {{ relation }}.registry_basis
    end as verification_basis
{%- endmacro %}
