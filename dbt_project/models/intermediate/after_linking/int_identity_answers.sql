{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'result_id', 'notes': {'answered_mention': 'mention_id'}}
) }}

with

identity_results as (
    select * from {{ ref('stg_identity_results') }}
),

requests as (
    select * from {{ source('ops', 'identity_requests') }}
),

mentions as not materialized (
    select * from {{ ref('int_mentions') }}
),

doses as (
    select
        record_id,
        mention_id,
        identity_entered_at
    from {{ ref('int_doses__current') }}
),

complaints as (
    select
        complaint_id,
        mention_id,
        identity_entered_at
    from {{ ref('int_complaints__current') }}
),

citizens as (
    select citizen_id from {{ ref('int_citizens__current') }}
),

previous_ids as (
    select * from {{ ref('int_citizen_previous_ids') }} where not is_shared
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

delivered as not materialized (
    select identity_results.*
    from identity_results
    cross join run_context
    where
        identity_results.delivery_date <= run_context.known_as_of::date
        and coalesce(identity_results.decided_at, identity_results.delivery_date::timestamptz)
        <= run_context.as_of
),

{{ latest_ctes('delivered', ['result_id']) }},

answers as (
    select
        identity_results.result_id,
        lower(identity_results.request_id) as request_id,
        identity_results.record_id,
        identity_results.complaint_id,
        identity_results.id_number,
        identity_results.result,
        identity_results.mismatch_fields,
        nullif(array_to_string(list_sort(identity_results.mismatch_fields), ' '), '') as fields,
        identity_results.corrected_citizen_id,
        -- Without a readable instant it was decided on the day it came, at the latest.
        coalesce(identity_results.decided_at, identity_results.delivery_date::timestamptz)
            as decided_at,
        identity_results.agency_code
    from latest as identity_results
),

written_requests as (
    select
        requests.request_id,
        {{ as_key('requests.mention_id') }} as mention_id
    from requests
    cross join run_context
    where requests.requested_at <= run_context.as_of
),

-- Of our form, and not in the ledger: a list given out before the ledger had it. Hashing all mentions
-- for them is dear, and done only when there are some.
unwritten as (
    select distinct answers.request_id
    from answers
    anti join written_requests on answers.request_id = written_requests.request_id
    where {{ fully_matches('answers.request_id', '[0-9a-f]{32}') }}
),

hashed as (
    select
        mentions.mention_id,
        {{ pseudonym("'R|' || " ~ key_text('mentions.mention_id')) }} as request_id
    from mentions
    cross join run_context
    where exists (select * from unwritten)
),

known_requests as (
    select * from written_requests
    union all
    select
        hashed.request_id,
        hashed.mention_id
    from hashed
    inner join unwritten on hashed.request_id = unwritten.request_id
),

without_request as (
    select answers.*
    from answers
    anti join known_requests on answers.request_id = known_requests.request_id
),

-- The narrowest tie that is given counts. A request is about the fields as they were when it was made:
-- they are what its mention is the hash of.
tied as (
    select
        answers.*,
        known_requests.mention_id,
        'request' as tied_by,
        mentions.mention_id is null as is_outdated,
        false as is_ambiguous
    from answers
    inner join known_requests on answers.request_id = known_requests.request_id
    left join mentions on known_requests.mention_id = mentions.mention_id
    union all
    select
        without_request.*,
        doses.mention_id,
        'record' as tied_by,
        without_request.decided_at < doses.identity_entered_at as is_outdated,
        false as is_ambiguous
    from without_request
    inner join doses on without_request.record_id = doses.record_id
    union all
    select
        without_request.*,
        complaints.mention_id,
        'complaint' as tied_by,
        without_request.decided_at < complaints.identity_entered_at as is_outdated,
        false as is_ambiguous
    from without_request
    inner join complaints on without_request.complaint_id = complaints.complaint_id
    where without_request.record_id is null
    union all
    select
        without_request.*,
        mentions.mention_id,
        'number' as tied_by,
        coalesce(without_request.decided_at < mentions.first_recorded_at, false) as is_outdated,
        -- One number typed for two people: whose fields agree, the answer does not say.
        without_request.result <> 'not_found'
        and count(distinct concat_ws(
            '|', mentions.name_exact_key, mentions.birth_first_on, mentions.birth_last_on, mentions.sex
        )) over (partition by without_request.result_id) > 1 as is_ambiguous
    from without_request
    inner join mentions on without_request.id_number = mentions.id_number
    where without_request.record_id is null and without_request.complaint_id is null
),

all_answers as (
    select * from tied
    union all
    select
        answers.*,
        null as mention_id,
        'none' as tied_by,
        false as is_outdated,
        false as is_ambiguous
    from answers
    anti join tied on answers.result_id = tied.result_id
),

judged as (
    select
        all_answers.*,
        case
            when all_answers.mention_id is null then 'untied'
            when
                all_answers.result is null
                or all_answers.result not in ('match', 'mismatch', 'not_found', 'pending')
                then 'unreadable'
            when all_answers.is_outdated then 'outdated'
            when all_answers.is_ambiguous then 'ambiguous'
            else 'valid'
        end as standing,
        coalesce(citizens.citizen_id, previous_ids.citizen_id) as citizen_id
    from all_answers
    left join citizens on all_answers.corrected_citizen_id = citizens.citizen_id
    left join previous_ids on all_answers.corrected_citizen_id = previous_ids.id_number
),

said as (
    -- What a valid answer says. Still looking into it (pending) is nothing said.
    select
        *,
        case when standing = 'valid' and result <> 'pending' then result end as said_result,
        case when standing = 'valid' and result <> 'pending' then fields end as said_fields,
        case
            when standing = 'valid' and result <> 'pending' then coalesce(citizen_id, corrected_citizen_id)
        end as said_citizen
    from judged
),

compared as (
    select
        *,
        row_number() over (
            partition by mention_id, standing order by decided_at desc, result_id desc
        ) as from_latest,
        -- With this answer they say different things. What one leaves out contradicts nothing.
        coalesce(
            min(said_result) over so_far <> max(said_result) over so_far
            or min(said_fields) over so_far <> max(said_fields) over so_far
            or min(said_citizen) over so_far <> max(said_citizen) over so_far, false
        ) as is_contradicting
    from said
    window so_far as (
        partition by mention_id, standing order by decided_at, result_id
        rows between unbounded preceding and current row
    )
)

select
    result_id,
    mention_id,
    tied_by,
    case
        when standing = 'valid' and from_latest = 1 then 'counts'
        when standing = 'valid' then 'superseded'
        else standing
    end as standing,
    min(decided_at) filter (where is_contradicting) over (partition by mention_id, standing)
        as contradicted_at,
    request_id,
    tied_by <> 'request' and request_id is not null as is_request_unknown,
    record_id,
    complaint_id,
    result,
    mismatch_fields,
    case result
        when 'match' then 'MATCH'
        when 'pending' then 'PENDING'
        when 'mismatch' then 'MISMATCH'
        when 'not_found' then 'MISMATCH'
    end as verification_status,
    case
        when result = 'not_found' then 'ID_NOT_FOUND'
        when result = 'mismatch' and mismatch_fields = ['name'] then 'NAME'
        when result = 'mismatch' and mismatch_fields = ['date_of_birth'] then 'DOB'
        when result = 'mismatch' and mismatch_fields = ['sex'] then 'SEX'
        when result = 'mismatch' then 'OTHER'
    end as verification_reason,
    corrected_citizen_id,
    citizen_id,
    decided_at,
    agency_code
from compared
