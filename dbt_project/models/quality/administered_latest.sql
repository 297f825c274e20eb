with

reports as (
    select * from {{ ref('stg_administered_reports') }}
),

meanings as (
    select * from {{ rule_pack('reported_doses') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

known as (
    select
        reports.report_date,
        reports.province_code,
        case
            when reports.facility_code <> '' then 'facility'
            when length(reports.unit_code) = 5 then 'commune'
            when reports.unit_code <> '' then 'district'
            when reports.province_code = 'VN' then 'nation'
            else 'province'
        end as level,
        coalesce(
            nullif(reports.facility_code, ''), nullif(reports.unit_code, ''), reports.province_code
        ) as place_code,
        coalesce(nullif(reports.vaccine_code, ''), '*') as vaccine_code,
        reports.dose_type,
        reports.dose_no,
        -- "Mũi 2" corrected as "2" is the same figure; what can't be read is told apart as typed.
        case
            when reports.dose_no is null then reports.dose_label_typed
            else coalesce(reports.dose_type, 'flat') || ' ' || reports.dose_no
        end as dose_key,
        reports.dose_label_typed = '' as is_all_doses,
        reports.doses_administered,
        coalesce(reports.reported_at, reports.delivery_date::timestamptz) as reported_at
    from reports
    cross join run_context
    where
        reports.delivery_date <= run_context.known_as_of::date
        and coalesce(reports.reported_at, reports.delivery_date::timestamptz) <= run_context.as_of
        and reports.report_date is not null
        and reports.province_code is not null
        and reports.vaccine_code is not null
        and reports.doses_administered is not null
    -- A place may be reported under two areas: it is the same place, and its last figure counts.
    qualify row_number() over (
        partition by
            reports.report_date, level, place_code, reports.vaccine_code, dose_key
        order by
            coalesce(reports.reported_at, reports.delivery_date::timestamptz) desc,
            reports.delivery_date desc, reports.file desc, reports.line desc
    ) = 1
)

select
    known.*,
    -- The ministry's "second" and "third" mix slots: what they count depends on the product.
    case when not known.is_all_doses then coalesce(own.counts_as, of_all.counts_as) end as counts_as
from known
{{ reported_meaning_joins('known.dose_type', 'known.dose_no', 'known.vaccine_code', 'known.report_date') }}
