-- Reading the text in PostgreSQL, by psql: unlogged tables, small look-ups, functions written in place.
-- A line `-- step: name` begins a step; $seeds and $pack are filled in before. Files are copied in and
-- out by `postgres_engine.py`, as many at once as there are cores.

-- step: prepared
create unlogged table raw_doses (
    sequence bigint, source_system text, source_record_id text, action text, entered_at text,
    entered_by_facility_code text, facility_code text, full_name text, date_of_birth text, sex text,
    id_number text, dose_label text, vaccine_name text, injected_at text
);
create unlogged table raw_citizens (
    sequence bigint, citizen_id text, previous_ids text, full_name text, date_of_birth text, sex text
);
create unlogged table raw_facilities (sequence bigint, facility_code text, unit_code text);
create table vaccine_aliases (alias_key text primary key, vaccine_code text, is_ambiguous text, remark text);
create table dose_labels (label_key text primary key, dose_type text, dose_no integer, problem text);
create table sex_labels (sex_label text primary key, sex text, problem text);
create table communes (unit_code text primary key, unit_name text, district_code text, province_code text);
create table all_intervals (
    vaccine_code text, primary_dose_no integer, label_minimum_days integer, grace_days integer,
    expected_min_days integer, expected_max_days integer, source text, pack text, valid_from date,
    valid_to date
);
create table all_settings (
    setting text, value text, source text, pack text, valid_from date, valid_to date
);
\copy vaccine_aliases from '$seeds/normalization/vaccine_aliases.csv' csv header
\copy dose_labels from '$seeds/normalization/dose_labels.csv' csv header
\copy sex_labels from '$seeds/normalization/sex_labels.csv' csv header
\copy communes from '$seeds/normalization/communes.csv' csv header
\copy all_intervals from '$seeds/rule_pack/dose_intervals.csv' csv header
\copy all_settings from '$seeds/rule_pack/rule_settings.csv' csv header
create table dose_intervals as
select
    vaccine_code, primary_dose_no, label_minimum_days - grace_days as minimum_days, valid_from, valid_to
from all_intervals
where pack = '$pack';
create table settings as
select max(value::integer) as window_days
from all_settings
where pack = '$pack' and setting = 'duplicate_window_days';
-- Functions of one expression are written into the queries that call them.
create function words(typed text) returns text immutable parallel safe return
    trim(regexp_replace(
        lower(translate(regexp_replace(normalize(typed, nfd), '[\u0300-\u036f]', '', 'g'), 'đĐ', 'dd')),
        '[^a-z0-9]+', ' ', 'g'
    ));
create function folded(typed text) returns text immutable parallel safe return replace(words(typed), ' ', '');
create function squeezed(typed text) returns text immutable parallel safe return
    case
        when typed ~ '^[0-9]*$$' then typed
        else regexp_replace(upper(typed), '[^A-Z0-9]', '', 'g')
    end;
create function wall_clock(milliseconds text) returns timestamp immutable parallel safe return
    timestamp '1970-01-01' + (milliseconds::bigint / 1000 + 7 * 3600) * interval '1 second';
create function birth_year_of(typed text) returns integer immutable parallel safe return
    case
        when typed ~ '^[0-9]{4}-..-..$$' then left(typed, 4)::integer
        when typed ~ '^../../[0-9]{4}$$' then right(typed, 4)::integer
        when typed ~ '^[0-9]{4}$$' then typed::integer
        when typed ~ '^-?[0-9]{7,13}$$' then
            extract(
                year from timestamp '1970-01-01' + (typed::bigint + 8 * 3600000) * interval '1 millisecond'
            )::integer
    end;
-- Zeros that a sheet dropped are put back where century, sex and birth year of the number agree.
create function id_of(typed text, sex text, birth_year integer) returns text
immutable parallel safe language plpgsql as $$$$
declare
    number text := squeezed(typed);
begin
    if number ~ '^([0-9]{12}|[0-9]{9}|[A-Z][0-9]{7,8})$$' then
        return number;
    elsif
        number ~ '^[1-9][0-9]{9,10}$$'
        and substr(lpad(number, 12, '0'), 4, 3)
        = ((birth_year / 100 - 19) * 2 + case sex when 'M' then 0 when 'F' then 1 end)::text
        || lpad((birth_year % 100)::text, 2, '0')
    then
        return lpad(number, 12, '0');
    end if;
    return null;
end
$$$$;
create function day_or_null(typed text, form text) returns date immutable language plpgsql as
    'begin return to_date(typed, form); exception when others then return null; end';

create function instant_of(typed text, day date) returns timestamp immutable parallel safe return
    case
        when substr(typed, 12) ~ '^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$$'
            then day + substr(typed, 12)::time
        when typed ~ '^[0-9]{13}$$' then wall_clock(typed)
        when length(typed) = 10 then day::timestamp
    end;
create function record_id_of(system text, record_id text) returns text immutable parallel safe return
    coalesce(trim(system), 'platform') || ':' || trim(record_id);

-- step: typed_doses
analyze raw_doses, raw_citizens;
-- Of what is typed in few ways, each spelling is read once.
create unlogged table days as
select
    typed,
    case
        when typed ~ '^[0-9]{2}/[0-9]{2}/[0-9]{4}$$' then day_or_null(typed, 'DD/MM/YYYY')
        when typed ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$$' then day_or_null(typed, 'YYYY-MM-DD')
    end as day
from (
    select left(trim(injected_at), 10) as typed
    from raw_doses
    where length(trim(injected_at)) <> 13
    group by 1
    union
    select left(trim(entered_at), 10)
    from raw_doses
    where length(trim(entered_at)) <> 13
    group by 1
) as spelling;
create unlogged table vaccine_spellings as
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
    from (select distinct vaccine_name from raw_doses) as names
) as spelling
inner join vaccine_aliases as aliases on spelling.alias_key = aliases.alias_key;
create unlogged table label_spellings as
select
    spelling.typed,
    dose_labels.dose_type,
    dose_labels.dose_no
from (
    select
        dose_label as typed,
        regexp_replace(folded(dose_label), '(^|[a-z])0+([0-9])', '\1\2', 'g') as label_key
    from (select distinct dose_label from raw_doses) as labels
) as spelling
inner join dose_labels on spelling.label_key = dose_labels.label_key;
create unlogged table sex_spellings as
select
    spelling.typed,
    sex_labels.sex
from (
    select sex as typed from raw_doses
    union
    select sex from raw_citizens
) as spelling
inner join sex_labels on folded(spelling.typed) = sex_labels.sex_label;
analyze days, vaccine_spellings, label_spellings, sex_spellings;
-- Few records have several versions: only those are sorted.
create unlogged table repeated as
select record_id_of(source_system, source_record_id) as record_id
from raw_doses
group by record_id_of(source_system, source_record_id)
having count(*) > 1;
analyze repeated;
create unlogged table superseded as
select sequence
from (
    select
        raw_doses.sequence,
        row_number() over (
            partition by repeated.record_id
            order by instant_of(trim(raw_doses.entered_at), days.day) desc nulls last, raw_doses.sequence desc
        ) as place
    from repeated
    inner join raw_doses
        on repeated.record_id = record_id_of(raw_doses.source_system, raw_doses.source_record_id)
    left join days on left(trim(raw_doses.entered_at), 10) = days.typed
) as versions
where place > 1;
analyze superseded;
create view typed as
select
    record_id_of(doses.source_system, doses.source_record_id) as record_id,
    case
        when injection.typed is not null then injection.day
        when trim(doses.injected_at) ~ '^[0-9]{13}$$' then wall_clock(doses.injected_at)::date
    end as injected_on,
    instant_of(trim(doses.entered_at), entry.day) as entered_at,
    vaccine_spellings.vaccine_code,
    label_spellings.dose_type,
    label_spellings.dose_no,
    coalesce(trim(doses.facility_code), trim(doses.entered_by_facility_code)) as facility_code,
    case
        when doses.id_number ~ '^[0-9]{12}$$' then doses.id_number
        else id_of(doses.id_number, sex_spellings.sex, birth_year_of(trim(doses.date_of_birth)))
    end as id_number,
    doses.full_name,
    birth_year_of(trim(doses.date_of_birth)) as birth_year,
    sex_spellings.sex
from raw_doses as doses
left join days as injection on left(trim(doses.injected_at), 10) = injection.typed
left join days as entry on left(trim(doses.entered_at), 10) = entry.typed
left join vaccine_spellings on doses.vaccine_name = vaccine_spellings.typed
left join label_spellings on doses.dose_label = label_spellings.typed
left join sex_spellings on doses.sex = sex_spellings.typed
where
    not exists (select 1 from superseded where superseded.sequence = doses.sequence)
    and lower(trim(doses.action)) is distinct from 'delete';
