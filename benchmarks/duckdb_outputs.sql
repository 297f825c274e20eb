-- The five outputs in DuckDB: text as delivered, each spelling read once, then joins and windows.
-- A line `-- step: name` begins a step; $input, $seeds, $pack and $out are filled in before.

-- step: load
create temp table vaccine_aliases as from read_csv('$seeds/normalization/vaccine_aliases.csv', all_varchar = true);
create temp table dose_labels as from read_csv('$seeds/normalization/dose_labels.csv', all_varchar = true);
create temp table sex_labels as from read_csv('$seeds/normalization/sex_labels.csv', all_varchar = true);
create temp table communes as from read_csv('$seeds/normalization/communes.csv', all_varchar = true);
create temp table dose_intervals as
select
    vaccine_code,
    primary_dose_no::integer as primary_dose_no,
    label_minimum_days::integer - grace_days::integer as minimum_days,
    valid_from::date as valid_from,
    valid_to::date as valid_to
from read_csv('$seeds/rule_pack/dose_intervals.csv', all_varchar = true)
where pack = '$pack';
create temp table settings as
select max(value::integer) as window_days
from read_csv('$seeds/rule_pack/rule_settings.csv', all_varchar = true)
where pack = '$pack' and setting = 'duplicate_window_days';
create temp table raw_doses as
select * replace (sequence::bigint as sequence)
from read_csv('$input/doses-*.csv', all_varchar = true, header = true);
create temp table raw_citizens as
select * replace (sequence::bigint as sequence)
from read_csv('$input/citizens-*.csv', all_varchar = true, header = true);
create temp table raw_facilities as
select * replace (sequence::bigint as sequence)
from read_csv('$input/facilities-*.csv', all_varchar = true, header = true);

-- step: typed_doses
create temp macro words(text) as
    trim(regexp_replace(translate(strip_accents(lower(text)), 'đ', 'd'), '[^a-z0-9]+', ' ', 'g'));
create temp macro folded(text) as replace(words(text), ' ', '');
create temp macro squeezed(text) as regexp_replace(upper(text), '[^A-Z0-9]', '', 'g');
create temp macro wall_clock(milliseconds) as
    date_trunc('second', make_timestamp_ms(milliseconds::bigint + 7 * 3600000));
create temp macro instant_of(text, day) as
    case
        when length(text) = 19 then day + try_cast(substr(text, 12) as time)
        when length(text) = 10 then day::timestamp
        when regexp_full_match(text, '[0-9]{13}') then wall_clock(text)
    end;
create temp macro record_id_of(system, record_id) as coalesce(trim(system), 'platform') || ':' || trim(record_id);
-- Zeros that a sheet dropped are put back where century, sex and birth year of the number agree.
create temp macro id_of(number, sex, birth_year) as
    case
        when regexp_full_match(number, '[0-9]{12}|[0-9]{9}|[A-Z][0-9]{7,8}') then number
        when
            regexp_full_match(number, '[1-9][0-9]{9,10}')
            and substr(lpad(number, 12, '0'), 4, 3)
            = ((birth_year // 100 - 19) * 2 + case sex when 'M' then 0 when 'F' then 1 end)::varchar
            || lpad((birth_year % 100)::varchar, 2, '0')
            then lpad(number, 12, '0')
    end;
create temp table days as
select
    typed,
    case
        when regexp_full_match(typed, '[0-9]{2}/[0-9]{2}/[0-9]{4}') then try_strptime(typed, '%d/%m/%Y')
        when regexp_full_match(typed, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then try_strptime(typed, '%Y-%m-%d')
    end::date as day
from (
    select left(trim(injected_at), 10) as typed from raw_doses
    union
    select left(trim(entered_at), 10) from raw_doses
) as spelling
where typed like '%/%/%' or typed like '%-%-%';
create temp table birth_spellings as
select
    typed,
    case
        when regexp_full_match(trim(typed), '[0-9]{4}(-..-..)?') then left(trim(typed), 4)::integer
        when regexp_full_match(trim(typed), '../../[0-9]{4}') then right(trim(typed), 4)::integer
        when regexp_full_match(trim(typed), '-?[0-9]{7,13}')
            then year(make_timestamp_ms(typed::bigint + 8 * 3600000))
    end as birth_year
from (
    select date_of_birth as typed from raw_doses
    union
    select date_of_birth from raw_citizens
) as spelling;
create temp table vaccine_spellings as
select
    spelling.typed,
    aliases.vaccine_code
from (
    select
        vaccine_name as typed,
        regexp_replace(
            regexp_replace(
                folded(vaccine_name), '(^|[^o])(vaccine|vaccin|vacxin|vacin|vaxin)', '\1', 'g'
            ),
            'covid19|^covid', '', 'g'
        ) as alias_key
    from raw_doses
    group by vaccine_name
) as spelling
inner join vaccine_aliases as aliases on spelling.alias_key = aliases.alias_key;
create temp table label_spellings as
select
    spelling.typed,
    dose_labels.dose_type,
    dose_labels.dose_no::integer as dose_no
from (
    select
        dose_label as typed,
        regexp_replace(folded(dose_label), '(^|[a-z])0+([0-9])', '\1\2', 'g') as label_key
    from raw_doses
    group by dose_label
) as spelling
inner join dose_labels on spelling.label_key = dose_labels.label_key;
create temp table sex_spellings as
select
    spelling.typed,
    sex_labels.sex
from (
    select sex as typed from raw_doses
    union
    select sex from raw_citizens
) as spelling
inner join sex_labels on folded(spelling.typed) = sex_labels.sex_label;
-- Few records have several versions: only those are sorted.
create temp table superseded as
with repeated as (
    select record_id_of(source_system, source_record_id) as record_id
    from raw_doses
    group by all
    having count(*) > 1
)
select raw_doses.sequence
from raw_doses
inner join repeated on record_id_of(source_system, source_record_id) = repeated.record_id
left join days on left(trim(raw_doses.entered_at), 10) = days.typed
qualify row_number() over (
    partition by repeated.record_id
    order by instant_of(trim(raw_doses.entered_at), days.day) desc nulls last, raw_doses.sequence desc
) > 1;
create temp view doses as
select
    record_id_of(doses.source_system, doses.source_record_id) as record_id,
    case
        when injection.typed is not null then injection.day
        when regexp_full_match(trim(doses.injected_at), '[0-9]{13}') then wall_clock(doses.injected_at)::date
    end as injected_on,
    instant_of(trim(doses.entered_at), entry.day) as entered_at,
    vaccine_spellings.vaccine_code,
    label_spellings.dose_type,
    label_spellings.dose_no,
    coalesce(trim(doses.facility_code), trim(doses.entered_by_facility_code)) as facility_code,
    case
        when regexp_full_match(doses.id_number, '[0-9]{12}') then doses.id_number
        else id_of(squeezed(doses.id_number), sex_spellings.sex, birth_spellings.birth_year)
    end as id_number,
    doses.full_name,
    birth_spellings.birth_year,
    sex_spellings.sex
from raw_doses as doses
anti join superseded on doses.sequence = superseded.sequence
left join days as injection on left(trim(doses.injected_at), 10) = injection.typed
left join days as entry on left(trim(doses.entered_at), 10) = entry.typed
left join birth_spellings on doses.date_of_birth = birth_spellings.typed
left join vaccine_spellings on doses.vaccine_name = vaccine_spellings.typed
left join label_spellings on doses.dose_label = label_spellings.typed
left join sex_spellings on doses.sex = sex_spellings.typed
where lower(trim(doses.action)) is distinct from 'delete';

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
