{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=[
        "{{ note_due('complaint_event', ref('stg_complaint_events'), 'event_id', 'recorded_at') }}",
        "{{ note_complaints_with_events() }}",
        "{{ hold_changed('eventful_complaint') }}"
    ]
) }}

with

-- All that was ever said of an event, for the last may be that it is of another complaint.
events_held as (
    select distinct events.event_id
    from {{ ref('stg_complaint_events') }} as events
    {{ only_changed('events.complaint_id') }}
),

events as not materialized (
    select events.*
    from {{ ref('stg_complaint_events') }} as events
    {{ only_among('events_held', 'event_id', of='events') }}
),

complaints as (
    select complaints.*
    from {{ ref('int_complaints__current') }} as complaints
    {{ only_changed('complaints.complaint_id') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

delivered as not materialized (
    select events.*
    from events
    cross join run_context
    where events.delivery_date <= run_context.known_as_of::date
),

-- Delivered twice is one event; its version recorded last counts. Without a time of recording it
-- counts from the first time we could have seen it.
-- Few are delivered twice, and only those are sorted.
repeated as materialized (
    select event_id
    from delivered
    group by event_id
    having count(*) > 1
),

versions as (
    select
        delivered.*,
        coalesce(
            delivered.recorded_at,
            min(delivered.delivery_date) over (partition by delivered.event_id)::timestamptz
        ) as version_at,
    from delivered
    semi join repeated on delivered.event_id = repeated.event_id
),

dated as (
    select versions.*
    from versions
    cross join run_context
    where versions.version_at <= run_context.as_of
    qualify row_number() over (
        partition by versions.event_id
        order by
            versions.version_at desc, versions.delivery_date desc, versions.file desc,
            versions.line desc
    ) = 1
    union all
    select
        delivered.*,
        coalesce(delivered.recorded_at, delivered.delivery_date::timestamptz) as version_at,
    from delivered
    cross join run_context
    anti join repeated on delivered.event_id = repeated.event_id
    where coalesce(delivered.recorded_at, delivered.delivery_date::timestamptz) <= run_context.as_of
),

known as (
    select
        dated.event_id,
        dated.complaint_id,
        dated.event_type,
        coalesce(dated.occurred_at, dated.recorded_at) as occurred_at,
        dated.version_at as recorded_at,
        dated.claim_nos,
        dated.actor_code,
        dated.to_code,
        dated.assignee,
        coalesce(dated.reason_codes, []) as reason_codes,
        dated.next_review_on,
    from dated
),

classified as (
    select
        known.*,
        case known.event_type
            when 'approved' then 'APPROVED'
            when 'rejected' then 'REJECTED'
            when 'withdrawn' then 'WITHDRAWN'
            when 'deferred' then 'DEFERRED'
            when 'supplement_requested' then 'DEFERRED'
        end as outcome,
        known.event_type in ('approved', 'rejected', 'withdrawn') as is_final,
        case
            when known.event_type in ('assigned', 'transferred') then 'ASSIGNED'
            when known.event_type in ('review_started', 'supplement_received', 'reopened')
                then 'IN_REVIEW'
        end as progress,
        complaints.received_at,
    from known
    inner join complaints on known.complaint_id = complaints.complaint_id
),

counted as (
    select
        *,
        row_number() over event_order as position,
        count(*) filter (where is_final) over event_order as finals_so_far,
    from classified
    window event_order as (
        partition by complaint_id order by recorded_at, occurred_at, event_id
        rows between unbounded preceding and current row
    )
),

-- Only a closed complaint can be reopened into a new cycle: otherwise a `reopened` sent twice,
-- or on an open complaint, would start the 48 hours again.
reopening as (
    select
        *,
        event_type = 'reopened' and finals_so_far > coalesce(
            lag(finals_so_far) over (
                partition by complaint_id, event_type = 'reopened' order by position
            ),
            0
        ) as is_reopening,
    from counted
)

select
    * exclude (finals_so_far),
    1 + count(*) filter (where is_reopening) over (
        partition by complaint_id order by position
        rows between unbounded preceding and current row
    ) as cycle,
from reopening
