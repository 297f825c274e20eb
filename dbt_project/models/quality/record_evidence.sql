{{ config(materialized='view') }}

with

findings as not materialized (
    select * from {{ ref('findings') }} where subject_type in ('dose', 'mention')
),

rules as (
    select
        rule_id,
        owner
    from {{ ref('rules') }}
),

records as (
    select
        record_id,
        mention_id
    from {{ ref('int_doses__deduplicated') }}
)

-- What the facility itself can set right on the record: a person's doubts with the police are not.
select
    subject_id as record_id,
    rule_id,
    severity,
    evidence,
    first_held_at
from findings
where subject_type = 'dose'
union all
select
    records.record_id,
    findings.rule_id,
    findings.severity,
    findings.evidence,
    findings.first_held_at
from findings
inner join rules on findings.rule_id = rules.rule_id
inner join records on {{ key_found('findings', 'mention') }} = records.mention_id
where findings.subject_type = 'mention' and rules.owner = 'facility'
