-- The outputs in DuckDB, from what `duckdb_typing.sql` has read: joins and windows.

-- step: id_match
create temp table citizens as
select
    latest.citizen_id,
    latest.previous_ids,
    latest.full_name,
    birth_spellings.birth_year,
    sex_spellings.sex
from (
    select * replace (trim(citizen_id) as citizen_id)
    from raw_citizens
    qualify row_number() over (partition by trim(citizen_id) order by sequence desc) = 1
) as latest
left join birth_spellings on latest.date_of_birth = birth_spellings.typed
left join sex_spellings on latest.sex = sex_spellings.typed;
create temp table holders as
with previous as (
    select
        number,
        min(citizen_id) as citizen_id
    from (
        select
            citizen_id,
            squeezed(unnest(string_split(replace(previous_ids, ',', ';'), ';'))) as number
        from citizens
        where previous_ids is not null
    ) as numbers
    where number <> ''
    group by number
    having min(citizen_id) = max(citizen_id)
)
select
    citizen_id as number,
    'current' as matched_by,
    * exclude (previous_ids)
from citizens
union all
select
    previous.number,
    'previous' as matched_by,
    citizens.* exclude (previous_ids)
from previous
inner join citizens on previous.citizen_id = citizens.citizen_id
anti join citizens as current_ids on previous.number = current_ids.citizen_id;
create temp table matched as
select
    doses.* exclude (full_name, birth_year, sex),
    holders.citizen_id,
    holders.matched_by,
    case
        when holders.citizen_id is not null then
            -- Most names are typed as registered: only the others are folded.
            case
                when doses.full_name = holders.full_name then 'N'
                when words(doses.full_name) = words(holders.full_name) then 'N'
                else '-'
            end
            || case when doses.birth_year = holders.birth_year then 'B' else '-' end
            || case when doses.sex = holders.sex then 'S' else '-' end
    end as match_class,
    coalesce(holders.citizen_id, doses.id_number) as person
from doses
left join holders on doses.id_number = holders.number;
drop view doses;
drop table raw_doses;  -- what is no longer needed makes room

-- step: duplicates
create temp table duplicates as
with near as (
    select
        record_id,
        person,
        vaccine_code,
        injected_on,
        entered_at
    from matched
    where person is not null and vaccine_code is not null and injected_on is not null
    window of_product as (partition by person, vaccine_code order by injected_on)
    qualify
        least(
            injected_on - lag(injected_on) over of_product,
            lead(injected_on) over of_product - injected_on
        ) <= (select window_days from settings)
),
preferred as (
    select
        *,
        row_number() over (
            partition by person, vaccine_code order by entered_at nulls last, record_id
        ) as preference
    from near
),
pairs as (
    select
        worse.record_id,
        better.record_id as stays_record_id,
        better.preference,
        abs(worse.injected_on - better.injected_on) as days_apart
    from preferred as worse
    inner join preferred as better
        on
            worse.person = better.person
            and worse.vaccine_code = better.vaccine_code
            and worse.preference > better.preference
            and abs(worse.injected_on - better.injected_on) <= (select window_days from settings)
)
select
    pairs.record_id,
    arg_min(pairs.stays_record_id, pairs.preference) as stays_record_id,
    arg_min(pairs.days_apart, pairs.preference) as days_apart
from pairs
anti join pairs as outdone on pairs.stays_record_id = outdone.record_id
group by pairs.record_id;

-- step: interval_findings
create temp table interval_findings as
with history as (
    select
        matched.record_id,
        matched.injected_on,
        row_number() over by_day as place,
        lag(matched.record_id) over by_day as previous_record_id,
        lag(matched.vaccine_code) over by_day as previous_vaccine_code,
        lag(matched.injected_on) over by_day as previous_injected_on
    from matched
    anti join duplicates on matched.record_id = duplicates.record_id
    where matched.person is not null and matched.injected_on is not null
    window by_day as (partition by matched.person order by matched.injected_on, matched.record_id)
)
select
    history.record_id,
    history.previous_record_id,
    history.previous_vaccine_code,
    history.injected_on - history.previous_injected_on as days,
    dose_intervals.minimum_days
from history
inner join dose_intervals
    on
        history.previous_vaccine_code = dose_intervals.vaccine_code
        and history.place = dose_intervals.primary_dose_no
        and history.injected_on between dose_intervals.valid_from and dose_intervals.valid_to
        and history.injected_on - history.previous_injected_on < dose_intervals.minimum_days;

-- step: province_table
create temp table province_table as
with places as (
    select
        trim(facilities.facility_code) as facility_code,
        arg_max(communes.province_code, facilities.sequence) as province_code
    from raw_facilities as facilities
    inner join communes on trim(facilities.unit_code) = communes.unit_code
    group by trim(facilities.facility_code)
)
select
    places.province_code,
    matched.injected_on,
    count(*) filter (where duplicates.record_id is null) as doses,
    count(*) filter (
        where duplicates.record_id is null and matched.dose_type = 'primary' and matched.dose_no = 1
    ) as first_doses,
    count(*) filter (
        where duplicates.record_id is null and matched.dose_type = 'primary' and matched.dose_no = 2
    ) as second_doses,
    count(duplicates.record_id) as duplicates,
    count(interval_findings.record_id) as interval_findings
from matched
inner join places on matched.facility_code = places.facility_code
left join duplicates on matched.record_id = duplicates.record_id
left join interval_findings on matched.record_id = interval_findings.record_id
where matched.injected_on is not null
group by places.province_code, matched.injected_on;

-- step: written
copy (
    select record_id, injected_on, entered_at, vaccine_code, dose_type, dose_no, facility_code, id_number
    from matched
    order by record_id
) to '$out/typed_doses.csv' (header);
copy (
    select record_id, citizen_id, matched_by, match_class from matched order by record_id
) to '$out/id_match.csv' (header);
copy (from duplicates order by record_id) to '$out/duplicates.csv' (header);
copy (from interval_findings order by record_id) to '$out/interval_findings.csv' (header);
copy (from province_table order by province_code, injected_on) to '$out/province_table.csv' (header);
