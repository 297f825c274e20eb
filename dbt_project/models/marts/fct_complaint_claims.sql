{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'complaint_id', 'is_published': true}
) }}

with

claims as (
    select * from {{ ref('int_complaint_claims') }}
),

assessed as (
    select * from {{ ref('int_complaint_claims__assessed') }}
),

tasks as (
    select * from {{ ref('int_complaint_tasks') }}
),

proposals as (
    select * from {{ ref('int_claim_facilities__proposed') }}
)

select
    claims.complaint_id,
    claims.claim_no::integer as claim_no,
    coalesce(claims.claim_kind, 'context') as claim_kind,
    assessed.root_cause,
    assessed.matched_dose_id,
    assessed.recommendation,
    assessed.reasons,
    assessed.recommendation_reason,
    assessed.matched_record_id,
    assessed.match_basis,
    assessed.differences,
    assessed.not_given_because,
    assessed.broken_rules,
    assessed.read_status,
    tasks.task_handler_code as handler_code,
    claims.is_contested,
    claims.dose_type,
    claims.dose_no::integer as dose_no,
    claims.vaccine_code,
    claims.lot_number,
    claims.injected_on,
    claims.facility_code,
    claims.facility_basis,
    proposals.facility_code as candidate_facility_code,
    proposals.score as candidate_score,
    proposals.basis as candidate_basis,
from claims
inner join assessed
    on claims.complaint_id = assessed.complaint_id and claims.claim_no = assessed.claim_no
left join tasks
    on claims.complaint_id = tasks.complaint_id and claims.claim_no = tasks.claim_no
left join proposals
    on claims.complaint_id = proposals.complaint_id and claims.claim_no = proposals.claim_no
