with

mentions as (
    select * from {{ ref('int_mentions') }}
),

candidates as (
    -- A filler for a name is no name: it was not compared.
    select
        mention_id,
        bool_and(name_difference = 'missing') as is_nameless
    from {{ ref('int_mentions__candidates') }}
    group by mention_id
),

tiered as (
    select * from {{ ref('int_mentions__tiered') }}
)

-- As text: Splink makes ids of pairs of it, and `mention_links` keeps what it said under it.
select
    {{ key_text('mentions.mention_id') }} as mention_id,
    case when not candidates.is_nameless then mentions.name_exact_key end as name_exact_key,
    case when not candidates.is_nameless then mentions.name_key end as name_key,
    mentions.birth_on,
    mentions.birth_first_on,
    mentions.birth_last_on,
    mentions.birth_year,
    mentions.sex,
    mentions.id_number,
    mentions.phone,
    mentions.unit_code
from mentions
inner join candidates on mentions.mention_id = candidates.mention_id
anti join tiered on mentions.mention_id = tiered.mention_id
