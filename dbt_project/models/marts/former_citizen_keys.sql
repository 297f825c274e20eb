with

keys as (
    select * from {{ ref('int_unlinked_keys') }}
),

linked as not materialized (
    select
        mention_id,
        citizen_key,
        citizen_id
    from {{ ref('int_mentions__linked') }}
),

retired as (
    select *
    from keys
    anti join linked on keys.citizen_key = linked.citizen_key
),

followed as (
    -- Whoever the founder of the key is now; if it is no longer there, the first who bore the key.
    select
        retired.citizen_key as former_key,
        arg_min(
            linked.citizen_key,
            (retired.mention_id <> retired.founder_id, retired.assigned_at, retired.mention_id)
        ) as citizen_key,
        arg_min(
            linked.citizen_id is not null,
            (retired.mention_id <> retired.founder_id, retired.assigned_at, retired.mention_id)
        ) as is_registered
    from retired
    inner join linked on retired.mention_id = linked.mention_id
    group by retired.citizen_key
),

-- Two profiles of one citizen, by a decision.
merged_citizens as (
    select
        mergers.citizen_key,
        mergers.into_key
    from {{ ref('int_person_merges') }} as mergers
    anti join linked on mergers.citizen_key = linked.citizen_key
    where mergers.is_registered
)

select
    {{ key_text('former_key') }} as former_key,
    {{ key_text('citizen_key') }} as citizen_key,
    case when is_registered then 'linked' else 'merged' end as reason
from followed
union all
select
    {{ key_text('citizen_key') }} as former_key,
    {{ key_text('into_key') }} as citizen_key,
    'merged' as reason
from merged_citizens
