with complaints as (
    select * from {{ ref('fct_complaints') }}
),

claims as (
    select * from {{ ref('fct_complaint_claims') }}
),

assessed as (
    select * from {{ ref('int_complaint_claims__assessed') }} where is_deciding
),

people as (
    select
        complaint_id,
        full_name,
        birth_on,
    from {{ ref('int_complaints__current') }}
),

records as (
    select * from {{ ref('int_doses__deduplicated') }}
),

clocks as (
    select * from {{ ref('complaint_clocks') }} where clock in ('review', 'deferred')
),

reject_reasons as (
    select * from {{ ref('reject_reasons') }}
),

labels as (
    select * from {{ ref('labels') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- What is still to be done before what is done.
current_clocks as (
    select *
    from clocks
    qualify row_number() over (
        partition by complaint_id order by met_at is not null, starts_at desc
    ) = 1
),

-- Held by somebody: sent to a facility, or out of the pool by assignment.
open_tasks as (
    select
        assessed.*,
        complaints.received_at,
        complaints.complaint_type,
        complaints.state,
        complaints.handler_basis,
        complaints.province_code,
        -- A hand-over moves the whole complaint; until then each facility has its own claims.
        case
            when complaints.handler_basis in ('assigned', 'transferred')
                then complaints.handler_code
            else coalesce(claims.handler_code, complaints.handler_code)
        end as owner_code,
        claims.claim_kind,
        claims.dose_type,
        claims.dose_no,
        claims.vaccine_code,
        claims.lot_number,
        claims.injected_on,
        claims.facility_code,
    from complaints
    inner join assessed on complaints.complaint_id = assessed.complaint_id
    left join claims
        on assessed.complaint_id = claims.complaint_id and assessed.claim_no = claims.claim_no
    where complaints.is_open
        and (complaints.route = 'FACILITY' or complaints.handler_basis <> 'proposed')
),

reason_texts as (
    select
        exploded.complaint_id,
        exploded.claim_no,
        string_agg(
            exploded.reason_code || ' ' || reject_reasons.reason_vi,
            '; '
            order by exploded.reason_code
        ) as reasons_vi,
    from (
        select
            complaint_id,
            claim_no,
            unnest(reasons) as reason_code,
        from open_tasks
    ) as exploded
    inner join reject_reasons on exploded.reason_code = reject_reasons.reason_code
    group by exploded.complaint_id, exploded.claim_no
),

difference_texts as (
    select
        exploded.complaint_id,
        exploded.claim_no,
        string_agg(labels.label_vi, ', ' order by labels.label_vi) as differences_vi,
    from (
        select
            complaint_id,
            claim_no,
            unnest(differences) as difference,
        from open_tasks
    ) as exploded
    inner join labels
        on labels.domain = 'difference' and exploded.difference = labels.code
    group by exploded.complaint_id, exploded.claim_no
)

select
    open_tasks.owner_code,
    open_tasks.province_code,
    open_tasks.complaint_id,
    open_tasks.claim_no::integer as claim_no,
    open_tasks.received_at,
    current_clocks.due_at,
    {{ clock_state(
        'current_clocks.starts_at', 'current_clocks.due_at', 'current_clocks.met_at',
        'run_context.as_of'
    ) }} as clock_state,
    open_tasks.state,
    open_tasks.complaint_type,
    type_labels.label_vi as complaint_type_vi,
    people.full_name,
    people.birth_on,
    open_tasks.claim_kind,
    open_tasks.dose_type as claimed_dose_type,
    open_tasks.dose_no::integer as claimed_dose_no,
    open_tasks.vaccine_code as claimed_vaccine_code,
    open_tasks.lot_number as claimed_lot_number,
    open_tasks.injected_on as claimed_injected_on,
    open_tasks.facility_code as claimed_facility_code,
    open_tasks.matched_record_id as record_id,
    records.dose_label_typed as record_dose_label,
    records.vaccine_code as record_vaccine_code,
    records.lot_number as record_lot_number,
    records.injected_on as record_injected_on,
    records.facility_code as record_facility_code,
    difference_texts.differences_vi,
    open_tasks.root_cause,
    open_tasks.action_vi,
    open_tasks.recommendation,
    recommendation_labels.label_vi as recommendation_vi,
    coalesce(reason_texts.reasons_vi, later_labels.label_vi) as reasons_vi,
    open_tasks.approver_role,
from open_tasks
cross join run_context
inner join people on open_tasks.complaint_id = people.complaint_id
left join current_clocks on open_tasks.complaint_id = current_clocks.complaint_id
left join records on open_tasks.matched_record_id = records.record_id
left join reason_texts
    on open_tasks.complaint_id = reason_texts.complaint_id
    and open_tasks.claim_no = reason_texts.claim_no
left join difference_texts
    on open_tasks.complaint_id = difference_texts.complaint_id
    and open_tasks.claim_no = difference_texts.claim_no
left join labels as type_labels
    on type_labels.domain = 'complaint_type' and open_tasks.complaint_type = type_labels.code
left join labels as recommendation_labels
    on recommendation_labels.domain = 'recommendation'
    and open_tasks.recommendation = recommendation_labels.code
left join labels as later_labels
    on later_labels.domain = 'later_reason'
    and open_tasks.recommendation_reason = later_labels.code
