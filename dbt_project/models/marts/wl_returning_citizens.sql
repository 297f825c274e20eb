with

answers as (
    select * from {{ ref('int_complaint_answers') }}
    -- Those attached share the answer, and the visit, of the one they repeat.
    where bring_vi is not null and complaint_id = deciding_id
),

complaints as not materialized (
    select * from {{ ref('fct_complaints') }}
),

-- Filed again since: what is asked for now stands there.
refiled as (
    select earlier.complaint_id
    from complaints as earlier
    inner join complaints as later
        on
            coalesce(earlier.root_complaint_id, earlier.complaint_id) = later.root_complaint_id
            and earlier.received_at < later.received_at
    where later.attached_to is null
),

people as (
    select
        complaint_id,
        full_name,
        birth_on,
        phone
    from {{ ref('int_complaints__current') }}
)

select
    answers.handler_code as owner_code,
    answers.province_code,
    answers.complaint_id,
    answers.state,
    answers.decided_at,
    people.full_name,
    people.birth_on,
    people.phone,
    answers.reason_vi,
    answers.bring_vi
from answers
inner join people on answers.complaint_id = people.complaint_id
anti join refiled on answers.complaint_id = refiled.complaint_id
