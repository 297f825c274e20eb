with

answers as (
    select * from {{ ref('int_complaint_answers') }}
),

received as not materialized (
    select * from {{ ref('int_complaints__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- Whoever knows the number of the complaint and a phone, or the identity, given with it.
known as (
    select
        complaint_id,
        'phone|' || complaint_id || '|'
        || {{ each_of("list_distinct([phone, complainant_phone] || coalesce(other_phones, []))") }} as secret
    from received
    union all
    select
        complaint_id,
        'identity|' || complaint_id || '|' || id_number || '|' || strftime(birth_on, '%Y-%m-%d') as secret
    from received
    where id_number is not null and birth_on is not null
)

select
    {{ keyed_hash('known.secret', 'portal') }} as lookup_key,
    answers.state as outcome,
    answers.outcome_vi,
    answers.outcome_en,
    answers.reason_vi,
    answers.reason_en,
    answers.bring_vi,
    answers.bring_en,
    answers.place_name,
    answers.place_address,
    answers.place_hours,
    answers.decided_at::date as decided_on,
    answers.deferred_until as next_review_on
from known
cross join run_context
inner join answers on known.complaint_id = answers.complaint_id
where known.secret is not null
