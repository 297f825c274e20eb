with complaints as (
    select * from {{ ref('fct_complaints') }}
),

attachments as (
    select * from {{ ref('int_complaint_attachments__current') }}
),

events as (
    select * from {{ ref('int_complaint_events__current') }}
),

facilities as (
    select facility_code from {{ ref('int_facilities__current') }}
),

duplicated as (
    select
        'CMP-001' as rule_id,
        complaint_id,
        received_at as first_held_at,
        json_object('attached_to', attached_to) as evidence,
    from complaints
    where attached_to is not null
),

unroutable as (
    select
        'CMP-002' as rule_id,
        complaint_id,
        received_at as first_held_at,
        json_object('missing', missing_for_routing) as evidence,
    from complaints
    where len(missing_for_routing) > 0
),

papers as (
    select
        complaint_id,
        count(*) as attachment_count,
        count(*) filter (where status = 'read') as read_count,
    from attachments
    group by complaint_id
),

-- Approving needs the paper the root cause asks for; rejecting needs a reason and a read paper.
undocumented as (
    select
        'CMP-003' as rule_id,
        events.complaint_id,
        min(events.recorded_at) as first_held_at,
        json_object(
            'decided', list(distinct events.outcome order by events.outcome),
            'attachments', coalesce(any_value(papers.attachment_count), 0),
            'read', coalesce(any_value(papers.read_count), 0)
        ) as evidence,
    from events
    inner join complaints on events.complaint_id = complaints.complaint_id
    left join papers on events.complaint_id = papers.complaint_id
    where (
        events.outcome = 'APPROVED'
        and complaints.evidence_needed <> 'none'
        and coalesce(papers.read_count, 0) = 0
    ) or (
        events.outcome = 'REJECTED'
        and (len(events.reason_codes) = 0 or coalesce(papers.read_count, 0) = 0)
    )
    group by events.complaint_id
),

altered as (
    select
        'CMP-007' as rule_id,
        complaints.complaint_id,
        complaints.received_at as first_held_at,
        json_object('attachments', count(*)) as evidence,
    from attachments
    inner join complaints on attachments.complaint_id = complaints.complaint_id
    where list_contains(attachments.qualities, 'altered')
    group by complaints.complaint_id, complaints.received_at
),

flagged as (
    select * from duplicated
    union all
    select * from unroutable
    union all
    select * from undocumented
    union all
    select * from altered
)

select
    flagged.rule_id,
    'complaint' as subject_type,
    flagged.complaint_id as subject_id,
    complaints.citizen_key,
    facilities.facility_code,
    flagged.first_held_at,
    flagged.evidence::varchar as evidence,
    complaints.handler_code as owner_code,
from flagged
inner join complaints on flagged.complaint_id = complaints.complaint_id
left join facilities on complaints.handler_code = facilities.facility_code
