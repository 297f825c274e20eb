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

given as (
    select
        unlinked_keys.*,
        bool_or(unlinked_keys.is_current) over (partition by unlinked_keys.citizen_key) as is_borne
    from unlinked_keys
    inner join said_keys on unlinked_keys.citizen_key = said_keys.said_key
),

founders as (
    -- Of a key that nobody bears any more: its founder, else the first who bore it.
    select
        given.citizen_key as said_key,
        given.mention_id
    from given
    inner join decided on given.mention_id = decided.mention_id
    where not given.is_borne
    qualify row_number() over (
        partition by given.citizen_key
        order by given.mention_id <> given.founder_id, given.assigned_at, given.mention_id
    ) = 1
),

-- Who is meant by now: a citizen, a person without one, or whom the founder of a retired key became.
followed as (
    select
        said_keys.said_key,
        citizens.citizen_key,
        citizens.citizen_id,
        null::timestamptz as assigned_at
    from said_keys
    inner join citizens on said_keys.said_key = citizens.citizen_key
    union all
    select
        citizen_key as said_key,
        citizen_key,
        null as citizen_id,
        min(assigned_at) as assigned_at
    from given
    where is_current
    group by citizen_key
    union all
    select
        founders.said_key,
        coalesce(citizens.citizen_key, unlinked_keys.citizen_key) as citizen_key,
        citizens.citizen_id,
        unlinked_keys.assigned_at
    from founders
    inner join decided on founders.mention_id = decided.mention_id
    left join citizens on decided.citizen_id = citizens.citizen_id
    left join unlinked_keys
        on founders.mention_id = unlinked_keys.mention_id and unlinked_keys.is_current
),

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
    select
        followed.citizen_key,
        any_value(followed.citizen_id) as citizen_id,
        min(followed.assigned_at) as assigned_at,
        bool_or(mergers.from_key is not null) as is_gone
    from followed
    left join mergers on followed.citizen_key = mergers.from_key
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
