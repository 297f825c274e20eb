{{ config(materialized='view') }}

with

deliveries as (
    select * from {{ source('raw', 'deliveries') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
)

select
    case when deliveries.state = 'failed' then 'FEED-007' else 'FEED-006' end as rule_id,
    'delivery' as subject_type,
    deliveries.file as subject_id,
    null::varchar as citizen_key,
    null::varchar as facility_code,
    deliveries.delivery_date::timestamptz as first_held_at,
    {{ evidence_json({
        'feed': 'deliveries.feed',
        'reason': 'deliveries.reason_code',
        'records': 'deliveries.records',
        'loaded': 'deliveries.loaded',
        'rejected': 'deliveries.rejected',
    }) }} as evidence,
    'data_engineer' as owner_code
from deliveries
cross join run_context
where
    deliveries.delivery_date <= run_context.known_as_of::date
    and (
        deliveries.state = 'failed'
        or (
            deliveries.state = 'loaded'
            and deliveries.records is distinct from deliveries.loaded + deliveries.rejected
        )
    )
