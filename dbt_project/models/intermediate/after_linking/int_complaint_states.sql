{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'complaint_id', 'notes': {'moved_complaint': 'complaint_id'}}
) }}

with

routes as (
    select * from {{ ref('int_complaint_routes') }}
),

duplicates as (
    select * from {{ ref('int_complaint_duplicates') }}
),

cycles as (
    select * from {{ ref('int_complaint_cycles') }} where is_current
),

events as not materialized (
    select * from {{ ref('int_complaint_events__current') }}
),

holders as (
    select
        complaint_id,
        arg_max(to_code, position) as holder_code,
        arg_max(event_type, position) as holder_basis,
        arg_max(recorded_at, position) as held_since,
        bool_or(event_type = 'assigned') as is_assigned,
    from events
    where event_type in ('assigned', 'transferred') and to_code is not null
    group by complaint_id
),

told as (
    select
        complaint_id,
        max(recorded_at) as notified_at,
    from events
    where event_type = 'notified'
    group by complaint_id
)

select
    routes.complaint_id,
    cycles.cycle,
    cycles.starts_at as cycle_starts_at,
    case
        when duplicates.is_attached then 'ATTACHED'
        when cycles.last_state is not null then cycles.last_state
        when cycles.cycle > 1 then 'IN_REVIEW'
        when routes.route = 'FACILITY' then 'ROUTED'
        else 'RECEIVED'
    end as state,
    cycles.outcome,
    cycles.outcome_at,
    case when cycles.last_state = 'DEFERRED' and not duplicates.is_attached
            then cycles.deferred_until end as deferred_until,
    duplicates.attached_to,
    duplicates.root_complaint_id,
    coalesce(holders.holder_code, routes.handler_code) as handler_code,
    coalesce(holders.holder_basis, routes.handler_basis) as handler_basis,
    holders.held_since,
    coalesce(holders.is_assigned, false) as is_assigned,
    told.notified_at,
from routes
inner join duplicates on routes.complaint_id = duplicates.complaint_id
inner join cycles on routes.complaint_id = cycles.complaint_id
left join holders on routes.complaint_id = holders.complaint_id
left join told on routes.complaint_id = told.complaint_id
