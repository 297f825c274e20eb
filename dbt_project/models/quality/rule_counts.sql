with

rules as (
    select * from {{ ref('rules') }}
),

findings as (
    select
        rule_id,
        count(*) as subjects,
        count(*) filter (where severity = 'error') as errors
    from {{ ref('findings') }}
    group by rule_id
),

-- What is only counted, not listed.
counted as (
    select
        'SEQ-006' as rule_id,
        count(*) as subjects,
        0 as errors
    from {{ ref('int_doses__deduplicated') }}
    where is_chosen and label_problem = 'ambiguous'
)

select
    rules.rule_id,
    rules.severity,
    rules.title_en,
    rules.title_vi,
    coalesce(findings.subjects, counted.subjects, 0) as subjects,
    coalesce(findings.errors, counted.errors, 0) as errors
from rules
left join findings on rules.rule_id = findings.rule_id
left join counted on rules.rule_id = counted.rule_id
