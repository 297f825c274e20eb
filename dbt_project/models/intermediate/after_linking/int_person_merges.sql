with recursive

decisions as (
    select * from {{ ref('int_person_decisions') }} where kind = 'merge'
),

decided as not materialized (
    select
        mention_id,
        citizen_id
    from {{ ref('int_mentions__decided') }}
),

citizens as not materialized (
    select
        citizen_id,
        citizen_key
    from {{ ref('int_citizens__current') }}
),

unlinked_keys as not materialized (
    select * from {{ ref('int_unlinked_keys') }}
),

said_keys as (
    select from_key as said_key from decisions
    union
    select into_key as said_key from decisions
),

{{ followed_keys_ctes() }}

mergers as (
    select
        decisions.decision_id,
        gone.citizen_key as from_key,
        kept.citizen_key as into_key
    from decisions
    inner join followed as gone on decisions.from_key = gone.said_key
    inner join followed as kept on decisions.into_key = kept.said_key
    where gone.citizen_key <> kept.citizen_key
),

edges as (
    select
        decision_id,
        from_key as one_key,
        into_key as other_key
    from mergers
    union all
    select
        decision_id,
        into_key as one_key,
        from_key as other_key
    from mergers
),

reached(one_key, other_key) as (
    select
        one_key,
        one_key as other_key
    from edges
    union
    select
        reached.one_key,
        edges.other_key
    from reached
    inner join edges on reached.other_key = edges.one_key
),

people as (
    -- A key is as old as the first of those who bear it now, also where a retired key led to it.
    select
        followed.citizen_key,
        any_value(followed.citizen_id) as citizen_id,
        min(unlinked_keys.assigned_at) as assigned_at,
        bool_or(mergers.from_key is not null) as is_gone
    from followed
    left join mergers on followed.citizen_key = mergers.from_key
    left join unlinked_keys
        on followed.citizen_key = unlinked_keys.citizen_key and unlinked_keys.is_current
    group by followed.citizen_key
),

kept as (
    -- A citizen before a person without one; of two citizens the one named to stay; else the older key.
    select
        reached.one_key,
        people.citizen_key,
        people.citizen_id
    from reached
    inner join people on reached.other_key = people.citizen_key
    qualify row_number() over (
        partition by reached.one_key
        order by
            people.citizen_id is null,
            people.citizen_id is not null and people.is_gone,
            people.assigned_at,
            people.is_gone,
            people.citizen_key
    ) = 1
),

last_said as (
    select
        one_key,
        max(decision_id) as decision_id
    from edges
    group by one_key
)

select
    kept.one_key as citizen_key,
    kept.citizen_key as into_key,
    kept.citizen_id as into_citizen_id,
    people.citizen_id is not null as is_registered,
    last_said.decision_id
from kept
inner join people on kept.one_key = people.citizen_key
inner join last_said on kept.one_key = last_said.one_key
where kept.one_key <> kept.citizen_key
