{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id'},
    pre_hook=["{{ note_mentions_sharing_numbers() }}", "{{ hold_changed('sharing_mention') }}"]
) }}

{% set several_people = 200 %}

with

numbered as not materialized (
    select
        mentions.mention_id,
        mentions.id_number,
        mentions.name_key,
        mentions.birth_first_on,
        mentions.birth_last_on,
        verified.citizen_key
    from {{ ref('int_mentions') }} as mentions
    {{ only_changed('mentions.mention_id') }}
    inner join {{ ref('int_mentions__verified') }} as verified
        on mentions.mention_id = verified.mention_id
    where mentions.id_number is not null and mentions.id_type <> 'INVALID'
),

-- Most numbers are one person's: only the others are looked at pair by pair.
shared_numbers as (
    select id_number
    from numbered
    group by id_number
    having
        min(name_key) <> max(name_key)
        and min(birth_first_on) <> max(birth_first_on)
        and min(citizen_key) <> max(citizen_key)
),

carriers as (
    select
        numbered.id_number,
        numbered.name_key,
        numbered.birth_first_on,
        numbered.birth_last_on,
        numbered.citizen_key,
        count(*) over (partition by numbered.id_number) as carriers
    from numbered
    inner join shared_numbers on numbered.id_number = shared_numbers.id_number
    group by
        numbered.id_number,
        numbered.name_key,
        numbered.birth_first_on,
        numbered.birth_last_on,
        numbered.citizen_key
),

sharing as (
    select
        one.id_number,
        one.name_key,
        one.birth_first_on,
        one.birth_last_on,
        one.citizen_key,
        count(distinct other.citizen_key) as others
    from carriers as one
    inner join carriers as other
        on
            one.id_number = other.id_number
            and one.name_key <> other.name_key
            -- A year alone is no other date than a day of it.
            and (
                one.birth_last_on < other.birth_first_on
                or one.birth_first_on > other.birth_last_on
            )
            and one.citizen_key <> other.citizen_key
    where one.carriers <= {{ several_people }}
    group by all
    union all
    -- A number with hundreds of carriers is a filler typed by a facility: pairs would explode.
    select
        id_number,
        name_key,
        birth_first_on,
        birth_last_on,
        citizen_key,
        carriers - 1 as others
    from carriers
    where carriers > {{ several_people }}
)

select
    numbered.mention_id,
    sharing.others as other_people
from numbered
inner join sharing
    on
        numbered.id_number = sharing.id_number
        and numbered.name_key = sharing.name_key
        and numbered.birth_first_on = sharing.birth_first_on
        and numbered.birth_last_on = sharing.birth_last_on
        and numbered.citizen_key = sharing.citizen_key
