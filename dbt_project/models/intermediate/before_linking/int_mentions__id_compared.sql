with

mentions as (
    select * from {{ ref('int_mentions') }}
    where id_number is not null
),

citizen_ids as (
    select * from {{ ref('int_citizen_ids') }}
),

citizens as (
    select * from {{ ref('int_citizens__current') }}
),

compared as (
    select
        mentions.mention_id,
        citizens.citizen_id,
        citizen_ids.is_previous,
        {{ name_difference('mentions', 'citizens') }} as name_difference,
        {{ birth_difference('mentions', 'citizens') }} as birth_difference,
        case
            when mentions.sex is null or citizens.sex is null then 'missing'
            when mentions.sex = citizens.sex then 'same'
            else 'other'
        end as sex_difference,
        coalesce(split_part(mentions.name_key, ' ', -1), '')
        <> coalesce(split_part(citizens.name_key, ' ', -1), '') as is_given_name_other
    from mentions
    inner join citizen_ids on mentions.id_number = citizen_ids.id_number
    inner join citizens on citizen_ids.citizen_id = citizens.citizen_id
)

select
    mention_id,
    citizen_id,
    is_previous,
    name_difference,
    birth_difference,
    sex_difference,
    is_given_name_other,
    (name_difference <> 'same')::int
    + (birth_difference <> 'same')::int
    + (sex_difference <> 'same')::int as fields_not_same,
    (name_difference not in ('same', 'missing'))::int
    + (birth_difference not in ('same', 'missing'))::int
    + (sex_difference not in ('same', 'missing'))::int as fields_conflicting
from compared
