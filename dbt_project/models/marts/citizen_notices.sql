with

answers as (
    select * from {{ ref('int_complaint_answers') }}
),

received as (
    select * from {{ ref('int_complaints__current') }}
),

states as not materialized (
    select * from {{ ref('int_complaint_states') }}
),

deferrals as (
    select * from {{ ref('int_complaint_deferrals') }} where met_at is null
),

claims as (
    select * from {{ ref('fct_complaint_claims') }}
),

root_causes as (
    select * from {{ ref('root_causes') }}
),

texts as (
    select * from {{ ref('citizen_texts') }}
),

policy as (
    select due_after_hours from {{ ref('clock_policy') }} where clock = 'resolution'
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- Nothing says why, but what was asked for can't be seen: a dose that was missed isn't on record, or
-- one that was denied still is.
unseen as (
    select distinct complaint_id
    from claims
    where
        is_contested
        and root_cause = 'CANNOT_TELL'
        and (claim_kind = 'deny') <> (matched_dose_id is null)
),

due as (
    select
        answers.complaint_id,
        answers.decided_at,
        coalesce(answers.province_code, 'unknown') as province_code,
        coalesce(received.complainant_phone, received.phone) as phone,
        case
            -- Told only when whoever looks will see it.
            when
                answers.state = 'APPROVED'
                and not root_causes.is_change_needed
                and unseen.complaint_id is null
                and (
                    received.complaint_type is distinct from 'CERTIFICATE_NOT_ISSUED'
                    or answers.root_cause = 'ALREADY_CORRECT'
                )
                then 'APPROVED'
            when answers.state = 'REJECTED' then 'REJECTED'
            when answers.is_supplement_asked then 'SUPPLEMENT'
            -- Put off to a day after the one on which it should have been resolved.
            when
                answers.state = 'DEFERRED'
                and deferrals.review_on::timestamptz
                > deciding.cycle_starts_at + to_hours(policy.due_after_hours)
                then 'LONG_DEFERRAL'
        end as notice
    from answers
    cross join policy
    inner join received on answers.complaint_id = received.complaint_id
    inner join root_causes on answers.root_cause = root_causes.root_cause
    inner join states on answers.complaint_id = states.complaint_id
    inner join states as deciding on answers.deciding_id = deciding.complaint_id
    left join deferrals on answers.deciding_id = deferrals.complaint_id
    left join unseen on answers.deciding_id = unseen.complaint_id
    where answers.decided_at > coalesce(states.notified_at, timestamptz '1900-01-01 00:00:00+07')
)

-- A text of its own for each complaint: one that named all of a phone would change with the next of
-- them, and tell of the first again.
select
    {{ pseudonym(
        "'N|' || due.phone || '|' || due.notice || '|' || due.complaint_id || '@' || epoch_ms(due.decided_at)"
    ) }} as message_key,
    due.province_code,
    due.notice,
    due.decided_at,
    due.complaint_id as reference,
    due.phone,
    replace({{ citizen_text('texts.text_vi') }}, '{reference}', due.complaint_id) as text_vi,
    replace({{ citizen_text('texts.text_en') }}, '{reference}', due.complaint_id) as text_en
from due
cross join run_context
inner join texts on texts.use = 'notice' and due.notice = texts.code
where due.phone is not null
