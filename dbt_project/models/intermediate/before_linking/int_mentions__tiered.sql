with

mentions as (
    select
        *,
        string_split(name_key, ' ')[1] as family_name,
        string_split(name_key, ' ')[-1] as given_name,
        nationality is not null and nationality <> 'VN' and id_type = 'PASSPORT' as is_foreign,
        id_number is null or id_type in ('INVALID', 'PASSPORT') as has_no_usable_id
    from {{ ref('int_mentions') }}
),

citizens as (
    select
        *,
        string_split(name_key, ' ')[1] as family_name,
        string_split(name_key, ' ')[-1] as given_name
    from {{ ref('int_citizens__current') }}
),

id_compared as (
    select * from {{ ref('int_mentions__id_compared') }}
),

not_comparable as (
    -- Nobody in the registry can be found by what these say, or should be.
    select
        mention_id,
        case when is_foreign then 'foreign_passport' else 'nothing_to_compare' end as reason
    from mentions
    where
        is_foreign
        or name_key is null and has_no_usable_id
        or birth_first_on is null and phone is null and has_no_usable_id
),

-- Tier 1: by number. The number alone is never enough: a random typo in the last six digits hits
-- another living person with p = 5-8 % (domain 3.1), so name or birth date must agree as well.
by_number as (
    select *
    from id_compared
    where
        (name_difference = 'same' or birth_difference = 'same')
        and fields_conflicting <= 1
        -- Another name, or another sex, needs everything else to agree.
        and (name_difference <> 'other' or birth_difference = 'same' and sex_difference = 'same')
        and (sex_difference <> 'other' or name_difference = 'same' and birth_difference = 'same')
),

clear_number as (
    -- Two citizens may carry one number (271450001-271500000, or an older number): the one who
    -- agrees more, if there is only one such.
    select *
    from (
        select
            *,
            rank() over (partition by mention_id order by fields_not_same) as place
        from by_number
    ) as ranked
    where place = 1
    qualify count(*) over (partition by mention_id) = 1
),

twins as (
    -- Same birth date, another given name, and somebody else born that day bears the mention's
    -- names: the number may be the twin's. Left to Splink, which sees commune and phone too.
    select distinct clear_number.mention_id
    from clear_number
    inner join mentions on clear_number.mention_id = mentions.mention_id
    inner join citizens
        on
            mentions.birth_on = citizens.birth_on
            and mentions.given_name = citizens.given_name
            and mentions.family_name = citizens.family_name
            and clear_number.citizen_id <> citizens.citizen_id
    where
        clear_number.is_given_name_other
        and clear_number.name_difference in ('accents', 'one_letter', 'order', 'other')
),

namesakes as (
    -- The birth date differs and a namesake has exactly the mention's date: the number may be wrong.
    select distinct clear_number.mention_id
    from clear_number
    inner join mentions on clear_number.mention_id = mentions.mention_id
    inner join citizens
        on
            mentions.birth_on = citizens.birth_on
            and mentions.name_exact_key = citizens.name_exact_key
            and clear_number.citizen_id <> citizens.citizen_id
    where clear_number.birth_difference not in ('same', 'missing')
),

linked_by_number as (
    select
        clear_number.mention_id,
        clear_number.citizen_id,
        case
            when fields_not_same > 0 then 'id_one_difference'
            when is_previous then 'previous_id'
            else 'exact'
        end as method,
        to_json({
            'id': case when is_previous then 'previous' else 'same' end,
            'name': name_difference,
            'birth': birth_difference,
            'sex': sex_difference
        })::varchar as evidence
    from clear_number
    anti join twins on clear_number.mention_id = twins.mention_id
    anti join namesakes on clear_number.mention_id = namesakes.mention_id
),

-- Tier 2: no usable number, and one citizen of the commune has this name, birth date and sex.
residents as (
    select
        name_key,
        birth_on,
        sex,
        unit_code,
        min(citizen_id) as citizen_id,
        min(name_exact_key) as name_exact_key
    from (
        select
            citizen_id,
            name_key,
            name_exact_key,
            birth_on,
            sex,
            unnest(
                list_distinct([permanent_unit_code, coalesce(current_unit_code, permanent_unit_code)])
            ) as unit_code
        from citizens
        where birth_on is not null and name_key is not null
    ) as living_in
    where unit_code is not null
    group by name_key, birth_on, sex, unit_code
    -- Unique without accents too: "Hoa" and "Hòa" born on one day are not told apart by a clerk.
    having count(*) = 1
),

linked_by_person as (
    select
        mentions.mention_id,
        residents.citizen_id,
        'no_id_unique' as method,
        to_json({
            'id': 'missing', 'name': 'same', 'birth': 'same', 'sex': 'same', 'commune': 'same'
        })::varchar as evidence
    from mentions
    inner join residents
        on
            mentions.name_key = residents.name_key
            and mentions.name_exact_key = residents.name_exact_key
            and mentions.birth_on = residents.birth_on
            and mentions.sex = residents.sex
            and mentions.unit_code = residents.unit_code
    where mentions.has_no_usable_id and not mentions.is_foreign
)

select
    mention_id,
    citizen_id,
    'LINKED' as decision,
    method,
    1.0::double as score,
    evidence
from linked_by_number
union all
select
    mention_id,
    citizen_id,
    'LINKED' as decision,
    method,
    1.0::double as score,
    evidence
from linked_by_person
union all
select
    mention_id,
    null as citizen_id,
    'UNLINKED' as decision,
    'none' as method,
    null::double as score,
    to_json({'reason': reason})::varchar as evidence
from not_comparable
anti join linked_by_number on not_comparable.mention_id = linked_by_number.mention_id
