{{ config(materialized='view') }}

select
    mention_id,
    citizen_id
from {{ ref('int_mentions__id_compared') }}
where is_clear and is_previous and fields_not_same = 0
