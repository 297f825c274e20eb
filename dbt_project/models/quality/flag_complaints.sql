{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with complaints as not materialized (
    select * from {{ ref('fct_complaints') }}
),

attachments as not materialized (
    select * from {{ ref('int_complaint_attachments__current') }}
),

events as not materialized (
    select * from {{ ref('int_complaint_events__current') }}
),

states as (
    select * from {{ ref('int_complaint_states') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

received as (
    select * from {{ ref('int_complaints__current') }}
),

root_causes as (
    select * from {{ ref('root_causes') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
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

-- The paper was read, and shows none of the reasons given. R05 rests on the registry: of somebody
-- it does not know, nobody can say that it is wrong.
contradicted as (
    select
        'CMP-004' as rule_id,
        events.complaint_id,
        min(events.recorded_at) as first_held_at,
        json_object(
            'reasons_given', flatten(list(events.reason_codes order by events.position)),
            'reasons_shown', coalesce(any_value(complaints.reasons), [])
        ) as evidence,
    from events
    inner join complaints on events.complaint_id = complaints.complaint_id
    inner join persons on events.complaint_id = persons.complaint_id
    inner join papers on events.complaint_id = papers.complaint_id
    where events.outcome = 'REJECTED'
        and len(events.reason_codes) > 0
        and papers.read_count > 0
        and not list_has_any(events.reason_codes, coalesce(complaints.reasons, []))
        and (persons.is_linked or not list_contains(events.reason_codes, 'R05'))
    group by events.complaint_id
),

-- Approved is done only when the record shows it.
undone as (
    select
        'CMP-005' as rule_id,
        complaints.complaint_id,
        complaints.outcome_at + to_hours({{ setting('approved_change_hours', 'integer') }})
            as first_held_at,
        json_object(
            'root_cause', complaints.root_cause, 'approved_at', complaints.outcome_at
        ) as evidence,
    from complaints
    inner join root_causes on complaints.root_cause = root_causes.root_cause
    cross join run_context
    where complaints.outcome = 'APPROVED'
        and complaints.attached_to is null
        and root_causes.is_change_needed
        and complaints.outcome_at + to_hours({{ setting('approved_change_hours', 'integer') }})
        <= run_context.as_of
),

untold as (
    select
        'CMP-006' as rule_id,
        events.complaint_id,
        min(events.recorded_at) + to_hours({{ setting('notice_hours', 'integer') }})
            as first_held_at,
        json_object(
            'told_of', list(distinct events.event_type order by events.event_type),
            'decided_at', min(events.recorded_at)
        ) as evidence,
    from events
    cross join run_context
    inner join states on events.complaint_id = states.complaint_id
    where events.event_type in ('rejected', 'supplement_requested')
        and events.recorded_at > coalesce(states.notified_at, timestamptz '1900-01-01 00:00:00+07')
        and events.recorded_at + to_hours({{ setting('notice_hours', 'integer') }})
        <= run_context.as_of
    group by events.complaint_id
),

unreachable as (
    select
        'CMP-008' as rule_id,
        complaint_id,
        received_at as first_held_at,
        json_object('channel', channel) as evidence,
    from received
    where phone is null and complainant_phone is null and email is null
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
    select * from contradicted
    union all
    select * from undone
    union all
    select * from untold
    union all
    select * from unreachable
    union all
    select * from altered
)

select
    flagged.rule_id,
    'complaint' as subject_type,
    flagged.complaint_id as subject_id,
    {{ as_key('complaints.citizen_key') }} as citizen_key,
    facilities.facility_code,
    flagged.first_held_at,
    flagged.evidence::varchar as evidence,
    complaints.handler_code as owner_code,
from flagged
inner join complaints on flagged.complaint_id = complaints.complaint_id
left join facilities on complaints.handler_code = facilities.facility_code
