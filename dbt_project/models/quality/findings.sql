{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'subject_id', 'is_published': true},
    pre_hook=["{{ note_subjects_of_changed_rules() }}", "{{ hold_changed('found_subject') }}"]
) }}

with

rules as (
    select * from {{ ref('rules') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

raised as (
    {% for family, has_severity in finding_families().items() %}
    select
        {{ finding_columns() }},
        {{ 'severity' if has_severity else 'null::varchar' }} as severity
    from {{ ref(family) }} as family
    {{ only_changed('family.subject_id') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    md5(concat_ws('|', raised.rule_id, raised.subject_type, raised.subject_id)) as finding_id,
    raised.rule_id,
    coalesce(raised.severity, rules.severity) as severity,
    raised.subject_type,
    raised.subject_id,
    {{ key_text('raised.citizen_key') }} as citizen_key,
    raised.facility_code,
    raised.first_held_at,
    raised.evidence,
    raised.owner_code
from raised
cross join run_context
left join rules on raised.rule_id = rules.rule_id
where
    -- A rule no longer, or not yet, in the pack is silent; one that is in no pack at all is a fault
    -- and shows as a null severity.
    coalesce(rules.valid_from, date '1900-01-01') <= run_context.as_of::date
    and coalesce(rules.valid_to, date '9999-12-31') >= run_context.as_of::date
