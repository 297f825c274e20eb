with

reports as (
    select * from {{ ref('administered_latest') }}
),

doses as (
    select * from {{ ref('int_doses__deduplicated') }}
    where is_chosen and injected_on is not null and facility_code is not null
),

places as (
    select * from {{ ref('int_facility_places') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

reported as (
    -- A product's total is as reported, else the sum over its doses; that of all products only as
    -- reported: empty keys mean all and are never added to detail.
    select
        report_date,
        level,
        place_code,
        vaccine_code,
        arg_max(province_code, (reported_at, province_code)) as province_code,
        coalesce(
            max(doses_administered) filter (where is_all_doses),
            sum(doses_administered) filter (where not is_all_doses)
        )::bigint as doses_administered,
        max(reported_at) as reported_at
    from reports
    group by all
    having reports.vaccine_code <> '*' or bool_or(is_all_doses)
),

daily as (
    select
        facility_code,
        vaccine_code,
        injected_on,
        count(*) as doses
    from doses
    group by all
),

placed as (
    select
        places.level,
        places.place_code,
        daily.vaccine_code,
        daily.injected_on,
        sum(daily.doses) as doses
    from daily
    inner join places on daily.facility_code = places.facility_code
    group by places.level, places.place_code, daily.vaccine_code, daily.injected_on
),

counted as (
    select * from placed
    where vaccine_code is not null
    union all
    select
        level,
        place_code,
        '*' as vaccine_code,
        injected_on,
        sum(doses) as doses
    from placed
    group by level, place_code, injected_on
),

recorded as (
    select
        level,
        place_code,
        vaccine_code,
        injected_on as valid_from,
        sum(doses) over place as doses_recorded,
        coalesce(lead(injected_on) over place - 1, date '9999-12-31') as valid_to
    from counted
    window place as (partition by level, place_code, vaccine_code order by injected_on)
),

compared as (
    select
        reported.*,
        coalesce(recorded.doses_recorded, 0)::bigint as doses_recorded,
        coalesce(recorded.doses_recorded, 0) / nullif(reported.doses_administered, 0)
            as completeness,
        row_number() over (
            partition by reported.level, reported.place_code, reported.vaccine_code
            order by reported.report_date desc
        ) = 1 as is_latest
    from reported
    left join recorded
        on
            reported.level = recorded.level
            and reported.place_code = recorded.place_code
            and reported.vaccine_code = recorded.vaccine_code
            and {{ valid_on('recorded', 'reported.report_date') }}
)

select
    level,
    place_code,
    province_code,
    vaccine_code,
    report_date,
    doses_administered,
    doses_recorded,
    completeness,
    -- The trend: against the newest report that is at least a week older.
    last_value(completeness) over (
        partition by level, place_code, vaccine_code order by report_date
        range between unbounded preceding and interval 7 days preceding
    ) as completeness_week_before,
    case
        when completeness < {{ setting('completeness_error') }} then 'INCOMPLETE'
        when completeness < {{ setting('completeness_warn') }} then 'NEARLY_COMPLETE'
        when doses_recorded > doses_administered then 'EXCEEDED'
        else 'COMPLETE'
    end as state,
    is_latest,
    reported_at
from compared
