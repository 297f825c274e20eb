{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id'},
    pre_hook=["{{ hold_changed('compared_mention') }}"]
) }}

with

candidates as (
    select candidates.*
    from {{ ref('int_mentions__candidates') }} as candidates
    {{ only_changed('candidates.mention_id') }}
),

mentions as (
    select
        mention_id,
        id_type,
        has_no_usable_id
    from {{ ref('int_mentions') }}
),

holders as (
    select
        mention_id,
        bool_or(
            name_difference not in ('other', 'missing') or birth_difference in ('same', 'year_only')
        ) as is_agreeing
    from {{ ref('int_mentions__id_compared') }}
    group by mention_id
),

-- No number; or one that speaks for nobody: a CMND the registry does not know (they changed with the
-- province), or the number of somebody who has neither the name nor the birth date.
numberless as (
    select
        mentions.mention_id,
        not mentions.has_no_usable_id and holders.mention_id is null as has_number_of_nobody
    from mentions
    left join holders on mentions.mention_id = holders.mention_id
    where
        case
            when mentions.has_no_usable_id then true
            when holders.mention_id is null then mentions.id_type = 'CMND'
            else not holders.is_agreeing
        end
),

fitting as (
    select
        candidates.*,
        {{ name_agrees('candidates') }}
        and birth_difference = 'same'
        -- A number the registry does not know may be a namesake's whom it does not know either.
        and (is_phone_same or is_unit_same and not numberless.has_number_of_nobody) as is_agreeing,
        (
            {{ name_slips('candidates') }} and birth_difference = 'same'
            or {{ name_agrees('candidates') }} and {{ birth_slips('candidates') }}
        )
        and is_unit_same
        and is_phone_same as is_slipping
    from candidates
    inner join numberless on candidates.mention_id = numberless.mention_id
)

-- One citizen of the commune or the phone (of the phone, with a number of nobody) has name, birth date
-- and sex; with a slip in one of them, of the commune and the phone.
select
    mention_id,
    citizen_id,
    to_json({
        'id': id_difference,
        'name': name_difference,
        'birth': birth_difference,
        'sex': sex_difference,
        'commune': case when is_unit_same then 'same' else 'other' end,
        'phone': case when is_phone_same then 'same' else 'other' end
    })::varchar as evidence
from fitting
qualify
    (is_agreeing or is_slipping)
    and sex_difference = 'same'
    and not is_dead_before
    and count(*) filter (where is_agreeing or is_slipping) over (partition by mention_id) = 1
