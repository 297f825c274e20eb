-- Reading the text in DuckDB: as delivered first, then each spelling once.
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
create temp macro day_of(text) as
    case
        when left(text, 10) like '____-__-__' then try_cast(left(text, 10) as date)
        when left(text, 10) like '__/__/____'
            then try_cast(substr(text, 7, 4) || '-' || substr(text, 4, 2) || '-' || left(text, 2) as date)
        when regexp_full_match(text, '[0-9]{13}') then wall_clock(text)::date
    end;
create temp macro instant_of(text) as
    case
        when length(text) = 19 then day_of(text) + try_cast(substr(text, 12) as time)
        when length(text) = 10 then day_of(text)::timestamp
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
qualify row_number() over (
    partition by repeated.record_id
    order by instant_of(trim(raw_doses.entered_at)) desc nulls last, raw_doses.sequence desc
) > 1;
create temp view doses as
select
    record_id_of(doses.source_system, doses.source_record_id) as record_id,
    day_of(trim(doses.injected_at)) as injected_on,
    instant_of(trim(doses.entered_at)) as entered_at,
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
left join birth_spellings on doses.date_of_birth = birth_spellings.typed
left join vaccine_spellings on doses.vaccine_name = vaccine_spellings.typed
left join label_spellings on doses.dose_label = label_spellings.typed
left join sex_spellings on doses.sex = sex_spellings.typed
where lower(trim(doses.action)) is distinct from 'delete';
