with

mentions as (
    select * from {{ ref('int_mentions') }}
),

tiered as (
    select * from {{ ref('int_mentions__tiered') }}
)

select
    mentions.mention_id,
    {{ person_columns() }},
    mentions.unit_code
from mentions
anti join tiered on mentions.mention_id = tiered.mention_id
