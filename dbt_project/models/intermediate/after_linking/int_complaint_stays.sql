{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ note_keys_of('moved_complaint', 'eventful_complaint') }}", "{{ hold_changed('moved_complaint') }}"]
) }}

with

complaints as (
    select complaints.*
    from {{ ref('int_complaints__current') }} as complaints
    {{ only_changed('complaints.complaint_id') }}
),

states as (
    select complaint_id from {{ ref('int_complaint_states') }} where attached_to is null
),

routes as (
    select * from {{ ref('int_complaint_routes') }}
),

events as (
    select events.*
    from {{ ref('int_complaint_events__current') }} as events
    {{ only_changed('events.complaint_id') }}
),

points as (
    select
        complaint_id,
        0 as position,
        1 as cycle,
        received_at as from_at,
        null as outcome,
        false as is_final,
        null as progress,
        null as to_code
    from complaints
    union all
    select
        complaint_id,
        position,
        cycle,
        greatest(recorded_at, received_at) as from_at,
        outcome,
        is_final,
        progress,
        case when event_type in ('assigned', 'transferred') then to_code end as to_code
    from events
),

-- State and holder after each event, as int_complaint_states tells them of the last.
stated as (
    select
        points.complaint_id,
        points.position,
        points.from_at,
        routes.province_code,
        coalesce(
            last_value(case when points.is_final then points.outcome end ignore nulls) over of_cycle,
            last_value(coalesce(points.outcome, points.progress) ignore nulls) over of_cycle,
            case
                when points.cycle > 1 then 'IN_REVIEW'
                when routes.route = 'FACILITY' then 'ROUTED'
                else 'RECEIVED'
            end
        ) as state,
        coalesce(last_value(points.to_code ignore nulls) over so_far, routes.handler_code)
            as holder_code
    from points
    inner join states on points.complaint_id = states.complaint_id
    inner join routes on points.complaint_id = routes.complaint_id
    window
        of_cycle as (
            partition by points.complaint_id, points.cycle order by points.position
            rows between unbounded preceding and current row
        ),
        so_far as (
            partition by points.complaint_id order by points.position
            rows between unbounded preceding and current row
        )
),

changes as (
    select *
    from stated
    qualify
        position = 0
        or state <> lag(state) over (partition by complaint_id order by position)
        or holder_code is distinct from lag(holder_code) over (partition by complaint_id order by position)
),

spans as (
    select
        *,
        lead(from_at) over (partition by complaint_id order by position) as until_at
    from changes
)

select
    spans.complaint_id,
    spans.position::integer as position,
    spans.province_code,
    spans.holder_code,
    spans.state,
    spans.from_at,
    spans.until_at,
    date_diff('second', spans.from_at, spans.until_at) / 3600.0 as hours
from spans
-- Nobody holds what is decided; what begins and ends at one instant was never held.
where
    spans.state not in ('APPROVED', 'REJECTED', 'WITHDRAWN')
    and spans.from_at is distinct from spans.until_at
