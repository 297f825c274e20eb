with

mentions as (
    select mention_id from {{ ref('int_mentions') }}
),

tiered as (
    select * from {{ ref('int_mentions__tiered') }}
),

splink_links as (
    select * from {{ source('linking', 'mention_links') }}
)

select
    mentions.mention_id,
    coalesce(tiered.decision, splink_links.decision, 'UNLINKED') as decision,
    -- A candidate under review is not a link: it must not merge two histories.
    coalesce(
        tiered.citizen_id,
        case when splink_links.decision = 'LINKED' then splink_links.citizen_id end
    ) as citizen_id,
    case when splink_links.decision = 'REVIEW' then splink_links.citizen_id end
        as candidate_citizen_id,
    case
        when tiered.method is not null then tiered.method
        when splink_links.decision in ('LINKED', 'REVIEW') then 'splink'
        else 'none'
    end as method,
    coalesce(tiered.score, splink_links.score) as score,
    coalesce(tiered.evidence, splink_links.candidates) as evidence,
    splink_links.vetoes,
    splink_links.model_version
from mentions
left join tiered on mentions.mention_id = tiered.mention_id
left join splink_links
    on
        mentions.mention_id = splink_links.mention_id
        and tiered.mention_id is null
