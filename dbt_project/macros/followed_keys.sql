{#- CTEs up to followed(said_key, citizen_key, citizen_id): whom a key of a decision means by now, a citizen,
    a person without one, or who the founder of a retired key became. The model has said_keys(said_key),
    distinct, and decided, citizens, unlinked_keys. -#}
{% macro followed_keys_ctes() -%}
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

followed as (
    select
        said_keys.said_key,
        citizens.citizen_key,
        citizens.citizen_id
    from said_keys
    inner join citizens on said_keys.said_key = citizens.citizen_key
    union all
    select distinct
        citizen_key as said_key,
        citizen_key,
        null as citizen_id
    from given
    where is_current
    union all
    select
        founders.said_key,
        coalesce(citizens.citizen_key, unlinked_keys.citizen_key) as citizen_key,
        citizens.citizen_id
    from founders
    inner join decided on founders.mention_id = decided.mention_id
    left join citizens on decided.citizen_id = citizens.citizen_id
    left join unlinked_keys
        on founders.mention_id = unlinked_keys.mention_id and unlinked_keys.is_current
),
{%- endmacro %}
