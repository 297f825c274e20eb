{{ config(tags=['after_linking'], severity='error') }}
-- received = approved + deferred + rejected + withdrawn + attached + open, at every as_of.
-- A failing row shows the two sides.
with complaints as (
    select * from {{ ref('int_complaint_persons') }}
),

states as (
    select * from {{ ref('fct_complaints') }}
),

sides as (
    select
        (select count(*) from complaints) as received,
        count(*) filter (
            where state in ('APPROVED', 'DEFERRED', 'REJECTED', 'WITHDRAWN', 'ATTACHED')
        ) as answered,
        count(*) filter (
            where state in ('RECEIVED', 'ROUTED', 'ASSIGNED', 'IN_REVIEW')
        ) as waiting,
    from states
)

select *
from sides
where received <> answered + waiting
