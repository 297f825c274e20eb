{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ hold_changed('judged_complaint') }}"]
) }}

with

claims as (
    select claims.*
    from {{ ref('int_complaint_claims__assessed') }} as claims
    {{ only_changed('claims.complaint_id') }}
    where claims.is_deciding
),

held_reasons as (
    select held_reasons.*
    from {{ ref('int_complaint_reasons') }} as held_reasons
    {{ only_changed('held_reasons.complaint_id') }}
),

root_causes as (
    select * from {{ ref('root_causes') }}
),

reasons as (
    select
        complaint_id,
        list(distinct reason_code order by reason_code) as reasons,
        arg_min(reason_code, primary_order) as primary_reason,
    from held_reasons
    group by complaint_id
),

-- Unread papers before all: nobody is rejected on a paper nobody read.
ranked as (
    select
        claims.*,
        root_causes.worst_order,
        case
            when claims.recommendation_reason = 'READ_ATTACHMENT' then 0
            when claims.recommendation = 'reject' then 1
            when claims.recommendation = 'later' then 2
            else 3
        end as weight,
    from claims
    inner join root_causes on claims.root_cause = root_causes.root_cause
),

summed as (
    select
        complaint_id,
        arg_min(root_cause, worst_order) as root_cause,
        arg_min(recommendation, (weight, claim_no)) as recommendation,
        arg_min(recommendation_reason, (weight, claim_no)) as recommendation_reason,
        arg_min(evidence_needed, (worst_order, claim_no)) as evidence_needed,
        arg_min(approver_role, (worst_order, claim_no)) as approver_role,
        arg_min(action_vi, (worst_order, claim_no)) as action_vi,
    from ranked
    group by complaint_id
)

select
    summed.complaint_id,
    summed.root_cause,
    summed.recommendation,
    case
        when summed.recommendation = 'reject' then reasons.primary_reason
        else summed.recommendation_reason
    end as recommendation_reason,
    reasons.primary_reason,
    coalesce(reasons.reasons, []) as reasons,
    summed.evidence_needed,
    summed.approver_role,
    summed.action_vi,
from summed
left join reasons on summed.complaint_id = reasons.complaint_id
