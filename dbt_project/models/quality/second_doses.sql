with

reports as (
    select * from {{ ref('administered_latest') }}
    where counts_as = 'later_primary' and vaccine_code <> '*'
),

history as (
    select * from {{ ref('int_doses__sequenced') }}
),

places as not materialized (
    select * from {{ ref('int_facility_places') }}
),

candidates as (
    select * from {{ ref('second_dose_candidates') }}
),

meanings as (
    select * from {{ rule_pack('reported_doses') }}
),

newest as (
    select
        level,
        place_code,
        vaccine_code,
        report_date,
        arg_max(province_code, (reported_at, province_code)) as province_code,
        sum(doses_administered)::bigint as doses_administered,
        max(reported_at) as reported_at
    from reports
    group by level, place_code, vaccine_code, report_date
    qualify row_number() over (
        partition by level, place_code, vaccine_code order by report_date desc
    ) = 1
),

later as (
    -- A second dose whose first is not on record takes the first slot, and is a second dose still; so is
    -- a plain "3" where the ministry counts it as one (Abdala): of other products it is a further dose.
    select
        history.facility_code,
        history.vaccine_code,
        history.injected_on,
        count(*) as doses
    from history
    {{ reported_meaning_joins('null', 'history.label_no', 'history.vaccine_code', 'history.injected_on') }}
    where
        history.slot_type = 'primary'
        and history.facility_code is not null
        and case
            when
                history.slot_differs_because = 'earlier_dose_missing'
                or history.slot_differs_because = 'label_ambiguous'
                and coalesce(own.counts_as, of_all.counts_as) = 'later_primary'
                then greatest(history.slot_no, history.label_no)
            else history.slot_no
        end > 1
    group by all
),

recorded as (
    select
        newest.level,
        newest.place_code,
        newest.vaccine_code,
        sum(later.doses) as doses_recorded
    from later
    inner join places on later.facility_code = places.facility_code
    inner join newest
        on
            places.level = newest.level
            and places.place_code = newest.place_code
            and later.vaccine_code = newest.vaccine_code
            and later.injected_on <= newest.report_date
    group by all
),

overdue as (
    select
        places.level,
        places.place_code,
        candidates.vaccine_code,
        count(*) as people
    from candidates
    inner join places on candidates.facility_code = places.facility_code
    group by all
)

select
    newest.level,
    newest.place_code,
    newest.province_code,
    newest.vaccine_code,
    newest.report_date,
    newest.doses_administered,
    coalesce(recorded.doses_recorded, 0)::bigint as doses_recorded,
    (newest.doses_administered - coalesce(recorded.doses_recorded, 0))::bigint as gap,
    coalesce(overdue.people, 0)::bigint as people_overdue,
    -- How likely one of the overdue is one of those not entered.
    least(
        1.0,
        greatest(newest.doses_administered - coalesce(recorded.doses_recorded, 0), 0)
        / nullif(overdue.people, 0)
    ) as weight,
    newest.reported_at
from newest
left join recorded
    on
        newest.level = recorded.level
        and newest.place_code = recorded.place_code
        and newest.vaccine_code = recorded.vaccine_code
left join overdue
    on
        newest.level = overdue.level
        and newest.place_code = overdue.place_code
        and newest.vaccine_code = overdue.vaccine_code
