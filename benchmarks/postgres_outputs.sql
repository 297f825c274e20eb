-- The outputs in PostgreSQL, from what `postgres_typing.sql` has read: parallel joins, indexes, windows.

-- step: id_match
create unlogged table citizens as
select distinct on (trim(raw_citizens.citizen_id))
    trim(raw_citizens.citizen_id) as citizen_id,
    raw_citizens.previous_ids,
    raw_citizens.full_name,
    birth_year_of(trim(raw_citizens.date_of_birth)) as birth_year,
    sex_spellings.sex
from raw_citizens
left join sex_spellings on raw_citizens.sex = sex_spellings.typed
order by trim(raw_citizens.citizen_id), raw_citizens.sequence desc;
create unique index on citizens (citizen_id);
analyze citizens;
create unlogged table previous as
select
    number,
    min(citizen_id) as citizen_id
from (
    select
        citizen_id,
        squeezed(unnest(string_to_array(replace(previous_ids, ',', ';'), ';'))) as number
    from citizens
    where previous_ids is not null
) as numbers
where number <> ''
group by number
having min(citizen_id) = max(citizen_id);
analyze previous;
create unlogged table holders as
select citizen_id as number, 'current' as matched_by, citizen_id, full_name, birth_year, sex
from citizens
union all
select previous.number, 'previous', citizens.citizen_id, full_name, birth_year, sex
from previous
inner join citizens on previous.citizen_id = citizens.citizen_id
where not exists (select 1 from citizens as held where held.citizen_id = previous.number);
analyze holders;
create unlogged table matched as
select
    typed.record_id,
    typed.injected_on,
    typed.entered_at,
    typed.vaccine_code,
    typed.dose_type,
    typed.dose_no,
    typed.facility_code,
    typed.id_number,
    holders.citizen_id,
    holders.matched_by,
    case
        when holders.citizen_id is not null then
            -- Most names are typed as registered: only the others are folded.
            case
                when typed.full_name = holders.full_name or words(typed.full_name) = words(holders.full_name)
                    then 'N'
                else '-'
            end
            || case when typed.birth_year = holders.birth_year then 'B' else '-' end
            || case when typed.sex = holders.sex then 'S' else '-' end
    end as match_class,
    coalesce(holders.citizen_id, typed.id_number) as person
from typed
left join holders on typed.id_number = holders.number;
create unique index on matched (record_id);
create index on matched (person, injected_on, record_id) include (vaccine_code)
where person is not null and injected_on is not null;
vacuum (analyze) matched;

-- step: duplicates
create unlogged table duplicates as
with pairs as materialized (
    select
        worse.record_id,
        better.record_id as stays_record_id,
        better.entered_at,
        abs(worse.injected_on - better.injected_on) as days_apart
    from matched as worse
    inner join matched as better
        on
            worse.person = better.person
            and worse.vaccine_code = better.vaccine_code
            and worse.record_id <> better.record_id
            and abs(worse.injected_on - better.injected_on) <= (select window_days from settings)
            and (coalesce(better.entered_at, 'infinity'), better.record_id)
            < (coalesce(worse.entered_at, 'infinity'), worse.record_id)
)
select distinct on (pairs.record_id)
    pairs.record_id,
    pairs.stays_record_id,
    pairs.days_apart
from pairs
where not exists (select 1 from pairs as outdone where outdone.record_id = pairs.stays_record_id)
order by pairs.record_id, pairs.entered_at nulls last, pairs.stays_record_id;
create unique index on duplicates (record_id);
analyze duplicates;

-- step: interval_findings
create unlogged table interval_findings as
with history as (
    select
        matched.record_id,
        matched.injected_on,
        row_number() over by_day as place,
        lag(matched.record_id) over by_day as previous_record_id,
        lag(matched.vaccine_code) over by_day as previous_vaccine_code,
        lag(matched.injected_on) over by_day as previous_injected_on
    from matched
    where
        matched.person is not null
        and matched.injected_on is not null
        and not exists (select 1 from duplicates where duplicates.record_id = matched.record_id)
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
create unique index on interval_findings (record_id);
analyze interval_findings;

-- step: province_table
create unlogged table province_table as
with places as (
    select distinct on (trim(facilities.facility_code))
        trim(facilities.facility_code) as facility_code,
        communes.province_code
    from raw_facilities as facilities
    inner join communes on trim(facilities.unit_code) = communes.unit_code
    order by trim(facilities.facility_code), facilities.sequence desc
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
