-- A view: written, it would be one more copy of all records, read once. Whom a record names stands in its
-- mention, and how it was typed in the record itself: carried along, every pass over the doses would read it.
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
        action, full_name, name_exact_key, name_key, birth_on, birth_last_on, birth_year, birth_typed, sex,
        id_number, id_type, id_typed, id_hypothesis, phone, other_phones, nationality, normalizations,
        province_code, district_code, unit_code, facility_name, facility_name_key, lot_typed, injected_typed,
        file, line, versions, identity_entered_at, identity_delivered_on
    ),
    mentions.citizen_key,
    mentions.citizen_id,
    mentions.decision as link_decision,
    mentions.method as link_method
from doses
inner join mentions on doses.mention_id = mentions.mention_id
