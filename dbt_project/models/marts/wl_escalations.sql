with

escalations as (
    select * from {{ source('ops', 'escalations') }}
    -- Jumped: a higher level was due at once and tells it. Struck, closed, retracted: nothing is asked.
    -- Level 0 only tells the handler that a complaint is there.
    where delivery_state in ('pending', 'sent', 'dead') and level <> '0'
),

clocks as (
    select * from {{ ref('complaint_clocks') }} where met_at is null
),

complaints as (
    select * from {{ ref('fct_complaints') }} where is_open
),

labels as (
    select * from {{ ref('labels') }}
),

run_context as (
    select as_of from {{ source('ops', 'run_context') }}
),

highest as (
    select *
    from escalations
    qualify row_number() over (
        partition by complaint_id, clock, starts_at order by due_at desc, level desc
    ) = 1
)

select
    highest.recipient_code as owner_code,
    clocks.province_code,
    highest.complaint_id,
    highest.clock,
    clock_labels.label_vi as clock_vi,
    highest.starts_at,
    clocks.due_at,
    date_diff('second', clocks.due_at, run_context.as_of) / 3600.0 as hours_overdue,
    highest.level,
    level_labels.label_vi as level_vi,
    highest.due_at as level_due_at,
    highest.escalated_at,
    highest.delivery_state,
    clocks.handler_code,
    clocks.acknowledged_at,
    complaints.state,
    state_labels.label_vi as state_vi,
    complaints.complaint_type,
    type_labels.label_vi as complaint_type_vi,
    complaints.root_cause,
    complaints.recommendation
from highest
cross join run_context
inner join clocks
    on
        highest.complaint_id = clocks.complaint_id
        and highest.clock = clocks.clock
        and highest.starts_at = clocks.starts_at
inner join complaints on highest.complaint_id = complaints.complaint_id
{%- for alias, domain, code in [
    ('clock_labels', 'clock', 'highest.clock'),
    ('level_labels', 'escalation_level', 'highest.level'),
    ('state_labels', 'complaint_state', 'complaints.state'),
    ('type_labels', 'complaint_type', 'complaints.complaint_type')
] %}
left join labels as {{ alias }}
    on {{ alias }}.domain = '{{ domain }}' and {{ code }} = {{ alias }}.code
{%- endfor %}
