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

-- The number as typed is somebody's, and name or birth date are theirs as well: two sure numbers.
held as (
    select mention_id
    from {{ ref('int_mentions__id_compared') }}
    where name_difference not in ('other', 'missing') or birth_difference in ('same', 'year_only')
),

fitting as (
    select
        candidates.*,
        {{ name_agrees('candidates') }} and birth_difference = 'same' as is_agreeing,
        id_difference = 'one_edit'
        and sex_difference <> 'other'
        and not is_dead_before
        and (
            {{ name_agrees('candidates') }} and birth_difference = 'same'
            or (
                {{ name_slips('candidates') }} and birth_difference = 'same'
                or {{ name_agrees('candidates') }} and {{ birth_slips('candidates') }}
            ) and (is_unit_same or is_phone_same)
        ) as is_fitting
    from candidates
    anti join held on candidates.mention_id = held.mention_id
)

-- One citizen fits, and nobody fits better by name and birth date.
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
    is_fitting
    and count(*) filter (where is_fitting) over (partition by mention_id) = 1
    and (
        is_agreeing
        or count(*) filter (where is_agreeing) over (partition by mention_id) = 0
    )
