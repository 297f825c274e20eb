with

reviews as (
    select * from {{ ref('int_record_reviews__current') }}
),

records as (
    select
        record_id,
        coalesce(entered_by_facility_code, facility_code) as holder_code,
        coalesce(entered_at, delivery_date::timestamptz) as version_at
    from {{ ref('int_doses__current') }}
),

latest as (
    select *
    from reviews
    qualify row_number() over (
        partition by facility_code, record_id
        order by reviewed_at desc, delivery_date desc, file desc, line desc
    ) = 1
)

select
    latest.record_id,
    latest.facility_code,
    latest.reviewed_at,
    latest.outcome,
    case
        when records.record_id is null then 'record_gone'
        when coalesce(latest.facility_code, '') <> coalesce(records.holder_code, '') then 'not_held'
        when coalesce(latest.outcome, '') not in ('confirmed', 'corrected', 'removed') then 'unreadable'
        -- What was looked at is not what stands there now.
        when records.version_at > latest.reviewed_at then 'outdated'
        when latest.outcome = 'removed' then 'removal_awaited'
        else 'counts'
    end as standing
from latest
left join records on latest.record_id = records.record_id
