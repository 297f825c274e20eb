with

complaints as (
    select * from {{ ref('stg_complaints') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- received_at is when the system recorded it: a corrected complaint comes in a later delivery. One
-- that never says when starts at its first sight, and not anew each time it is delivered.
latest as (
    select
        complaints.* exclude (received_at),
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
    latest.*,
    {{ pseudonym("'M|' || " ~ mention_key('latest')) }} as mention_id
from latest
cross join run_context
