with

reports as (
    select * from {{ ref('stg_administered_reports') }}
),

doses as (
    select * from {{ ref('int_doses__deduplicated') }}
    where is_chosen and injected_on is not null and facility_code is not null
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

settings as (
    select * from {{ ref('rule_settings') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

reported as (
    -- Only figures over all products and doses: an empty key means all and is never added to detail.
    select
        reports.report_date,
        reports.province_code,
        reports.unit_code,
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
        reports.doses_administered,
        coalesce(reports.reported_at, reports.delivery_date::timestamptz) as reported_at
    from reports
    cross join run_context
    where
        reports.delivery_date <= run_context.known_as_of::date
        and coalesce(reports.reported_at, reports.delivery_date::timestamptz) <= run_context.as_of
        and reports.vaccine_code = ''
        and reports.dose_label_typed = ''
        and reports.report_date is not null
        and reports.province_code is not null
        and reports.doses_administered is not null
    qualify row_number() over (
        partition by
            reports.report_date, reports.province_code, reports.unit_code, reports.facility_code
        order by
            coalesce(reports.reported_at, reports.delivery_date::timestamptz) desc,
            reports.delivery_date desc, reports.file desc, reports.line desc
    ) = 1
),

daily as (
    select
        facilities.facility_code,
        facilities.unit_code,
        facilities.district_code,
        facilities.province_code,
        doses.injected_on,
        count(*) as doses
    from doses
    inner join facilities on doses.facility_code = facilities.facility_code
    group by all
),

placed as (
    select
        'facility' as level,
        facility_code as place_code,
        injected_on,
        doses
    from daily
    union all
    select
        'commune' as level,
        unit_code as place_code,
        injected_on,
        doses
    from daily
    union all
    select
        'district' as level,
        district_code as place_code,
        injected_on,
        doses
    from daily
    union all
    select
        'province' as level,
        province_code as place_code,
        injected_on,
        doses
    from daily
    union all
    select
        'nation' as level,
        'VN' as place_code,
        injected_on,
        doses
    from daily
),

recorded as (
    select
        level,
        place_code,
        injected_on as valid_from,
        sum(sum(doses)) over place as doses_recorded,
        coalesce(lead(injected_on) over place - 1, date '9999-12-31') as valid_to
    from placed
    group by level, place_code, injected_on
    window place as (partition by level, place_code order by injected_on)
),

compared as (
    select
        reported.*,
        coalesce(recorded.doses_recorded, 0)::bigint as doses_recorded,
        coalesce(recorded.doses_recorded, 0) / nullif(reported.doses_administered, 0)
            as completeness,
        -- One place may be reported under two areas; which is taken must not be chance.
        row_number() over (
            partition by reported.level, reported.place_code
            order by
                reported.report_date desc, reported.reported_at desc,
                reported.province_code asc, reported.unit_code asc
        ) = 1 as is_latest
    from reported
    left join recorded
        on
            reported.level = recorded.level
            and reported.place_code = recorded.place_code
            and {{ valid_on('recorded', 'reported.report_date') }}
)

select
    level,
    place_code,
    province_code,
    report_date,
    doses_administered,
    doses_recorded,
    completeness,
    case
        when completeness < {{ setting('completeness_error') }} then 'INCOMPLETE'
        when completeness < {{ setting('completeness_warn') }} then 'NEARLY_COMPLETE'
        when doses_recorded > doses_administered then 'EXCEEDED'
        else 'COMPLETE'
    end as state,
    is_latest,
    reported_at
from compared
