{{ config(tags=['after_linking']) }}

-- Every person has one status and the statuses add up to the people (domain 5.2: the ministry's
-- own figures close exactly). One row, with both sums, when they do not.
with

people as (
    select count(distinct citizen_key) as people from {{ ref('int_mentions__linked') }}
),

statuses as (
    select coalesce(sum(persons), 0) as persons
    from (
        select
            verification_status,
            count(*) as persons
        from {{ ref('int_persons') }}
        group by verification_status
    )
)

select
    people.people,
    statuses.persons
from people
cross join statuses
where people.people <> statuses.persons
