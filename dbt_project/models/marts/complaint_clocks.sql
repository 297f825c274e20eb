{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id', 'is_published': true},
    pre_hook=["{{ note_complaints_with_clocks() }}", "{{ hold_changed('clocked_complaint') }}"]
) }}

with

complaints as {{ held_once() }} (
    select complaints.*
    from {{ ref('int_complaints__current') }} as complaints
    {{ only_changed('complaints.complaint_id') }}
),

routes as {{ held_once() }} (
    select routes.*
    from {{ ref('int_complaint_routes') }} as routes
    {{ only_changed('routes.complaint_id') }}
),

states as (
    select states.*
    from {{ ref('int_complaint_states') }} as states
    {{ only_changed('states.complaint_id') }}
    where states.attached_to is null
),

cycles as {{ held_once() }} (
    select cycles.*
    from {{ ref('int_complaint_cycles') }} as cycles
    {{ only_changed('cycles.complaint_id') }}
),

deferrals as (
    select deferrals.*
    from {{ ref('int_complaint_deferrals') }} as deferrals
    {{ only_changed('deferrals.complaint_id') }}
),

requests as (
    select * from {{ ref('int_identity_requests') }} where requested_at is not null
),

mentions as not materialized (
    select
        mention_id,
        citizen_key
    from {{ ref('int_mentions__linked') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

ladder as not materialized (
    select * from {{ ref('int_agency_ladder') }}
),

policy as (
    select * from {{ ref('clock_policy') }}
),

deadlines as (
    select
        cycles.complaint_id,
        policy.clock,
        cycles.starts_at,
        cycles.starts_at + to_hours(policy.due_after_hours) as due_at,
        case policy.clock
            when 'review' then cycles.first_outcome_at
            else cycles.first_final_at
        end as met_at,
        cycles.acknowledged_at,
        null as asked_unit_code,
    from cycles
    inner join policy on policy.clock in ('review', 'resolution')
    union all
    select
        cycles.complaint_id,
        policy.clock,
        cycles.starts_at,
        {{ next_assignment_run('cycles.starts_at', 'policy.due_at_hour') }} as due_at,
        -- Decided without an assignment: somebody holds it, there is nothing left to assign.
        least(cycles.first_assigned_at, cycles.first_outcome_at) as met_at,
        cycles.acknowledged_at,
        null as asked_unit_code,
    from cycles
    inner join routes on cycles.complaint_id = routes.complaint_id
    inner join policy on policy.clock = 'assignment'
    where routes.route = 'PORTAL_POOL' and cycles.cycle = 1
    union all
    select
        complaint_id,
        'deferred' as clock,
        starts_at,
        due_at,
        met_at,
        acknowledged_at,
        null as asked_unit_code,
    from deferrals
    union all
    -- The police owes an answer about any mention of the person while the complaint was open; decided
    -- meanwhile or not. What it had told before it was asked, or before the citizen complained, is none.
    select
        cycles.complaint_id,
        policy.clock,
        requests.requested_at as starts_at,
        requests.requested_at + to_hours(policy.due_after_hours) as due_at,
        case when count(*) = count(requests.answered_at) then max(requests.answered_at) end as met_at,
        null as acknowledged_at,
        min(requests.unit_code) as asked_unit_code,
    from cycles
    inner join complaints on cycles.complaint_id = complaints.complaint_id
    inner join mentions as complaining on complaints.mention_id = complaining.mention_id
    inner join mentions on complaining.citizen_key = mentions.citizen_key
    inner join requests on mentions.mention_id = requests.mention_id
    inner join policy on policy.clock = 'identity'
    where
        requests.requested_at < coalesce(cycles.first_final_at, 'infinity'::timestamptz)
        and coalesce(
            requests.answered_at > greatest(requests.requested_at, cycles.starts_at), true
        )
    group by all
),

-- The ladder follows the one who holds it: a facility's managing agency, an agency itself, or,
-- for a code no register knows, the citizen's unit.
holders as (
    select
        states.complaint_id,
        states.handler_code,
        facilities.facility_code as handling_facility_code,
        coalesce(facilities.managing_agency_code, states.handler_code) as ladder_agency_code,
        routes.unit_key,
        routes.province_code,
    from states
    inner join routes on states.complaint_id = routes.complaint_id
    left join facilities on states.handler_code = facilities.facility_code
)

select
    deadlines.complaint_id,
    deadlines.clock,
    deadlines.starts_at,
    deadlines.due_at,
    deadlines.met_at,
    holders.handler_code,
    deadlines.acknowledged_at,
    coalesce(holders.province_code, by_agency.province_code) as province_code,
    complaints.received_at::date >= policy.applies_to_received_from as has_ladder,
    holders.handling_facility_code as chain_facility,
    coalesce(by_agency.chain_commune_station, by_unit.chain_commune_station)
        as chain_commune_station,
    coalesce(by_agency.chain_district_centre, by_unit.chain_district_centre)
        as chain_district_centre,
    coalesce(by_agency.chain_provincial_cdc, by_unit.chain_provincial_cdc)
        as chain_provincial_cdc,
    coalesce(by_agency.chain_provincial_department, by_unit.chain_provincial_department)
        as chain_provincial_department,
    coalesce(by_agency.chain_peoples_committee, by_unit.chain_peoples_committee)
        as chain_peoples_committee,
    coalesce(by_agency.chain_ministry, by_unit.chain_ministry) as chain_ministry,
    by_unit.chain_commune_police,
    by_unit.chain_district_police,
    by_unit.chain_provincial_police,
from deadlines
inner join holders on deadlines.complaint_id = holders.complaint_id
inner join complaints on deadlines.complaint_id = complaints.complaint_id
inner join policy on deadlines.clock = policy.clock
left join ladder as by_unit
    on by_unit.ladder_kind = 'unit'
    -- The police above the one that was asked.
    and coalesce(deadlines.asked_unit_code, holders.unit_key) = by_unit.ladder_key
left join ladder as by_agency
    on by_agency.ladder_kind = 'agency' and holders.ladder_agency_code = by_agency.ladder_key
