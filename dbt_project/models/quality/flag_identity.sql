{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}},
    pre_hook=["{{ note_mentions_to_examine() }}", "{{ hold_changed('examined_mention') }}"]
) }}

with

mentions as not materialized (
    select * from {{ ref('int_mentions') }}
),

verified as not materialized (
    select * from {{ ref('int_mentions__verified') }}
),

shared as (
    select * from {{ ref('int_mentions__sharing_number') }}
),

persons as (
    select
        citizen_key,
        unit_code
    from {{ ref('int_persons') }}
),

citizens as (
    select
        citizen_id,
        deceased_on
    from {{ ref('int_citizens__current') }}
    where deceased_on is not null
),

doses as not materialized (
    select doses.*
    from {{ ref('int_doses__deduplicated') }} as doses
    {{ only_changed('doses.mention_id') }}
),

provinces as (
    select cccd_prefix from {{ ref('provinces') }}
),

countries as (
    select * from {{ rule_pack('cccd_country_prefixes') }}
),

ranges as (
    select * from {{ rule_pack('id_ranges_issued_twice') }}
),

junk as (
    select distinct name_key from {{ rule_pack('junk_names') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

rules as (
    select
        rule_id,
        owner
    from {{ ref('rules') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

prefixes as (
    select cccd_prefix as prefix from provinces
    union
    select {{ each_of('range(prefix_from::integer, prefix_to::integer + 1)') }}::varchar
    from countries
),

-- Whom and what the mentions examined lead to; where the table is made anew, that is everyone.
examined as (
    select
        verified.citizen_key,
        mentions.phone
    from mentions
    {{ only_changed('mentions.mention_id') }}
    inner join verified on mentions.mention_id = verified.mention_id
),

-- Put aside where the table is kept: else mentions of everybody are joined before they are narrowed.
of_examined as {{ held_once() }} (
    select
        verified.mention_id,
        verified.citizen_key
    from verified
    {{ only_among('examined', 'citizen_key', of='verified') }}
),

numbered as not materialized (
    select
        of_examined.citizen_key,
        mentions.id_number,
        mentions.id_type
    from mentions
    inner join of_examined on mentions.mention_id = of_examined.mention_id
    where mentions.id_type <> 'INVALID'
),

-- Most people have one number: only those of the others are counted.
of_several_numbers as (
    select citizen_key
    from numbered
    group by citizen_key
    having min(id_number) <> max(id_number)
),

several_numbers as (
    select
        numbered.citizen_key,
        count(distinct numbered.id_number) as numbers,
        string_agg(distinct numbered.id_type, ' ' order by numbered.id_type) as id_types
    from numbered
    semi join of_several_numbers on numbered.citizen_key = of_several_numbers.citizen_key
    group by numbered.citizen_key
),

between_citizens as (
    -- Under review, and the next citizen fits nearly as well as the best.
    select
        mention_id,
        json_array_length(evidence) as citizens,
        json_extract(evidence, '$[0].match_weight')::double
        - json_extract(evidence, '$[1].match_weight')::double as bits_apart
    from {{ ref('int_mentions__linked') }}
    where decision = 'REVIEW' and method = 'splink' and json_array_length(evidence) > 1
),

buried as (
    -- Linked to nobody, because the one who fits best was dead by then.
    select
        mention_id,
        candidate_citizen_id
    from {{ ref('int_mentions__linked') }}
    where contains(vetoes, 'dead_before_injection')
),

dead as (
    select
        doses.mention_id,
        citizens.deceased_on,
        min(doses.injected_on) as injected_on,
        min(coalesce(doses.entered_at, doses.delivery_date::timestamptz)) as held_at
    from doses
    left join buried on doses.mention_id = buried.mention_id
    inner join citizens
        on coalesce(doses.citizen_id, buried.candidate_citizen_id) = citizens.citizen_id
    where doses.injected_on > citizens.deceased_on
    group by all
),

-- A phone has no more people than mentions: only where those are many are people counted.
busy_phones as (
    select mentions.phone
    from mentions
    {{ only_among('examined', 'phone', of='mentions') }}
    where mentions.phone is not null
    group by mentions.phone
    having count(*) > {{ setting('phone_people_limit') }}
),

crowded_phones as (
    select
        mentions.phone,
        count(distinct verified.citizen_key) as people
    from mentions
    semi join busy_phones on mentions.phone = busy_phones.phone
    inner join verified on mentions.mention_id = verified.mention_id
    group by mentions.phone
    having count(distinct verified.citizen_key) > {{ setting('phone_people_limit') }}
),

read as (
    select
        mentions.mention_id,
        mentions.name_key,
        mentions.name_exact_key,
        mentions.id_number,
        mentions.id_type,
        mentions.sex,
        mentions.birth_year,
        mentions.birth_first_on,
        mentions.phone,
        mentions.first_recorded_at,
        mentions.entered_by_facility_code,
        verified.citizen_key,
        verified.registry_reason,
        verified.name_difference,
        verified.birth_difference,
        verified.sex_difference,
        -- TT 07/2016/TT-BCA: digit 4 is century and sex, digits 5 and 6 the year of birth.
        case when mentions.id_type = 'CCCD' then left(mentions.id_number, 3) end as prefix,
        case when mentions.id_type = 'CCCD' then substr(mentions.id_number, 4, 1)::integer end
            as sign,
        case when mentions.id_type = 'CCCD' then substr(mentions.id_number, 5, 2)::integer end
            as sign_year,
        {{ completed_years('mentions.birth_first_on', 'mentions.first_recorded_at::date') }}
            as oldest_age,
        (verified.name_difference not in ('same', 'missing'))::integer
        + (verified.birth_difference not in ('same', 'missing'))::integer
        + (verified.sex_difference not in ('same', 'missing'))::integer as differences
    from mentions
    {{ only_changed('mentions.mention_id') }}
    inner join verified on mentions.mention_id = verified.mention_id
),

{%- set differs = {
    'name': 'read.name_difference',
    'birth': 'read.birth_difference',
    'sex': 'read.sex_difference',
} %}
{%- set other_sex = "(read.sign % 2 = 1) <> (read.sex = 'F')" %}
{%- set other_century = 'read.sign // 2 + 19 <> read.birth_year // 100' %}

judged as (
    select
        read.mention_id,
        read.citizen_key,
        read.entered_by_facility_code,
        read.first_recorded_at,
        dead.held_at as dead_since,
        ladder.chain_commune_police as police,
        {{ all_raised([
            raised('ID-001', 'read.id_number is null'),
            raised(
                'ID-002', "read.id_type = 'INVALID'", {'length': 'length(read.id_number)'}
            ),
            raised(
                'ID-003', other_sex ~ ' or ' ~ other_century,
                {'sex': other_sex, 'century': other_century}
            ),
            raised('ID-004', 'read.sign_year <> read.birth_year % 100'),
            raised(
                'ID-005', 'read.prefix is not null and prefixes.prefix is null',
                {'prefix': 'read.prefix'}
            ),
            raised('ID-006', 'ranges.id_from is not null'),
            raised(
                'ID-007',
                "read.id_type = 'CMND' and read.oldest_age < " ~ setting('cmnd_min_age_years'),
                {'oldest_age': 'read.oldest_age'}
            ),
            raised(
                'ID-008', 'shared.other_people is not null',
                {'other_people': 'shared.other_people'}
            ),
            raised(
                'ID-010',
                "read.id_type in ('CCCD', 'CMND') and read.registry_reason = 'ID_NOT_FOUND'",
                {'id_type': 'read.id_type'}
            ),
            raised(
                'ID-011',
                "read.differences = 1 and read.name_difference not in ('same', 'missing')", differs
            ),
            raised(
                'ID-012',
                "read.differences = 1 and read.birth_difference not in ('same', 'missing')", differs
            ),
            raised(
                'ID-013',
                "read.differences = 1 and read.sex_difference not in ('same', 'missing')", differs
            ),
            raised('ID-014', 'read.differences > 1', differs),
            raised(
                'ID-015',
                'between_citizens.bits_apart < ' ~ setting('id_candidates_bits_apart'),
                {
                    'citizens': 'between_citizens.citizens',
                    'bits_apart': 'round(between_citizens.bits_apart, 1)',
                }
            ),
            raised(
                'ID-016', 'read.id_number is not null and several_numbers.numbers is not null',
                {'numbers': 'several_numbers.numbers', 'id_types': 'several_numbers.id_types'}
            ),
            raised(
                'ID-017', 'dead.mention_id is not null',
                {'deceased_on': 'dead.deceased_on', 'injected_on': 'dead.injected_on'}
            ),
            raised(
                'ID-018', 'crowded_phones.phone is not null', {'people': 'crowded_phones.people'}
            ),
            raised(
                'ID-019',
                'junk.name_key is not null'
                ~ " or regexp_matches(read.name_exact_key, '[^\\p{L}\\p{M} ''’ʼ.-]')"
                ~ ' or ' ~ is_test_name('read.name_key') ~ ' or ' ~ is_cut_name('read.name_key'),
                {'kind': "case when junk.name_key is not null then 'junk'"
                ~ ' when ' ~ has_digits('read.name_key') ~ " then 'digits'"
                ~ ' when ' ~ is_test_name('read.name_key') ~ " then 'test'"
                ~ ' when ' ~ is_cut_name('read.name_key') ~ " then 'cut' else 'signs' end"}
            ),
            raised(
                'ID-020',
                'read.name_key is null or read.sex is null or read.birth_first_on is null'
                ~ ' or read.id_number is null',
                {
                    'name': 'read.name_key is null',
                    'sex': 'read.sex is null',
                    'birth': 'read.birth_first_on is null',
                    'id': 'read.id_number is null',
                }
            ),
        ]) }}
    from read
    inner join persons on read.citizen_key = persons.citizen_key
    left join ladder on persons.unit_code = ladder.ladder_key
    left join prefixes on read.prefix = prefixes.prefix
    left join ranges
        on
            read.id_type = ranges.id_type
            and read.id_number >= ranges.id_from
            and read.id_number <= ranges.id_to
    left join junk on read.name_key = junk.name_key
    left join shared on read.mention_id = shared.mention_id
    left join several_numbers on read.citizen_key = several_numbers.citizen_key
    left join between_citizens on read.mention_id = between_citizens.mention_id
    left join dead on read.mention_id = dead.mention_id
    left join crowded_phones on read.phone = crowded_phones.phone
),

flagged as (
    select
        mention_id,
        citizen_key,
        entered_by_facility_code,
        first_recorded_at,
        dead_since,
        police,
        {{ each_of('findings_raised') }} as finding
    from judged
    where is_flagged
)

select
    {{ field_of('flagged.finding', 'rule_id') }} as rule_id,
    'mention' as subject_type,
    {{ key_text('flagged.mention_id') }} as subject_id,
    flagged.citizen_key,
    flagged.entered_by_facility_code as facility_code,
    case
        when {{ field_of('flagged.finding', 'rule_id') }} = 'ID-017' then flagged.dead_since
        else flagged.first_recorded_at
    end as first_held_at,
    {{ field_of('flagged.finding', 'evidence') }} as evidence,
    case
        when rules.owner = 'commune_police'
            then coalesce(flagged.police, flagged.entered_by_facility_code)
        else coalesce(flagged.entered_by_facility_code, flagged.police)
    end as owner_code
from flagged
left join rules on {{ field_of('flagged.finding', 'rule_id') }} = rules.rule_id
