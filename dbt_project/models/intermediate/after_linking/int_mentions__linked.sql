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
),

merges as (
    select * from {{ ref('int_person_merges') }}
),

never as (
    select
        mention_id,
        from_key
    from {{ ref('int_person_decisions') }}
    where kind = 'unlink'
),

keyed as (
    select
        decided.*,
        coalesce(citizens.citizen_key, unlinked_keys.citizen_key) as own_key
    from decided
    left join citizens on decided.citizen_id = citizens.citizen_id
    left join unlinked_keys on decided.mention_id = unlinked_keys.mention_id
),

moved as (
    -- Whoever was said not to be that person stays out of the merge.
    select
        keyed.*,
        merges.into_key,
        merges.into_citizen_id,
        merges.decision_id as merged_by,
        merges.into_citizen_id is not null and keyed.citizen_id is null as is_linked_by_merge
    from keyed
    inner join merges on keyed.own_key = merges.citizen_key
    anti join never
        on keyed.mention_id = never.mention_id and merges.into_key = never.from_key
)

select
    keyed.mention_id,
    case when moved.mention_id is null then keyed.citizen_id else moved.into_citizen_id end
        as citizen_id,
    coalesce(moved.into_key, keyed.own_key) as citizen_key,
    case when moved.is_linked_by_merge then 'LINKED' else keyed.decision end as decision,
    case when moved.is_linked_by_merge then 'officer' else keyed.method end as method,
    case when moved.is_linked_by_merge then null else keyed.score end as score,
    case
        when moved.is_linked_by_merge then to_json({'decision_id': moved.merged_by})::varchar
        else keyed.evidence
    end as evidence,
    case when moved.is_linked_by_merge then null else keyed.candidate_citizen_id end
        as candidate_citizen_id,
    case when moved.is_linked_by_merge then null else keyed.vetoes end as vetoes,
    case when moved.is_linked_by_merge then null else keyed.model_version end as model_version,
    keyed.own_key,
    moved.merged_by
from keyed
left join moved on keyed.mention_id = moved.mention_id
