{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={
        'key': 'mention_id',
        'notes': {'person': 'citizen_key', 'verified_mention': 'mention_id', 'told_mention': 'mention_id'}
    },
    pre_hook=["{{ note_mentions_to_link() }}", "{{ hold_changed('linked_mention') }}"]
) }}


with

decided as not materialized (
    -- All of them: who founded a retired key may stand as it was.
    select
        mention_id,
        citizen_id
    from {{ ref('int_mentions__decided') }}
),

to_link as not materialized (
    select mentions.*
    from {{ ref('int_mentions__decided') }} as mentions
    {{ only_changed('mentions.mention_id') }}
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

mergers as not materialized (
    select * from {{ ref('int_person_merges') }}
),

unlinks as (
    select
        mention_id,
        from_key
    from {{ ref('int_person_decisions') }}
    where kind = 'unlink'
),

said_keys as (
    select distinct from_key as said_key from unlinks
),

{{ followed_keys_ctes() }}

keyed as not materialized (
    select
        to_link.*,
        coalesce(citizens.citizen_key, unlinked_keys.citizen_key) as own_key
    from to_link
    left join citizens on to_link.citizen_id = citizens.citizen_id
    left join unlinked_keys
        on to_link.mention_id = unlinked_keys.mention_id and unlinked_keys.is_current
),

never as (
    -- Whom a mention was said not to be, under the key that person bears by now. A founder who was taken
    -- from a person keeps the key, and is no other than itself.
    select distinct
        unlinks.mention_id,
        coalesce(mergers.into_key, followed.citizen_key) as from_key
    from unlinks
    inner join followed on unlinks.from_key = followed.said_key
    inner join keyed on unlinks.mention_id = keyed.mention_id
    left join mergers on followed.citizen_key = mergers.citizen_key
    where keyed.own_key <> followed.citizen_key
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
