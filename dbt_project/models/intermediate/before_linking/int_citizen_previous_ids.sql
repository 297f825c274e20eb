with

citizens as not materialized (
    select * from {{ ref('int_citizens__current') }}
),

previous as (
    select
        citizen_id,
        unnest(list_distinct(previous_ids)) as id_number
    from citizens
    where len(previous_ids) > 0
)

select
    previous.id_number,
    previous.citizen_id,
    holders.citizen_id is not null
    or count(*) over (partition by previous.id_number) > 1 as is_shared
from previous
left join citizens as holders on previous.id_number = holders.citizen_id
where previous.id_number <> '' and previous.id_number <> previous.citizen_id
