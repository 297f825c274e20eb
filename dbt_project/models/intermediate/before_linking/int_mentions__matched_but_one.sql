{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id'},
    pre_hook=["{{ hold_changed('compared_mention') }}"]
) }}

{% set twins_differ_in = "'one_letter', 'middle', 'missing'" %}

with

mentions as not materialized (
    select mentions.*
    from {{ ref('int_mentions') }} as mentions
    {{ only_changed('mentions.mention_id') }}
),

citizens as not materialized (
    select * from {{ ref('int_citizens__current') }}
),

-- The number alone is never enough: a random slip in its last six digits hits another living person
-- with p = 5-8 %. Name or birth date must be confirmed, and one field at most contradict.
confirmed as (
    select *
    from {{ ref('int_mentions__id_compared') }} as compared
    {{ only_changed('compared.mention_id') }}
    where
        is_clear
        and fields_not_same > 0
        and not is_dead_before
        and case
            when {{ name_agrees('compared') }} and birth_difference = 'same' then true
            when sex_difference = 'other' then false
            when {{ name_agrees('compared') }} and birth_difference <> 'other' then true
            when name_difference = 'same' then true
            when {{ name_slips('compared') }} then birth_difference in ('same', 'year_only')
            else birth_difference = 'same' and name_difference in ({{ twins_differ_in }})
        end
),

-- Another given name, another middle name, or none: the number may be a twin's.
twin_suspects as (
    select
        confirmed.mention_id,
        confirmed.citizen_id,
        confirmed.is_unit_same,
        confirmed.is_phone_same,
        confirmed.name_difference,
        holders.name_key as holders_name_key,
        mentions.name_key,
        mentions.birth_on,
        mentions.phone,
        mentions.unit_code
    from confirmed
    inner join mentions on confirmed.mention_id = mentions.mention_id
    inner join citizens as holders on confirmed.citizen_id = holders.citizen_id
    where
        confirmed.name_difference in ({{ twins_differ_in }})
        and not {{ name_slips('confirmed') }}
),

{%- set rivals = [
    'twin_suspects.phone = citizens.phone',
    'twin_suspects.unit_code = citizens.current_unit_code',
    'twin_suspects.unit_code = citizens.permanent_unit_code',
] %}

twins as (
    -- Somebody of the household or commune, born that day, whose name is as near as the holder's.
    {%- for rival in rivals %}
    select twin_suspects.mention_id
    from twin_suspects
    inner join citizens on twin_suspects.birth_on = citizens.birth_on and {{ rival }}
    where
        twin_suspects.citizen_id <> citizens.citizen_id
        and (
            twin_suspects.name_key is null
            or damerau_levenshtein(twin_suspects.name_key, citizens.name_key)
            <= damerau_levenshtein(twin_suspects.name_key, twin_suspects.holders_name_key)
        )
    union all
    {%- endfor %}
    -- Nobody there to ask: neither household nor commune is the holder's.
    select mention_id
    from twin_suspects
    where not is_unit_same and not is_phone_same
),

namesakes as (
    -- The birth date differs and a namesake has exactly the mention's: the number may be wrong.
    select confirmed.mention_id
    from confirmed
    inner join mentions on confirmed.mention_id = mentions.mention_id
    inner join citizens
        on
            mentions.birth_on = citizens.birth_on
            and mentions.name_key = citizens.name_key
            and confirmed.citizen_id <> citizens.citizen_id
    where confirmed.birth_difference not in ('same', 'missing')
)

select
    confirmed.mention_id,
    confirmed.citizen_id,
    to_json({
        'id': case when is_previous then 'previous' else 'same' end,
        'name': name_difference,
        'birth': birth_difference,
        'sex': sex_difference
    })::varchar as evidence
from confirmed
anti join twins on confirmed.mention_id = twins.mention_id
anti join namesakes on confirmed.mention_id = namesakes.mention_id
