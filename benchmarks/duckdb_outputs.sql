-- The five outputs in DuckDB: raw as text, read once, then joins and windows, as the pipeline does it.
-- A line `-- step: name` begins a step; $input, $seeds, $pack and $out are filled in before.

-- step: load
create table vaccine_aliases as from read_csv('$seeds/normalization/vaccine_aliases.csv', all_varchar = true);
create table dose_labels as from read_csv('$seeds/normalization/dose_labels.csv', all_varchar = true);
create table sex_labels as from read_csv('$seeds/normalization/sex_labels.csv', all_varchar = true);
create table communes as from read_csv('$seeds/normalization/communes.csv', all_varchar = true);
create table dose_intervals as
select
    vaccine_code,
    primary_dose_no::integer as primary_dose_no,
    label_minimum_days::integer - grace_days::integer as minimum_days,
    valid_from::date as valid_from,
    valid_to::date as valid_to
from read_csv('$seeds/rule_pack/dose_intervals.csv', all_varchar = true)
where pack = '$pack';
create table settings as
select max(value::integer) as window_days
from read_csv('$seeds/rule_pack/rule_settings.csv', all_varchar = true)
where pack = '$pack' and setting = 'duplicate_window_days';
create table raw_doses as
select * replace (sequence::bigint as sequence)
from read_csv('$input/doses-*.csv', all_varchar = true, header = true);
create table raw_citizens as
select * replace (sequence::bigint as sequence)
from read_csv('$input/citizens-*.csv', all_varchar = true, header = true);
create table raw_facilities as
select * replace (sequence::bigint as sequence)
from read_csv('$input/facilities-*.csv', all_varchar = true, header = true);

-- step: typed_doses
create macro words(text) as
    trim(regexp_replace(translate(strip_accents(lower(text)), 'đ', 'd'), '[^a-z0-9]+', ' ', 'g'));
create macro folded(text) as replace(words(text), ' ', '');
create macro squeezed(text) as regexp_replace(upper(text), '[^A-Z0-9]', '', 'g');
create macro wall_clock(milliseconds) as
    date_trunc('second', make_timestamp_ms(milliseconds::bigint + 7 * 3600000));
create macro day_of(text) as
    case
        when left(text, 10) like '__/__/____' then try_strptime(left(text, 10), '%d/%m/%Y')::date
        when left(text, 10) like '____-__-__' then try_strptime(left(text, 10), '%Y-%m-%d')::date
        when regexp_full_match(text, '[0-9]{13}') then wall_clock(text)::date
    end;
create macro instant_of(text) as
    case
        when text like '____-__-__ __:__:__' then try_strptime(text, '%Y-%m-%d %H:%M:%S')
        when text like '__/__/____ __:__:__' then try_strptime(text, '%d/%m/%Y %H:%M:%S')
        when length(text) = 10 then day_of(text)::timestamp
        when regexp_full_match(text, '[0-9]{13}') then wall_clock(text)
    end;
create macro birth_year_of(text) as
    case
        when text like '____-__-__' then try_cast(left(text, 4) as integer)
        when text like '__/__/____' then try_cast(right(text, 4) as integer)
        when length(text) = 4 then try_cast(text as integer)
        when regexp_full_match(text, '-?[0-9]{7,13}')
            then year(make_timestamp_ms(text::bigint + 8 * 3600000))
    end;
-- Zeros that a sheet dropped are put back where century, sex and birth year of the number agree.
create macro padded(number) as
    case
        when length(number) = 11 and number similar to '[1-9][0-9]{10}' then '0' || number
        when length(number) = 10 and number similar to '[1-9][0-9]{9}' then '00' || number
    end;
create macro id_of(number, sex, birth_year) as
    case
        when regexp_full_match(number, '[0-9]{12}|[0-9]{9}|[A-Z][0-9]{7,8}') then number
        when
            substr(padded(number), 4, 3)
            = ((birth_year // 100 - 19) * 2 + case sex when 'M' then 0 when 'F' then 1 end)::varchar
            || lpad((birth_year % 100)::varchar, 2, '0')
            then padded(number)
    end;
create table vaccine_spellings as
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
create table label_spellings as
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
create table sex_spellings as
select
    spelling.typed,
    sex_labels.sex
from (
    select sex as typed from raw_doses
    union
    select sex from raw_citizens
) as spelling
inner join sex_labels on folded(spelling.typed) = sex_labels.sex_label;
create table versions as
select
    doses.sequence,
    coalesce(trim(doses.source_system), 'platform') || ':' || trim(doses.source_record_id) as record_id,
    coalesce(lower(trim(doses.action)), 'add') = 'delete' as is_deleted,
    day_of(trim(doses.injected_at)) as injected_on,
    instant_of(trim(doses.entered_at)) as entered_at,
    vaccine_spellings.vaccine_code,
    label_spellings.dose_type,
    label_spellings.dose_no,
    coalesce(trim(doses.facility_code), trim(doses.entered_by_facility_code)) as facility_code,
    id_of(
        squeezed(doses.id_number), sex_spellings.sex, birth_year_of(trim(doses.date_of_birth))
    ) as id_number,
    words(doses.full_name) as name_key,
    birth_year_of(trim(doses.date_of_birth)) as birth_year,
    sex_spellings.sex
from raw_doses as doses
left join vaccine_spellings on doses.vaccine_name = vaccine_spellings.typed
left join label_spellings on doses.dose_label = label_spellings.typed
left join sex_spellings on doses.sex = sex_spellings.typed;
-- Few records have several versions: only those are sorted.
create table doses as
with repeated as (
    select record_id from versions group by record_id having count(*) > 1
)
select * exclude (sequence, is_deleted)
from (
    from versions anti join repeated on versions.record_id = repeated.record_id
    union all
    (
        from versions semi join repeated on versions.record_id = repeated.record_id
        qualify row_number() over (
            partition by record_id order by entered_at desc nulls last, sequence desc
        ) = 1
    )
)
where not is_deleted;

-- step: id_match
create table citizens as
select
    latest.citizen_id,
    latest.previous_ids,
    words(latest.full_name) as name_key,
    birth_year_of(trim(latest.date_of_birth)) as birth_year,
    sex_spellings.sex
from (
    select * replace (trim(citizen_id) as citizen_id)
    from raw_citizens
    qualify row_number() over (partition by trim(citizen_id) order by sequence desc) = 1
) as latest
left join sex_spellings on latest.sex = sex_spellings.typed;
create table holders as
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
    *
from citizens
union all
select
    previous.number,
    'previous' as matched_by,
    citizens.*
from previous
inner join citizens on previous.citizen_id = citizens.citizen_id
anti join citizens as current_ids on previous.number = current_ids.citizen_id;
create table matched as
select
    doses.* exclude (name_key, birth_year, sex),
    holders.citizen_id,
    holders.matched_by,
    case
        when holders.citizen_id is not null then
            case when doses.name_key = holders.name_key then 'N' else '-' end
            || case when doses.birth_year = holders.birth_year then 'B' else '-' end
            || case when doses.sex = holders.sex then 'S' else '-' end
    end as match_class,
    coalesce(holders.citizen_id, doses.id_number) as person
from doses
left join holders on doses.id_number = holders.number;

-- step: duplicates
create table duplicates as
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
create table interval_findings as
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
create table province_table as
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
