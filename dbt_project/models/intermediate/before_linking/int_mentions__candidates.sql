{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id'},
    pre_hook=["{{ hold_changed('compared_mention') }}"]
) }}

{% set household_limit = 50 %}

with

-- Of all packs: who is who must not depend on whose rules hold.
junk as (
    select distinct name_key from {{ ref('junk_names') }}
),

open_mentions as (
    select
        mentions.*,
        junk.name_key is not null
        or coalesce(
            {{ has_digits('mentions.name_key') }} or {{ is_test_name('mentions.name_key') }}, false
        ) as is_filler
    from {{ ref('int_mentions') }} as mentions
    {{ only_changed('mentions.mention_id') }}
    anti join {{ ref('int_mentions__matched_exactly') }} as exactly
        on mentions.mention_id = exactly.mention_id
    anti join {{ ref('int_mentions__matched_by_previous_id') }} as by_previous
        on mentions.mention_id = by_previous.mention_id
    anti join {{ ref('int_mentions__matched_but_one') }} as but_one
        on mentions.mention_id = but_one.mention_id
    left join junk on mentions.name_key = junk.name_key
    where not mentions.is_foreign
),

crowded_phones as (
    -- A filler number in the registry would make a pair of everybody who typed it.
    select citizens.phone
    from {{ ref('int_citizens__current') }} as citizens
    semi join open_mentions on citizens.phone = open_mentions.phone
    group by citizens.phone
    having count(*) > {{ household_limit }}
),

mentions as (
    -- A filler or a test typed for a name says as little as none.
    select
        open_mentions.* exclude (name_key, name_exact_key, phone),
        case when not is_filler then name_key end as name_key,
        case when not is_filler then name_exact_key end as name_exact_key,
        case when crowded_phones.phone is null then open_mentions.phone end as phone,
        -- A transposition of day and month that gives another day.
        case
            when day(birth_on) <= 12 and day(birth_on) <> month(birth_on)
                then make_date(year(birth_on), day(birth_on), month(birth_on))
        end as birth_swapped_on
    from open_mentions
    left join crowded_phones on open_mentions.phone = crowded_phones.phone
),

id_compared as (
    select * from {{ ref('int_mentions__id_compared') }}
),

citizens as not materialized (
    select * from {{ ref('int_citizens__current') }}
),

dwellings as not materialized (
    select
        *,
        current_unit_code as unit_code
    from citizens
    union all
    select
        *,
        permanent_unit_code as unit_code
    from citizens
    where permanent_unit_code is distinct from current_unit_code
),

-- Only their names need be taken apart.
age_mates as materialized (
    select dwellings.*
    from dwellings
    semi join mentions
        on dwellings.unit_code = mentions.unit_code and dwellings.birth_year = mentions.birth_year
),

{#- Each block finds what the others miss: a slip in any one field leaves a block on other fields, and
    so does one in two of id, name and birth date while phone or commune hold. Equalities only, and
    each small in a registry of 98 million. -#}
{%- set blocks = [
    ('citizens', ['name_key = name_key', 'birth_on = birth_on']),
    ('citizens', ['name_key = name_key', 'birth_swapped_on = birth_on']),
    ('citizens', ['name_key = name_key', 'phone = phone']),
    ('citizens', ['birth_on = birth_on', 'phone = phone']),
    ('citizens', ['birth_year = birth_year', 'phone = phone']),
    ('dwellings', ['birth_on = birth_on', 'unit_code = unit_code']),
] %}

found as (
    select
        id_compared.mention_id,
        id_compared.citizen_id
    from id_compared
    semi join mentions on id_compared.mention_id = mentions.mention_id
    {%- for relation, keys in blocks %}
    union all
    select
        mentions.mention_id,
        {{ relation }}.citizen_id
    from mentions
    inner join {{ relation }}
        on
            {%- for key in keys %}
            mentions.{{ key.split(' = ')[0] }} = {{ relation }}.{{ key.split(' = ')[1] }}
            {%- if not loop.last %} and{% endif %}
            {%- endfor %}
    {%- endfor %}
    union all
    -- A commune has several of a common name: the year, or the day and month, must be right, unless an
    -- earlier number may tell.
    select
        mentions.mention_id,
        dwellings.citizen_id
    from mentions
    inner join dwellings
        on
            mentions.name_key = dwellings.name_key
            and mentions.unit_code = dwellings.unit_code
    where
        coalesce(
            mentions.id_type = 'CMND'
            or mentions.birth_year = dwellings.birth_year
            or day(mentions.birth_on) = day(dwellings.birth_on)
            and month(mentions.birth_on) = month(dwellings.birth_on), true
        )
    {%- for part in ['before_given', 'after_family', 'ends', 'spaces'] %}
    union all
    -- A slip in one part of the name leaves the others.
    select
        mentions.mention_id,
        age_mates.citizen_id
    from mentions
    inner join age_mates
        on
            mentions.unit_code = age_mates.unit_code
            and mentions.birth_year = age_mates.birth_year
            and {{ name_part('mentions.name_key', part) }} = {{ name_part('age_mates.name_key', part) }}
    where {{ births_may_meet('mentions', 'age_mates') }}
    {%- endfor %}
    {%- for side in ('left', 'right') %}
    union all
    -- A slip in one half of the number leaves the other half.
    select
        mentions.mention_id,
        citizens.citizen_id
    from mentions
    inner join citizens
        on
            {{ side }}(mentions.id_number, 6) = {{ side }}(citizens.citizen_id, 6)
            and mentions.name_key = citizens.name_key
    where mentions.id_type <> 'CMND'
    {%- endfor %}
),

pairs as (
    select distinct
        mention_id,
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
    inner join mentions on pairs.mention_id = mentions.mention_id
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
