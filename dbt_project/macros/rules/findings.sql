{#- How a family model of quality raises findings: one pass over the subjects, one list a row, one
    row a finding. Evidence is json of codes, dates, counts and difference classes: never a name, an
    id number or a phone. -#}

{#- The finding a rule raises where the condition holds, as `all_raised` asks for it. `severity` only where it
    may differ from that in rules.csv. -#}
{% macro raised(rule_id, condition, evidence={}, severity='null') -%}
    {%- set finding -%}
    {
        'rule_id': '{{ rule_id }}',
        'severity': cast({{ severity }} as varchar),
        'evidence': {{ evidence_json(evidence) }}
    }
    {%- endset -%}
    {{ return({'condition': '(' ~ condition ~ ')', 'finding': finding}) }}
{%- endmacro %}

{#- Two columns: whether any finding is raised, and those that are. Nothing is raised on most subjects, and to make
    their lists, empty, costs several times what the conditions do: ask `where is_flagged` before the lists are read. -#}
{% macro all_raised(findings) -%}
    {%- set items = [] -%}
    {%- for raised in findings -%}
        {%- do items.append('case when ' ~ raised.condition ~ ' then ' ~ raised.finding ~ ' end') -%}
    {%- endfor -%}
    {{ findings | map(attribute='condition') | join(' or ') }} as is_flagged,
        {{ list_without_nulls(items) }} as findings_raised
{%- endmacro %}

{% macro evidence_json(evidence) -%}
    cast(json_object(
        {%- for name, value in evidence.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ) as varchar)
{%- endmacro %}

{#- Columns of a family model, in the order findings unions them. -#}
{% macro finding_columns() -%}
    rule_id,
    subject_type,
    subject_id,
    citizen_key,
    facility_code,
    first_held_at,
    evidence,
    owner_code
{%- endmacro %}

{#- A family is one line: its model, and whether it may differ from the severity of its rules. -#}
{% macro finding_families() -%}
    {{ return({
        'flag_identity': false,
        'flag_identity_answers': false,
        'flag_dose_fields': true,
        'flag_lots': false,
        'flag_series': true,
        'flag_missing': false,
        'flag_missing_at_places': true,
        'flag_duplicates': false,
        'flag_complaints': false,
        'flag_service': false,
        'flag_feeds': false,
    }) }}
{%- endmacro %}
