{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id'},
    pre_hook=["{{ note_mentions_to_compare() }}", "{{ hold_changed('compared_mention') }}"]
) }}

with

mentions as not materialized (
    select mentions.*
    from {{ ref('int_mentions') }} as mentions
    {{ only_changed('mentions.mention_id') }}
    where mentions.id_number is not null
),

previous_ids as not materialized (
    select * from {{ ref('int_citizen_previous_ids') }}
),

citizens as not materialized (
    select * from {{ ref('int_citizens__current') }}
),

shared as (
    select distinct id_number from previous_ids where is_shared
),

{%- set compared %}
        mentions.mention_id,
        citizens.citizen_id,
        {{ name_difference('mentions', 'citizens') }} as name_difference,
        {{ birth_difference('mentions', 'citizens') }} as birth_difference,
        {{ sex_difference('mentions', 'citizens') }} as sex_difference,
        {{ pair_signs('mentions', 'citizens') }},
{%- endset %}

compared as (
    select
        {{ compared }}
        false as is_previous,
        shared.id_number is not null as is_shared
    from mentions
    inner join citizens on mentions.id_number = citizens.citizen_id
    left join shared on mentions.id_number = shared.id_number
    union all
    select
        {{ compared }}
        true as is_previous,
        previous_ids.is_shared
    from mentions
    inner join previous_ids on mentions.id_number = previous_ids.id_number
    inner join citizens on previous_ids.citizen_id = citizens.citizen_id
),

counted as (
    select
        *,
        (name_difference <> 'same')::int
        + (birth_difference <> 'same')::int
        + (sex_difference <> 'same')::int as fields_not_same
    from compared
),

ranked as (
    -- Two citizens may carry one number (271450001-271500000, or an older number): the one who
    -- agrees more, if there is only one such.
    select
        *,
        rank() over (partition by mention_id order by fields_not_same) as place
    from counted
    where is_shared
)

select
    counted.*,
    true as is_clear
from counted
where not is_shared
union all
select
    ranked.* exclude (place),
    place = 1 and count(*) over (partition by mention_id, place) = 1 as is_clear
from ranked
