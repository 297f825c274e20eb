with

citizens as (
    select * from {{ ref('int_citizens__current') }}
),

numbers as (
    select
        citizen_id as id_number,
        citizen_id,
        false as is_previous
    from citizens
    union all
    select
        unnest(previous_ids) as id_number,
        citizen_id,
        true as is_previous
    from citizens
)

select
    id_number,
    citizen_id,
    bool_and(is_previous) as is_previous
from numbers
where id_number is not null and id_number <> ''
group by id_number, citizen_id
