with

mentions as (
    select mention_id from {{ ref('int_mentions') }}
),

tiered as (
    select * from {{ ref('int_mentions__tiered') }}
),

splink_links as (
    select * from {{ source('linking', 'mention_links') }}
),

named as (
    -- Whom the police name.
    select
        mention_id,
        'LINKED' as decision,
        citizen_id,
        'police' as method,
        null::double as score,
        to_json({'result_id': result_id})::varchar as evidence
    from {{ ref('int_mentions__answered') }}
    where citizen_id is not null
),

ruled as (
    -- What people say comes before what fields say.
    select * from named
    union all
    select
        mention_id,
        decision,
        citizen_id,
        method,
        score,
        evidence
    from tiered
    anti join named on tiered.mention_id = named.mention_id
)

select
    mentions.mention_id,
    coalesce(ruled.decision, splink_links.decision, 'UNLINKED') as decision,
    -- A candidate under review is not a link: it must not merge two histories.
    coalesce(
        ruled.citizen_id,
        case when splink_links.decision = 'LINKED' then splink_links.citizen_id end
    ) as citizen_id,
    case when splink_links.decision = 'REVIEW' then splink_links.citizen_id end
        as candidate_citizen_id,
    case
        when ruled.method is not null then ruled.method
        when splink_links.decision in ('LINKED', 'REVIEW') then 'splink'
        else 'none'
    end as method,
    coalesce(ruled.score, splink_links.score) as score,
    coalesce(ruled.evidence, splink_links.candidates) as evidence,
    splink_links.vetoes,
    splink_links.model_version
from mentions
left join ruled on mentions.mention_id = ruled.mention_id
left join splink_links
    on
        mentions.mention_id = splink_links.mention_id
        and ruled.mention_id is null
