with

record_evidence as (
    select * from {{ ref('record_evidence') }}
)

select
    record_id,
    case when bool_or(severity = 'error') then 'error' else 'warn' end as severity,
    count(*)::integer as findings_count,
    array_to_string(list(rule_id order by severity, rule_id), ';') as rule_ids,
    min(first_held_at) as first_held_at
from record_evidence
group by record_id
