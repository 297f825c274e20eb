{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id', 'notes': {'linked_mention': 'mention_id'}},
    pre_hook=[
        "{{ note_keys_of('decided_mention', 'compared_mention') }}",
        "{{ hold_changed('decided_mention') }}"
    ]
) }}

with

mentions as (
    select mentions.mention_id
    from {{ ref('int_mentions') }} as mentions
    {{ only_changed('mentions.mention_id') }}
),

tiered as not materialized (
    select tiered.*
    from {{ ref('int_mentions__tiered') }} as tiered
    {{ only_changed('tiered.mention_id') }}
),

splink_links as not materialized (
    select mention_links.* replace ({{ as_key('mention_links.mention_id') }} as mention_id)
    from {{ source('linking', 'mention_links') }} as mention_links
    {{ only_changed(as_key('mention_links.mention_id')) }}
),

decisions as not materialized (
    select * from {{ ref('int_person_decisions') }}
),

never as (
    select * from decisions where kind = 'unlink' and citizen_id is not null
),

officers as (
    select
        mention_id,
        'LINKED' as decision,
        citizen_id,
        'officer' as method,
        null::double as score,
        to_json({'decision_id': decision_id})::varchar as evidence
    from decisions
    where is_link
),

named as (
    -- Whom the police name.
    select
        answered.mention_id,
        'LINKED' as decision,
        answered.citizen_id,
        'police' as method,
        null::double as score,
        to_json({'result_id': answered.result_id})::varchar as evidence
    from {{ ref('int_mentions__answered') }} as answered
    anti join officers on answered.mention_id = officers.mention_id
    anti join never
        on
            answered.mention_id = never.mention_id
            and answered.citizen_id = never.citizen_id
    where answered.citizen_id is not null
),

computed as (
    -- What the tiers or Splink say of a mention that an officer took from somebody.
    select
        tiered.mention_id,
        tiered.citizen_id
    from tiered
    semi join never on tiered.mention_id = never.mention_id
    union all
    select
        splink_links.mention_id,
        splink_links.citizen_id
    from splink_links
    semi join never on splink_links.mention_id = never.mention_id
    anti join tiered on splink_links.mention_id = tiered.mention_id
),

taken as (
    select
        never.mention_id,
        'UNLINKED' as decision,
        null::varchar as citizen_id,
        'officer' as method,
        null::double as score,
        to_json({'decision_id': never.decision_id})::varchar as evidence
    from never
    inner join computed
        on never.mention_id = computed.mention_id and never.citizen_id = computed.citizen_id
    anti join officers on never.mention_id = officers.mention_id
    anti join named on never.mention_id = named.mention_id
),

said as (
    select * from officers
    union all
    select * from named
    union all
    select * from taken
),

ruled as (
    -- What people say comes before what fields say.
    select * from said
    union all
    select
        mention_id,
        decision,
        citizen_id,
        method,
        score,
        evidence
    from tiered
    anti join said on tiered.mention_id = said.mention_id
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
