with

identity_results as (
    select * from {{ ref('stg_identity_results') }}
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
        mention_id
    from {{ ref('int_complaints__current') }}
),

mentions as (
    select
        mention_id,
        id_number
    from {{ ref('int_mentions') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

answers as (
    select identity_results.*
    from identity_results
    cross join run_context
    where
        identity_results.delivery_date <= run_context.known_as_of::date
        and identity_results.decided_at <= run_context.as_of
    qualify row_number() over (
        partition by identity_results.result_id
        order by
            identity_results.delivery_date desc,
            identity_results.file desc,
            identity_results.line desc
    ) = 1
),

about_mentions as (
    -- An answer older than the identity fields it would speak of now is about other fields.
    select
        doses.mention_id,
        answers.*
    from answers
    inner join doses on answers.record_id = doses.record_id
    where answers.decided_at >= doses.identity_entered_at
    union all
    select
        complaints.mention_id,
        answers.*
    from answers
    inner join complaints on answers.complaint_id = complaints.complaint_id
    where answers.record_id is null
    union all
    select
        mentions.mention_id,
        answers.*
    from answers
    inner join mentions on answers.id_number = mentions.id_number
    where answers.record_id is null and answers.complaint_id is null
),

latest as (
    select *
    from about_mentions
    qualify row_number() over (
        partition by mention_id
        order by decided_at desc, delivery_date desc, file desc, line desc
    ) = 1
)

select
    mention_id,
    result_id,
    request_id,
    decided_at,
    case result
        when 'match' then 'MATCH'
        when 'pending' then 'PENDING'
        else 'MISMATCH'
    end as verification_status,
    case
        when result = 'not_found' then 'ID_NOT_FOUND'
        when result = 'mismatch' and mismatch_fields = ['name'] then 'NAME'
        when result = 'mismatch' and mismatch_fields = ['date_of_birth'] then 'DOB'
        when result = 'mismatch' and mismatch_fields = ['sex'] then 'SEX'
        when result = 'mismatch' then 'OTHER'
    end as verification_reason
from latest
