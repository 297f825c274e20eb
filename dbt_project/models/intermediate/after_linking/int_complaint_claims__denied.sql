{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ hold_changed('judged_complaint') }}"]
) }}

with claims as (
    select claims.*
    from {{ ref('int_complaint_claims') }} as claims
    {{ only_changed('claims.complaint_id') }}
    where claims.claim_kind = 'deny'
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

records as (
    select records.*
    from {{ ref('int_doses__deduplicated') }} as records
    semi join claims on records.citizen_key = claims.matched_citizen_key
),

mentions as (
    select * from {{ ref('int_mentions') }}
),

citizens as not materialized (
    select * from {{ ref('int_citizens__current') }}
),

reviews as (
    select * from {{ ref('int_record_reviews__current') }}
),

denied as (
    select
        claims.complaint_id,
        claims.claim_no,
        claims.citizen_key,
        claims.citizen_id,
        claims.matched_entered_by,
        records.record_id,
        records.citizen_key as record_citizen_key,
        records.link_decision as record_link_decision,
        mentions.name_key,
        mentions.birth_on,
        mentions.id_number,
        records.injected_on,
        coalesce(
            mentions.name_key = persons.name_key and mentions.birth_on = persons.birth_on, false
        ) as fits_complainant,
    from claims
    inner join persons on claims.complaint_id = persons.complaint_id
    inner join records on claims.matched_record_id = records.record_id
    inner join mentions on records.mention_id = mentions.mention_id
),

confirmed as (
    select distinct
        denied.complaint_id,
        denied.claim_no,
    from denied
    inner join reviews
        on denied.record_id = reviews.record_id
        and denied.matched_entered_by = reviews.facility_code
    where reviews.outcome = 'removed'
),

-- An id one edit away, and that person's name or birth date: typed for somebody else.
neighbours as (
    select
        denied.complaint_id,
        denied.claim_no,
        citizens.citizen_id,
    from denied
    inner join citizens on denied.name_key = citizens.name_key
    where damerau_levenshtein(denied.id_number, citizens.citizen_id) <= 1
        and denied.citizen_id is distinct from citizens.citizen_id
        and not denied.fits_complainant
    union
    select
        denied.complaint_id,
        denied.claim_no,
        citizens.citizen_id,
    from denied
    inner join citizens on denied.birth_on = citizens.birth_on
    where damerau_levenshtein(denied.id_number, citizens.citizen_id) <= 1
        and denied.citizen_id is distinct from citizens.citizen_id
        and not denied.fits_complainant
),

neighboured as (
    select distinct
        complaint_id,
        claim_no,
    from neighbours
)

select
    denied.complaint_id,
    denied.claim_no,
    case
        when confirmed.complaint_id is not null then 'facility_confirmed'
        when denied.record_link_decision = 'LINKED'
            and denied.record_citizen_key <> denied.citizen_key then 'linked_to_another'
        when neighboured.complaint_id is not null then 'fits_another_citizen'
        when denied.injected_on > citizens.deceased_on then 'after_death'
    end as not_given_because,
from denied
left join confirmed
    on denied.complaint_id = confirmed.complaint_id and denied.claim_no = confirmed.claim_no
left join neighboured
    on denied.complaint_id = neighboured.complaint_id and denied.claim_no = neighboured.claim_no
left join citizens on denied.citizen_id = citizens.citizen_id
