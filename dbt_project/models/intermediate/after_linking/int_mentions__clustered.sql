{% set several_people = 4 %}

with recursive

unlinked as materialized (
    select
        mentions.mention_id,
        mentions.name_key,
        mentions.birth_on,
        mentions.birth_precision,
        mentions.birth_first_on,
        mentions.birth_last_on,
        mentions.sex,
        mentions.phone,
        mentions.unit_code,
        mentions.id_type,
        mentions.first_delivered_on,
        case when mentions.id_type <> 'INVALID' then mentions.id_number end as id_number
    from {{ ref('int_mentions') }} as mentions
    inner join {{ ref('int_mentions__decided') }} as decided
        on mentions.mention_id = decided.mention_id
    where decided.citizen_id is null
),

personal_numbers as (
    -- A number typed for many people is a filler of some facility, and nobody's.
    select id_number
    from unlinked
    where id_number is not null
    group by id_number
    having
        count(*) > 1
        and count(distinct concat_ws('|', name_key, birth_first_on)) <= {{ several_people }}
),

{%- set names_near = one_edit_apart('one.name_key', 'other.name_key') %}
{%- set births_same -%}
    one.birth_first_on = other.birth_first_on and one.birth_last_on = other.birth_last_on
{%- endset %}
{%- set births_meet -%}
    one.birth_first_on <= other.birth_last_on and other.birth_first_on <= one.birth_last_on
{%- endset %}
{%- set numbers_differ -%}
    coalesce(
        one.id_type = other.id_type
        and one.id_number <> other.id_number
        and not {{ one_edit_apart('one.id_number', 'other.id_number') }}, false
    )
{%- endset %}
{%- set sexes_differ = 'coalesce(one.sex <> other.sex, false)' %}

-- 1: one number and one person. 2: one number, and the name or the birth date. 3: no number, or another
-- one that need not be somebody else's, but name, birth date and sex, in one commune or under one phone.
-- A phone alone ties nobody together.
tied as materialized (
    select
        one.mention_id,
        other.mention_id as other_id,
        case when one.name_key = other.name_key and {{ births_same }} then 1 else 2 end as width
    from unlinked as one
    inner join unlinked as other
        on one.id_number = other.id_number and one.mention_id <> other.mention_id
    where
        one.id_number in (select id_number from personal_numbers)
        and (
            one.name_key = other.name_key
            or {{ births_same }}
            and (one.name_key is null or other.name_key is null or {{ names_near }})
        )
    union
    select
        one.mention_id,
        other.mention_id as other_id,
        3 as width
    from unlinked as one
    inner join unlinked as other
        on
            one.name_key = other.name_key
            and one.phone = other.phone
            and one.mention_id <> other.mention_id
    where {{ births_meet }} and not {{ sexes_differ }} and not {{ numbers_differ }}
    union
    select
        one.mention_id,
        other.mention_id as other_id,
        3 as width
    from unlinked as one
    inner join unlinked as other
        on
            one.name_key = other.name_key
            and one.unit_code = other.unit_code
            and {{ births_same }}
            and one.mention_id <> other.mention_id
    where not {{ sexes_differ }} and not {{ numbers_differ }}
),

-- An officer took these from the person they were clustered with; or from a citizen whose delivery was
-- withdrawn since, whom nothing tells from such a person: alone is the safe side.
taken as (
    select mention_id
    from {{ ref('int_person_decisions') }}
    where kind = 'unlink' and citizen_id is null
),

edges as materialized (
    select tied.*
    from tied
    anti join taken on tied.mention_id = taken.mention_id
    anti join taken as other_taken on tied.other_id = other_taken.mention_id
),

widths as (
    select unnest([1, 2, 3]) as width
),

reached(width, mention_id, other_id) as (
    select
        widths.width,
        edges.mention_id,
        edges.other_id
    from edges
    inner join widths on edges.width <= widths.width
    union
    select
        reached.width,
        reached.mention_id,
        edges.other_id
    from reached
    inner join edges on reached.other_id = edges.mention_id and reached.width >= edges.width
),

-- Through others two people may be tied who are not one: a mention without a number can be either of
-- two namesakes.
contradicting as (
    select distinct
        reached.width,
        reached.mention_id
    from reached
    inner join unlinked as one on reached.mention_id = one.mention_id
    inner join unlinked as other on reached.other_id = other.mention_id
    where
        {{ numbers_differ }}
        or {{ sexes_differ }} and one.id_number is distinct from other.id_number
        or one.name_key <> other.name_key and not {{ names_near }} and not ({{ births_meet }})
),

torn as (
    -- Who stands with somebody torn is torn as well: a cluster holds whole or not at all.
    select distinct
        reached.width,
        reached.other_id as mention_id
    from reached
    inner join contradicting
        on reached.width = contradicting.width and reached.mention_id = contradicting.mention_id
),

widest as (
    -- The most members; of two widths with the same ones, the stronger tie.
    select
        reached.mention_id,
        reached.width
    from reached
    anti join torn
        on reached.width = torn.width and reached.mention_id = torn.mention_id
    group by reached.mention_id, reached.width
    qualify row_number() over (
        partition by reached.mention_id order by count(*) desc, reached.width
    ) = 1
),

founded as (
    select
        widest.mention_id,
        widest.width,
        arg_min(members.mention_id, (members.first_delivered_on, members.mention_id)) as founder_id
    from widest
    inner join reached
        on widest.mention_id = reached.mention_id and widest.width = reached.width
    inner join unlinked as members on reached.other_id = members.mention_id
    group by widest.mention_id, widest.width
)

select
    unlinked.mention_id,
    coalesce(founded.founder_id, unlinked.mention_id) as founder_id,
    case founded.width
        when 1 then 'number_and_person'
        when 2 then 'number'
        when 3 then 'person'
        else 'alone'
    end as clustered_by,
    unlinked.first_delivered_on
from unlinked
left join founded on unlinked.mention_id = founded.mention_id
