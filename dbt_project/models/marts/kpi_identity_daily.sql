with

requests as (
    select * from {{ ref('int_identity_requests') }} where requested_at is not null
),

answers as (
    select * from {{ ref('int_identity_answers') }}
    where standing in ('counts', 'superseded') and result <> 'pending'
),

mentions as (
    select
        mention_id,
        citizen_key
    from {{ ref('int_mentions__linked') }}
),

persons as (
    select
        citizen_key,
        province_code
    from {{ ref('int_persons') }}
),

communes as (
    select
        unit_code,
        province_code
    from {{ ref('communes') }}
),

policy as (
    select due_after_hours from {{ ref('clock_policy') }} where clock = 'identity'
),

run_context as (
    select as_of from {{ source('ops', 'run_context') }}
),

asked as (
    select
        coalesce(communes.province_code, 'unknown') as province_code,
        requests.requested_at,
        requests.requested_at + to_hours(policy.due_after_hours) as due_at,
        -- Told before it was asked: nothing is due, and nothing was answered in time.
        coalesce(requests.answered_at <= requests.requested_at, false) as is_known_before,
        case when requests.answered_at > requests.requested_at then requests.answered_at end
            as answered_at,
        run_context.as_of
    from requests
    cross join policy
    cross join run_context
    left join communes on requests.unit_code = communes.unit_code
),

sent as (
    select
        province_code,
        requested_at::date as day,
        count(*) as requests_sent,
        count(*) filter (where is_known_before) as answered_before,
        count(*) filter (where answered_at <= due_at) as answered_48h,
        count(*) filter (where answered_at > due_at) as answered_late,
        count(*) filter (where not is_known_before and answered_at is null and as_of < due_at)
            as requests_running,
        count(*) filter (where not is_known_before and answered_at is null and as_of >= due_at)
            as requests_overdue
    from asked
    group by province_code, requested_at::date
),

settled as (
    select
        province_code,
        answered_at::date as day,
        count(*) as requests_answered
    from asked
    where answered_at is not null
    group by province_code, answered_at::date
),

told as (
    select
        coalesce(persons.province_code, 'unknown') as province_code,
        answers.decided_at::date as day,
        count(distinct answers.result_id) as answers_received,
        count(distinct answers.result_id) filter (where answers.result = 'match') as answers_match,
        count(distinct answers.result_id) filter (where answers.result = 'mismatch') as answers_mismatch,
        count(distinct answers.result_id) filter (where answers.result = 'not_found') as answers_not_found
    from answers
    inner join mentions on answers.mention_id = mentions.mention_id
    inner join persons on mentions.citizen_key = persons.citizen_key
    group by coalesce(persons.province_code, 'unknown'), answers.decided_at::date
),

days as (
    select
        province_code,
        day
    from sent
    union
    select
        province_code,
        day
    from settled
    union
    select
        province_code,
        day
    from told
)

select
    days.province_code,
    days.day,
    coalesce(sent.requests_sent, 0) as requests_sent,
    coalesce(sent.answered_before, 0) as answered_before,
    coalesce(sent.answered_48h, 0) as answered_48h,
    coalesce(sent.answered_late, 0) as answered_late,
    coalesce(sent.requests_running, 0) as requests_running,
    coalesce(sent.requests_overdue, 0) as requests_overdue,
    coalesce(settled.requests_answered, 0) as requests_answered,
    sum(
        coalesce(sent.requests_sent - sent.answered_before, 0)
        - coalesce(settled.requests_answered, 0)
    ) over (partition by days.province_code order by days.day)::bigint as requests_outstanding,
    coalesce(told.answers_received, 0) as answers_received,
    coalesce(told.answers_match, 0) as answers_match,
    coalesce(told.answers_mismatch, 0) as answers_mismatch,
    coalesce(told.answers_not_found, 0) as answers_not_found
from days
left join sent on days.province_code = sent.province_code and days.day = sent.day
left join settled on days.province_code = settled.province_code and days.day = settled.day
left join told on days.province_code = told.province_code and days.day = told.day
