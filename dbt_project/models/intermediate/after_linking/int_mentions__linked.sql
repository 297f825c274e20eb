with

mentions as (
    select * from {{ ref('int_mentions') }}
),

tiered as (
    select * from {{ ref('int_mentions__tiered') }}
),

splink_links as (
    select * from {{ source('linking', 'mention_links') }}
),

citizens as (
    select
        citizen_id,
        citizen_key
    from {{ ref('int_citizens__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

decided as (
    select
        mentions.mention_id,
        mentions.id_number,
        mentions.id_type,
        mentions.name_key,
        mentions.birth_first_on,
        mentions.sex,
        mentions.phone,
        mentions.unit_code,
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
        splink_links.model_version
    from mentions
    left join tiered on mentions.mention_id = tiered.mention_id
    left join splink_links
        on
            mentions.mention_id = splink_links.mention_id
            and tiered.mention_id is null
),

unlinked as (
    select
        *,
        id_number is not null and id_type <> 'INVALID' as has_valid_id,
        count(distinct name_key) over (partition by id_number) as names_of_id,
        count(distinct birth_first_on) over (partition by id_number) as births_of_id
    from decided
    where citizen_id is null
),

clusters as (
    -- One number with two names and two birth dates is two people (ID-008): the number alone
    -- must not give them one history.
    select
        mention_id,
        case
            when has_valid_id and (names_of_id <= 1 or births_of_id <= 1)
                then concat_ws('|', 'U', 'id', id_number)
            when has_valid_id
                then concat_ws(
                    '|', 'U', 'id', id_number, coalesce(name_key, '-'),
                    coalesce(birth_first_on::varchar, '-')
                )
            when name_key is not null and birth_first_on is not null
                then concat_ws(
                    '|', 'U', 'person', name_key, birth_first_on::varchar, coalesce(sex, '-'),
                    coalesce(phone, unit_code, '-')
                )
            else concat_ws('|', 'U', 'mention', mention_id)
        end as cluster_text
    from unlinked
)

select
    decided.mention_id,
    decided.citizen_id,
    coalesce(
        citizens.citizen_key, {{ pseudonym('clusters.cluster_text') }}
    ) as citizen_key,
    decided.decision,
    decided.method,
    decided.score,
    decided.evidence,
    decided.candidate_citizen_id,
    decided.model_version
from decided
cross join run_context
left join citizens on decided.citizen_id = citizens.citizen_id
left join clusters on decided.mention_id = clusters.mention_id
