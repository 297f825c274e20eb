with

answers as (
    select * from {{ ref('int_identity_answers') }}
)

select
    mention_id,
    result_id,
    decided_at,
    verification_status,
    verification_reason,
    citizen_id
from answers
where standing = 'counts'
