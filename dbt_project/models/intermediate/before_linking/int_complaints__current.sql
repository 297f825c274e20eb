with

complaints as (
    select * from {{ ref('stg_complaints') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

latest as (
    select complaints.*
    from complaints
    cross join run_context
    where
        complaints.delivery_date <= run_context.known_as_of::date
        and complaints.received_at <= run_context.as_of
    -- received_at is when the system recorded it: a corrected complaint comes in a later delivery.
    qualify row_number() over (
        partition by complaints.complaint_id
        order by complaints.delivery_date desc, complaints.file desc, complaints.line desc
    ) = 1
)

select
    latest.*,
    {{ pseudonym("'M|' || " ~ mention_key('latest')) }} as mention_id
from latest
cross join run_context
