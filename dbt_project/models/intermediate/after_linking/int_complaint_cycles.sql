{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ hold_changed('eventful_complaint') }}"]
) }}

with

complaints as (
    select complaints.*
    from {{ ref('int_complaints__current') }} as complaints
    {{ only_changed('complaints.complaint_id') }}
),

events as {{ held_once() }} (
    select events.*
    from {{ ref('int_complaint_events__current') }} as events
    {{ only_changed('events.complaint_id') }}
),

cycles as (
    select
        complaint_id,
        1 as cycle,
        received_at as starts_at,
    from complaints
    union all
    select
        complaint_id,
        cycle,
        recorded_at,
    from events
    where is_reopening
)

select
    cycles.complaint_id,
    cycles.cycle,
    cycles.starts_at,
    min(events.recorded_at) filter (where events.outcome is not null) as first_outcome_at,
    min(events.recorded_at) filter (where events.is_final) as first_final_at,
    min(events.recorded_at) filter (where events.event_type = 'assigned') as first_assigned_at,
    max(events.recorded_at) filter (where events.event_type = 'acknowledged') as acknowledged_at,
    -- A final outcome stands against whatever is recorded after it in the cycle, except another.
    coalesce(
        arg_max(events.outcome, events.position) filter (where events.is_final),
        arg_max(coalesce(events.outcome, events.progress), events.position)
            filter (where events.outcome is not null or events.progress is not null)
    ) as last_state,
    coalesce(
        arg_max(events.outcome, events.position) filter (where events.is_final),
        arg_max(events.outcome, events.position) filter (where events.outcome is not null)
    ) as outcome,
    coalesce(
        arg_max(events.recorded_at, events.position) filter (where events.is_final),
        arg_max(events.recorded_at, events.position) filter (where events.outcome is not null)
    ) as outcome_at,
    arg_max(events.next_review_on, events.position)
        filter (where events.outcome = 'DEFERRED') as deferred_until,
    lead(cycles.starts_at) over (partition by cycles.complaint_id order by cycles.cycle) is null
        as is_current,
from cycles
left join events
    on cycles.complaint_id = events.complaint_id and cycles.cycle = events.cycle
group by cycles.complaint_id, cycles.cycle, cycles.starts_at
