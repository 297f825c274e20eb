-- A view: written, it would be one more copy of all records, read once.
{{ config(materialized='view') }}

with

doses as (
    select * from {{ ref('int_doses__current') }}
),

mentions as (
    select * from {{ ref('int_mentions__linked') }}
)

select
    doses.* exclude (
        action, facility_name_key, normalizations, id_hypothesis, other_phones, nationality, file, line,
        versions, identity_entered_at, identity_delivered_on
    ),
    mentions.citizen_key,
    mentions.citizen_id,
    mentions.decision as link_decision,
    mentions.method as link_method
from doses
inner join mentions on doses.mention_id = mentions.mention_id
