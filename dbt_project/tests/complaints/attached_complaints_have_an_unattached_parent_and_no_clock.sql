{{ config(tags=['after_linking'], severity='error') }}
-- A duplicate follows its parent: the parent is a complaint of its own, the duplicate has no ladder.
with complaints as (
    select * from {{ ref('fct_complaints') }}
),

clocks as (
    select * from {{ ref('complaint_clocks') }}
)

select complaints.complaint_id
from complaints
left join complaints as parents on complaints.attached_to = parents.complaint_id
where complaints.state = 'ATTACHED'
    and (
        parents.complaint_id is null
        or parents.state = 'ATTACHED'
        or complaints.complaint_id in (select clocks.complaint_id from clocks)
    )
