{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id', 'notes': {'mention': 'mention_id'}},
    pre_hook=[
        "{{ note_due('delivered_complaint', ref('stg_complaints'), 'complaint_id', 'received_at') }}",
        "{{ hold_changed('delivered_complaint') }}"
    ]
) }}

with

complaints as (
    select complaints.*
    from {{ ref('stg_complaints') }} as complaints
    {{ only_changed('complaints.complaint_id') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- received_at is when the system recorded it: a corrected complaint comes in a later delivery. One
-- that never says when starts at its first sight, and not anew each time it is delivered.
latest as (
    select
        complaints.* exclude (received_at),
        {{ mention_key('complaints') }} as mention_key,
        min(complaints.delivery_date) over (partition by complaints.complaint_id) as first_delivered_on,
        min(complaints.delivery_date) over (partition by complaints.complaint_id, mention_key)
            as identity_delivered_on,
        case
            when list_contains(complaints.normalizations, 'received_at:delivery')
                then min(complaints.received_at) over (partition by complaints.complaint_id)
            else complaints.received_at
        end as received_at
    from complaints
    cross join run_context
    where
        complaints.delivery_date <= run_context.known_as_of::date
        and complaints.received_at <= run_context.as_of
    qualify {{ is_latest_delivery(['complaint_id']) }}
)

select
    latest.* exclude (mention_key, first_delivered_on, identity_delivered_on),
    -- Corrected fields bear no time of their own: they are as old as the delivery that brought them.
    case
        when latest.identity_delivered_on = latest.first_delivered_on then latest.received_at
        else latest.identity_delivered_on::timestamptz
    end as identity_entered_at,
    {{ key_of("'M|' || latest.mention_key") }} as mention_id
from latest
cross join run_context
