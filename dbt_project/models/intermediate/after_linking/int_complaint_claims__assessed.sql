{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ hold_changed('judged_complaint') }}"]
) }}

with

causes as {{ held_once() }} (
    select causes.*
    from {{ ref('int_complaint_claims__caused') }} as causes
    {{ only_changed('causes.complaint_id') }}
),

evidence as (
    select * from {{ ref('int_complaint_claims__evidenced') }}
),

checked as (
    select * from {{ ref('int_complaint_claims__checked') }}
),

held_reasons as (
    select held_reasons.*
    from {{ ref('int_complaint_reasons') }} as held_reasons
    {{ only_changed('held_reasons.complaint_id') }}
),

actions as (
    select * from {{ ref('root_cause_actions') }}
),

reasons as (
    select
        complaint_id,
        claim_no,
        list(reason_code order by reason_code) as reasons,
        arg_min(reason_code, primary_order) as primary_reason,
    from held_reasons
    group by complaint_id, claim_no
),

-- The most particular line of the table: type and cause, then the type, then the cause.
chosen_actions as (
    select
        causes.complaint_id,
        causes.claim_no,
        actions.recommendation as action_recommendation,
        actions.later_reason as action_later_reason,
        actions.evidence_needed,
        actions.approver_role,
        actions.action_vi,
    from causes
    inner join actions
        on actions.complaint_type in (causes.complaint_type, '*')
        and actions.root_cause in (causes.root_cause, '*')
    qualify row_number() over (
        partition by causes.complaint_id, causes.claim_no
        order by actions.complaint_type = '*', actions.root_cause = '*'
    ) = 1
),

facts as (
    select
        causes.*,
        chosen_actions.* exclude (complaint_id, claim_no),
        evidence.attachment_id,
        evidence.attachment_type,
        evidence.read_status,
        evidence.is_flawed,
        coalesce(reasons.reasons, []) as reasons,
        reasons.primary_reason,
        coalesce(checked.broken_rules, []) as broken_rules,
        coalesce(checked.is_vaccine_unknown, false) as is_vaccine_unknown,
        coalesce(checked.is_facility_unknown, false) as is_facility_unknown,
        coalesce(checked.is_lot_unknown, false) as is_lot_unknown,
        evidence.name_relation in ('ACCENTS', 'LONGER')
        or not evidence.is_birth_equal
        or not evidence.is_lot_equal
        or not evidence.is_facility_equal as is_certificate_different,
    from causes
    inner join evidence
        on causes.complaint_id = evidence.complaint_id and causes.claim_no = evidence.claim_no
    inner join chosen_actions
        on causes.complaint_id = chosen_actions.complaint_id
        and causes.claim_no = chosen_actions.claim_no
    left join reasons
        on causes.complaint_id = reasons.complaint_id and causes.claim_no = reasons.claim_no
    left join checked
        on causes.complaint_id = checked.complaint_id and causes.claim_no = checked.claim_no
),

-- What stands in the way of approving, first that holds; null: nothing does.
weighed as (
    select
        *,
        case
            when read_status = 'unread' then 'READ_ATTACHMENT'
            when len(reasons) > 0 then 'REJECT'
            when evidence_needed <> 'none' and attachment_id is null then 'SUPPLEMENT'
            when evidence_needed <> 'none' and read_status <> 'read' then 'SUPPLEMENT'
            when action_recommendation = 'later' then action_later_reason
            when evidence_needed <> 'none' and attachment_type <> evidence_needed
                then 'SUPPLEMENT'
            when is_vaccine_unknown then 'VACCINE_UNKNOWN'
            when is_facility_unknown then 'FACILITY_UNKNOWN'
            when is_lot_unknown then 'LOT_UNKNOWN'
            when evidence_needed <> 'none' and len(broken_rules) > 0 then 'CLAIM_IMPLAUSIBLE'
            when evidence_needed <> 'none' and is_certificate_different then 'CLAIM_DIFFERS'
        end as hindrance,
    from facts
)

select
    complaint_id,
    claim_no,
    is_deciding,
    root_cause,
    match_basis,
    matched_record_id,
    matched_dose_id,
    differences,
    not_given_because,
    attachment_id,
    read_status,
    case
        when hindrance is null then 'approve'
        when hindrance = 'REJECT' then 'reject'
        else 'later'
    end as recommendation,
    case when hindrance = 'REJECT' then primary_reason else hindrance end
        as recommendation_reason,
    reasons,
    primary_reason,
    broken_rules,
    evidence_needed,
    approver_role,
    action_vi,
from weighed
