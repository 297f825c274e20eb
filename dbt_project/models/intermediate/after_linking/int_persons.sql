{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key', 'notes': {'history': 'citizen_key'}},
    pre_hook=["{{ note_persons_told_otherwise() }}", "{{ hold_changed('person') }}"]
) }}


with

verified as {{ held_once() }} (
    select verified.*
    from {{ ref('int_mentions__verified') }} as verified
    {{ only_changed('verified.citizen_key') }}
),

mentions as not materialized (
    select * from {{ ref('int_mentions') }}
),

citizens as not materialized (
    select * from {{ ref('int_citizens__current') }}
),

communes as (
    select * from {{ ref('communes') }}
),

-- Most people have one mention: only the others are sorted.
repeated as materialized (
    select citizen_key
    from verified
    group by citizen_key
    having count(*) > 1
),

spoken_for as not materialized (
    -- One mention speaks for the person: what the platform holds (doses) before what a complaint
    -- says, a usable number before none, then the latest entry, as corrections come last.
    select verified.*
    from verified
    semi join repeated on verified.citizen_key = repeated.citizen_key
    qualify row_number() over (
        partition by verified.citizen_key
        order by
            verified.dose_records > 0 desc,
            verified.has_no_usable_id asc,
            verified.last_recorded_at desc,
            verified.mention_id asc
    ) = 1
    union all by name
    select verified.*
    from verified
    anti join repeated on verified.citizen_key = repeated.citizen_key
),

answers as (
    select
        citizen_key,
        arg_max(answer_status, (decided_at, result_id)) as answer_status,
        arg_max(coalesce(answer_reason, ''), (decided_at, result_id)) as answer_reason
    from verified
    where answer_status is not null
    group by citizen_key
),

totals as (
    select
        citizen_key,
        count(*) as mentions,
        sum(dose_records)::bigint as dose_records
    from verified
    group by citizen_key
),

persons as (
    select
        spoken_for.citizen_key,
        spoken_for.citizen_id,
        spoken_for.mention_id,
        spoken_for.is_foreign,
        spoken_for.is_nothing_sent,
        spoken_for.has_no_usable_id,
        answers.answer_status,
        nullif(answers.answer_reason, '') as answer_reason,
        spoken_for.registry_status,
        spoken_for.registry_reason,
        spoken_for.registry_basis,
        totals.mentions,
        totals.dose_records
    from spoken_for
    inner join totals on spoken_for.citizen_key = totals.citizen_key
    left join answers on spoken_for.citizen_key = answers.citizen_key
)

select
    persons.citizen_key,
    persons.citizen_id,
    {{ verification('persons') }},
    persons.mention_id,
    persons.mentions,
    persons.dose_records,
    mentions.nationality,
    mentions.id_number,
    mentions.id_type,
    mentions.full_name,
    mentions.name_key,
    coalesce(mentions.sex, citizens.sex) as sex,
    -- The registry's birth date for a linked person: ages and eligibility rest on it.
    case when citizens.citizen_id is null then mentions.birth_on else citizens.birth_on end
        as birth_on,
    case
        when citizens.citizen_id is null then mentions.birth_first_on
        else citizens.birth_first_on
    end as birth_first_on,
    case
        when citizens.citizen_id is null then mentions.birth_last_on
        else citizens.birth_last_on
    end as birth_last_on,
    citizens.life_status,
    citizens.deceased_on,
    citizens.hamlet,
    communes.unit_code,
    communes.district_code,
    communes.province_code
from persons
inner join mentions on persons.mention_id = mentions.mention_id
left join citizens on persons.citizen_id = citizens.citizen_id
left join communes
    on
        coalesce(citizens.permanent_unit_code, citizens.current_unit_code, mentions.unit_code)
        = communes.unit_code
