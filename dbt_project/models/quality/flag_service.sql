{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with complaints as (
    select * from {{ ref('fct_complaints') }}
),

clocks as (
    select * from {{ ref('complaint_clock_states') }}
),

policy as (
    select * from {{ ref('clock_policy') }}
),

events as not materialized (
    select * from {{ ref('int_complaint_events__current') }}
),

facilities as (
    select facility_code from {{ ref('int_facilities__current') }}
),

timed as (
    select
        clocks.*,
        clocks.starts_at + to_microseconds(
            (
                policy.at_risk_share
                * date_diff('microsecond', clocks.starts_at, clocks.due_at)
            )::bigint
        ) as at_risk_at,
    from clocks
    inner join policy on clocks.clock = policy.clock
),

-- A deadline missed stays a finding after it is met: the figures are for the cohort received.
deadlines as (
    select
        case
            when clock = 'review' and clock_state = 'AT_RISK' then 'SLA-001'
            when clock = 'review' then 'SLA-002'
            when clock = 'assignment' then 'SLA-003'
            when clock = 'deferred' then 'SLA-004'
        end as rule_id,
        complaint_id,
        case when clock_state = 'AT_RISK' then at_risk_at else due_at end as first_held_at,
        json_object(
            'clock', clock, 'state', clock_state, 'due_at', due_at, 'met_at', met_at
        ) as evidence,
    from timed
    where (clock = 'review' and clock_state in ('AT_RISK', 'BREACHED', 'MET_LATE'))
        or (clock in ('assignment', 'deferred') and clock_state in ('BREACHED', 'MET_LATE'))
    qualify row_number() over (partition by rule_id, complaint_id order by starts_at) = 1
),

ordered as (
    select
        *,
        max(occurred_at) over (
            partition by complaint_id
            order by position
            rows between unbounded preceding and 1 preceding
        ) as latest_before,
        count(*) filter (where is_final) over (
            partition by complaint_id, cycle
            order by position
            rows between unbounded preceding and 1 preceding
        ) as finals_before,
    from events
    where outcome is not null or progress is not null
),

contradictions as (
    select
        complaint_id,
        recorded_at,
        case
            when occurred_at < received_at then 'before_receipt'
            when recorded_at < occurred_at then 'recorded_before_it_happened'
            when outcome is not null and finals_before > 0 then 'outcome_after_final'
            when event_type = 'reopened' and not is_reopening then 'reopened_while_open'
            when occurred_at < latest_before then 'out_of_order'
        end as contradiction,
    from ordered
),

disordered as (
    select
        'SLA-005' as rule_id,
        complaint_id,
        min(recorded_at) as first_held_at,
        json_object(
            'contradictions', list(distinct contradiction order by contradiction)
        ) as evidence,
    from contradictions
    where contradiction is not null
    group by complaint_id
),

-- Handed on twice while one set of 48 hours runs: nobody takes it up.
bounced as (
    select
        'SLA-006' as rule_id,
        complaint_id,
        min(held_at) as first_held_at,
        json_object('transfers', max(transfers), 'holders', max(holders)) as evidence,
    from (
        select
            complaint_id,
            cycle,
            count(*) as transfers,
            count(distinct to_code) as holders,
            list_sort(list(recorded_at))[2] as held_at,
        from events
        where event_type = 'transferred'
        group by complaint_id, cycle
        having count(*) >= 2
    ) as handed_on
    group by complaint_id
),

flagged as (
    select * from deadlines
    union all
    select * from disordered
    union all
    select * from bounced
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
