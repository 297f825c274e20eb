{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'mention_id', 'notes': {'decided_mention': 'mention_id', 'verified_mention': 'mention_id'}}
) }}

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
