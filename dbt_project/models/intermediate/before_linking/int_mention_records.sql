{{ config(materialized='view') }}

with

doses as (
    select * from {{ ref('int_doses__current') }}
),

complaints as (
    select * from {{ ref('int_complaints__current') }}
)

select
    record_id,
    'dose' as subject,
    mention_id
from doses
union all
select
    complaint_id as record_id,
    'complaint' as subject,
    mention_id
from complaints
