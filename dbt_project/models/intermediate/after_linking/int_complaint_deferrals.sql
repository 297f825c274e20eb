{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ hold_changed('eventful_complaint') }}"]
) }}

with

events as {{ held_once() }} (
    select events.*
    from {{ ref('int_complaint_events__current') }} as events
    {{ only_changed('events.complaint_id') }}
),

policy as (
    select * from {{ ref('clock_policy') }} where clock = 'deferred'
),

-- What closes a deferral is the next outcome recorded, in this cycle or a later one. One recorded after a
-- final outcome puts nothing off: that stands.
outcomes as (
    select
        events.*,
        lead(recorded_at) over (partition by complaint_id order by position) as next_outcome_at,
        bool_or(is_final) over (
            partition by complaint_id, cycle order by position
            rows between unbounded preceding and 1 preceding
        ) as is_settled,
    from events
    where outcome is not null
),

-- A deferral without a date, or further away than allowed, comes back after the maximum.
dated as (
    select
        outcomes.complaint_id,
        outcomes.position,
        outcomes.recorded_at,
        outcomes.next_outcome_at,
        least(
            coalesce(outcomes.next_review_on, date '9999-12-31'),
            outcomes.recorded_at::date + policy.max_days::integer
        ) as review_on,
        policy.due_after_hours,
    from outcomes
    cross join policy
    where outcomes.outcome = 'DEFERRED' and not coalesce(outcomes.is_settled, false)
),

acknowledgements as (
    select
        complaint_id,
        recorded_at,
    from events
    where event_type = 'acknowledged'
),

latest as (
    select *
    from dated
    qualify row_number() over (partition by complaint_id, review_on order by position desc) = 1
)

select
    latest.complaint_id,
    latest.recorded_at as deferred_at,
    latest.review_on,
    latest.review_on::timestamptz as starts_at,
    latest.review_on::timestamptz + to_hours(latest.due_after_hours::integer) as due_at,
    latest.next_outcome_at as met_at,
    max(acknowledgements.recorded_at) as acknowledged_at,
from latest
left join acknowledgements
    on latest.complaint_id = acknowledgements.complaint_id
    and latest.review_on::timestamptz <= acknowledgements.recorded_at
group by all
