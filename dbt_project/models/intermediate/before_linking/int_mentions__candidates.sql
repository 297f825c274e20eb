{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id'},
    pre_hook=["{{ hold_changed('compared_mention') }}", "{{ find_candidates() }}"],
    post_hook="{{ drop_found_candidates() }}"
) }}

with

citizens as not materialized (
    select * from {{ ref('int_citizens__current') }}
),

{# What the hook left; in a unit test, which has none, the same at once. #}
{% if this %}

mentions as not materialized (
    select * from mentions_left_open
),

found as not materialized (
    select * from found_candidates
),
{% else %}

mentions as materialized (
    {{ open_mentions() }}
),

age_mates as materialized (
    {{ age_mates() }}
),

found as (
    {{ candidate_blocks() | join(' union all ') }}
),

{% endif %}

pairs as (
    select distinct
        mention_no,
        citizen_id
    from found
),

compared as materialized (
    select
        mentions.mention_id,
        citizens.citizen_id,
        case
            when mentions.id_number is null then 'missing'
            when mentions.id_number = citizens.citizen_id then 'same'
            when list_contains(citizens.previous_ids, mentions.id_number) then 'previous'
            when
                {{ one_edit_apart('mentions.id_number', 'citizens.citizen_id') }}
                or length(mentions.id_number) < 11 and list_bool_or(
                    list_transform(
                        citizens.previous_ids,
                        lambda number: {{ one_edit_apart('number', 'mentions.id_number') }}
                    )
                ) then 'one_edit'
            else 'other'
        end as id_difference,
        {{ name_difference('mentions', 'citizens') }} as name_difference,
        {{ birth_difference('mentions', 'citizens') }} as birth_difference,
        {{ sex_difference('mentions', 'citizens') }} as sex_difference,
        {{ pair_signs('mentions', 'citizens') }}
    from pairs
    inner join mentions on pairs.mention_no = mentions.mention_no
    inner join citizens on pairs.citizen_id = citizens.citizen_id
)

-- Who could be meant at all. What is left out could not reach even a review.
select *
from compared
where
    case
        when id_difference in ('same', 'previous', 'one_edit')
            then name_difference <> 'other' or birth_difference <> 'other'
        when name_difference in ('same', 'accents', 'one_letter', 'order')
            then birth_difference = 'same'
                or is_phone_same
                or is_unit_same and birth_difference <> 'other'
        when name_difference = 'middle'
            then birth_difference = 'same' and (is_unit_same or is_phone_same)
                or {{ birth_slips('compared') }} and is_phone_same
        else birth_difference = 'same' and is_phone_same
    end
