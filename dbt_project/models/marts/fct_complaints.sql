{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'complaint_id', 'is_published': true}
) }}

with

complaints as (
    select * from {{ ref('int_complaints__current') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

routes as (
    select * from {{ ref('int_complaint_routes') }}
),

states as (
    select * from {{ ref('int_complaint_states') }}
),

first_cycles as (
    select * from {{ ref('int_complaint_cycles') }} where cycle = 1
),

assessments as (
    select * from {{ ref('int_complaints__assessed') }}
),

policy as (
    select
        applies_to_received_from,
        to_hours(due_after_hours) as due_after
    from {{ ref('clock_policy') }}
    where clock = 'review'
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
)

select
    complaints.complaint_id,
    states.root_complaint_id,
    complaints.received_at,
    complaints.channel,
    complaints.complaint_type,
    {{ key_text('persons.citizen_key') }} as citizen_key,
    routes.route,
    states.handler_code,
    states.state,
    states.outcome,
    states.outcome_at,
    assessments.root_cause,
    assessments.recommendation,
    assessments.primary_reason,
    assessments.reasons,
    assessments.recommendation_reason,
    assessments.evidence_needed,
    assessments.approver_role,
    states.handler_basis,
    states.held_since,
    routes.proposed_agency_code,
    routes.task_count::integer as task_count,
    routes.missing_for_routing,
    states.attached_to,
    states.cycle::integer as cycle,
    states.deferred_until,
    routes.province_code,
    case when len(routes.unit_key) = 5 then routes.unit_key end as unit_code,
    -- Null while the 48 hours still run and nothing has been decided; late or never is false.
    case
        when first_cycles.first_outcome_at <= complaints.received_at + policy.due_after then true
        when run_context.as_of >= complaints.received_at + policy.due_after then false
    end as any_outcome_48h,
    case
        when first_cycles.first_final_at <= complaints.received_at + policy.due_after then true
        when run_context.as_of >= complaints.received_at + policy.due_after then false
    end as final_outcome_48h,
    states.state not in ('APPROVED', 'REJECTED', 'WITHDRAWN', 'ATTACHED') as is_open,
    complaints.received_at::date >= policy.applies_to_received_from as has_sla,
    -- Those decided sooner would flatter the youngest; an attached one has no clock of its own.
    has_sla
    and complaints.received_at + policy.due_after <= run_context.as_of
    and states.attached_to is null as is_due_48h,
from complaints
inner join persons on complaints.complaint_id = persons.complaint_id
inner join routes on complaints.complaint_id = routes.complaint_id
inner join states on complaints.complaint_id = states.complaint_id
inner join first_cycles on complaints.complaint_id = first_cycles.complaint_id
inner join assessments on complaints.complaint_id = assessments.complaint_id
cross join policy
cross join run_context
