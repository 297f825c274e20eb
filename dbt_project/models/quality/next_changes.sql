{#- Rows that only count from an instant on: as recorded by the sender, who may be ahead of us. -#}
{% set recorded = [
    ('a dose entered later', ref('stg_doses'), 'entered_at'),
    ('a complaint received later', ref('stg_complaints'), 'received_at'),
    ('an event of a complaint', ref('stg_complaint_events'), 'recorded_at'),
    ('an answer of the police', ref('stg_identity_results'), 'decided_at'),
    ('a review of a record', ref('stg_record_reviews'), 'reviewed_at'),
    ('a report of doses given', ref('stg_administered_reports'), 'reported_at'),
    ('a confirmation signed', ref('stg_attestations'), 'signed_at'),
    ('a confirmation revoked', ref('stg_attestations'), 'revoked_at'),
    ('a request to the police', source('ops', 'identity_requests'), 'requested_at'),
    ('a decision on a person', source('ops', 'person_decisions'), 'decided_at'),
    ('a decision revoked', source('ops', 'person_decisions'), 'revoked_at'),
    ('the outcome of a clock', ref('complaint_clocks'), 'met_at'),
    ('a receipt', ref('complaint_clocks'), 'acknowledged_at'),
    ('a delivery due', ref('feed_days'), 'due_at'),
] %}

with

run_context as (
    select as_of from {{ source('ops', 'run_context') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

policy as (
    select * from {{ ref('clock_policy') }}
),

complaints as not materialized (
    select * from {{ ref('fct_complaints') }}
),

running as (
    select
        clocks.starts_at,
        clocks.due_at,
        policy.at_risk_share
    from {{ ref('complaint_clocks') }} as clocks
    inner join policy on clocks.clock = policy.clock
    cross join run_context
    where clocks.met_at is null or clocks.met_at > run_context.as_of
),

instants as (
    {%- for waits_for, relation, instant in recorded %}
    select
        '{{ waits_for }}' as waits_for,
        {{ instant }} as changes_at
    from {{ relation }}
    union all
    {%- endfor %}
    select
        'a deadline' as waits_for,
        due_at as changes_at
    from running
    union all
    select
        'a clock at risk' as waits_for,
        {{ at_risk_from('starts_at', 'due_at', 'at_risk_share') }} as changes_at
    from running
    union all
    -- Decided or not: from then on it counts in the shares of 48 hours.
    select
        '48 hours of a complaint' as waits_for,
        complaints.received_at + to_hours(policy.due_after_hours) as changes_at
    from complaints
    cross join policy
    where policy.clock = 'review'
    union all
    select
        'an open complaint in the next band of age' as waits_for,
        complaints.received_at + to_seconds(ladder.after_hours * 3600) as changes_at
    from complaints
    cross join {{ ref('escalation_policy') }} as ladder
    where complaints.is_open and ladder.clock = 'review'
    union all
    select
        'a request to the police overdue' as waits_for,
        requests.requested_at + to_hours(policy.due_after_hours) as changes_at
    from {{ ref('int_identity_requests') }} as requests
    cross join policy
    where policy.clock = 'identity'
    union all
    select
        'an approved change' as waits_for,
        outcome_at + to_hours({{ setting('approved_change_hours', 'integer') }}) as changes_at
    from complaints
    where outcome = 'APPROVED'
    union all
    select
        'a notice to a citizen' as waits_for,
        recorded_at + to_hours({{ setting('notice_hours', 'integer') }}) as changes_at
    from {{ ref('int_complaint_events__current') }}
    where event_type in ('rejected', 'supplement_requested')
    union all
    -- All that is told by days: ages, expiries, what is valid, deliveries dated later.
    select
        'the next day' as waits_for,
        {{ from_wall_clock("date_trunc('day', as_of) + interval 1 day") }} as changes_at
    from run_context
)

select
    instants.waits_for,
    min(instants.changes_at) as changes_at
from instants
cross join run_context
where instants.changes_at > run_context.as_of
group by instants.waits_for
