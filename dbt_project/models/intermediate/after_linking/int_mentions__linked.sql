with

decided as (
    select * from {{ ref('int_mentions__decided') }}
),

citizens as (
    select
        citizen_id,
        citizen_key
    from {{ ref('int_citizens__current') }}
),

unlinked_keys as (
    select
        mention_id,
        citizen_key
    from {{ ref('int_unlinked_keys') }}
    where is_current
)

select
    decided.mention_id,
    decided.citizen_id,
    coalesce(citizens.citizen_key, unlinked_keys.citizen_key) as citizen_key,
    decided.decision,
    decided.method,
    decided.score,
    decided.evidence,
    decided.candidate_citizen_id,
    decided.vetoes,
    decided.model_version
from decided
left join citizens on decided.citizen_id = citizens.citizen_id
left join unlinked_keys on decided.mention_id = unlinked_keys.mention_id
