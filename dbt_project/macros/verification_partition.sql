{# The sums of the ministry's verification reports: a whole and the parts it falls into. Every figure of
   a report belongs to one of them (published 3/2022 and 4/2022: all close to the last person). #}
{% macro verification_sums() -%}
    {{ return([
        ('on_platform', ['exempt_foreign', 'not_sent', 'sent']),
        ('sent', ['no_id_or_bad_format', 'with_id']),
        ('with_id', ['match', 'mismatch', 'pending']),
        ('mismatch', ['id_not_found', 'name', 'dob', 'sex', 'other']),
    ]) }}
{%- endmacro %}

{# False where a whole is not the sum of its parts. Figures a report does not name are null: what rests
   on them can't be checked. #}
{% macro verification_closes() -%}
    (
    {%- for whole, parts in verification_sums() %}
        coalesce({{ whole }} = {{ parts | join(' + ') }}, true)
        {%- if not loop.last %} and{% endif %}
    {%- endfor %}
    )
{%- endmacro %}
