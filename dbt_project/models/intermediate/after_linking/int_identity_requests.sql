{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id', 'notes': {'listed_request': 'request_id'}},
    pre_hook=["{{ note_mentions_to_ask_about() }}", "{{ hold_changed('asked_mention') }}"]
) }}

with

verified as (
    select verified.*
    from {{ ref('int_mentions__verified') }} as verified
    {{ only_changed('verified.mention_id') }}
),

persons as (
    select
        citizen_key,
        unit_code
    from {{ ref('int_persons') }}
),

agencies as (
    select * from {{ ref('int_agencies__current') }}
),

answers as (
    select
        mention_id,
        min(decided_at) as answered_at
    from {{ ref('int_identity_answers') }}
    where standing in ('counts', 'superseded') and result <> 'pending'
    group by mention_id
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

written as (
    select requests.* replace ({{ as_key('requests.mention_id') }} as mention_id)
    from {{ source('ops', 'identity_requests') }} as requests
    {{ only_changed(as_key('requests.mention_id')) }}
    cross join run_context
    where requests.requested_at <= run_context.as_of
),

commune_police as (
    select
        unit_code,
        min(agency_code) as agency_code
    from agencies
    where branch = 'police' and level = 'commune'
    group by unit_code
),

listed as (
    select
        {{ pseudonym("'R|' || " ~ key_text('verified.mention_id')) }} as request_id,
        verified.mention_id,
        commune_police.agency_code as owner_code,
        persons.unit_code,
        verified.verification_status,
        verified.verification_reason,
        case
            when verified.has_no_usable_id or verified.holder_citizen_id is null then 'id'
            else coalesce(nullif(concat_ws(
                ';',
                case
                    when verified.name_difference <> 'same' then 'name:' || verified.name_difference
                end,
                case
                    when verified.birth_difference <> 'same'
                        then 'date_of_birth:' || verified.birth_difference
                end,
                case when verified.sex_difference <> 'same' then 'sex:' || verified.sex_difference end
            -- The registry extract agrees and the police said otherwise: their reason is all there is.
            ), ''), 'police:' || lower(verified.verification_reason))
        end as differs,
        case when verified.name_difference = 'accents' then verified.holder_citizen_id end as spelled_by
    from verified
    cross join run_context
    inner join persons on verified.citizen_key = persons.citizen_key
    left join commune_police on persons.unit_code = commune_police.unit_code
    where
        verified.verification_status in ('MISMATCH', 'NO_ID_OR_BAD_FORMAT')
        and verified.dose_records > 0
)

select
    coalesce(listed.request_id, written.request_id) as request_id,
    coalesce(listed.mention_id, written.mention_id) as mention_id,
    coalesce(listed.owner_code, written.owner_code) as owner_code,
    coalesce(listed.unit_code, written.unit_code) as unit_code,
    coalesce(listed.verification_status, written.verification_status) as verification_status,
    coalesce(listed.verification_reason, written.verification_reason) as verification_reason,
    coalesce(listed.differs, written.differs) as differs,
    listed.spelled_by,
    listed.request_id is not null as is_listed,
    -- What this run lists goes out with it. Nobody is asked where no police is known.
    coalesce(
        written.requested_at, case when listed.owner_code is not null then run_context.as_of end
    ) as requested_at,
    answers.answered_at
from listed
full join written on listed.request_id = written.request_id
left join answers on coalesce(listed.mention_id, written.mention_id) = answers.mention_id
cross join run_context
