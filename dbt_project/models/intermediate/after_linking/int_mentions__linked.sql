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

mergers as (
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
        case when never.mention_id is null then mergers.into_key end as into_key,
        case when never.mention_id is null then mergers.into_citizen_id end as into_citizen_id,
        case when never.mention_id is null then mergers.decision_id end as merged_by
    from keyed
    left join mergers on keyed.own_key = mergers.citizen_key
    left join never
        on keyed.mention_id = never.mention_id and mergers.into_key = never.from_key
),

judged as (
    select
        *,
        into_citizen_id is not null and citizen_id is null as is_linked_by_merge
    from moved
)

select
    mention_id,
    case when into_key is null then citizen_id else into_citizen_id end as citizen_id,
    coalesce(into_key, own_key) as citizen_key,
    case when is_linked_by_merge then 'LINKED' else decision end as decision,
    case when is_linked_by_merge then 'officer' else method end as method,
    case when not is_linked_by_merge then score end as score,
    case
        when is_linked_by_merge then to_json({'decision_id': merged_by})::varchar
        else evidence
    end as evidence,
    case when not is_linked_by_merge then candidate_citizen_id end as candidate_citizen_id,
    case when not is_linked_by_merge then vetoes end as vetoes,
    case when not is_linked_by_merge then model_version end as model_version,
    own_key,
    merged_by
from judged
