with

complaints as (
    select * from {{ ref('fct_complaints') }}
),

received as (
    select * from {{ ref('int_complaints__current') }}
),

events as (
    select * from {{ ref('int_complaint_events__current') }} where outcome is not null
),

texts as (
    select * from {{ ref('citizen_texts') }}
),

reject_reasons as (
    select * from {{ ref('reject_reasons') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

agencies as (
    select * from {{ ref('int_agencies__current') }}
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
),

-- An attached complaint shares the fate of the one it repeats.
fates as (
    select
        complaints.complaint_id,
        deciding.complaint_id as deciding_id,
        deciding.state,
        deciding.outcome_at,
        deciding.deferred_until,
        deciding.handler_code
    from complaints
    inner join complaints as deciding
        on coalesce(complaints.attached_to, complaints.complaint_id) = deciding.complaint_id
),

last_outcomes as (
    select
        complaint_id,
        outcome,
        arg_max(event_type, position) as event_type,
        arg_max(reason_codes, position) as reason_codes
    from events
    group by complaint_id, outcome
),

reasoned as (
    select
        fates.complaint_id,
        fates.state,
        {{ each_of(
            "case"
            " when fates.state = 'REJECTED' and len(last_outcomes.reason_codes) > 0"
            " then last_outcomes.reason_codes"
            " when last_outcomes.event_type = 'supplement_requested' then ['SUPPLEMENT']"
            " else [fates.state] end"
        ) }} as reason_code
    from fates
    inner join last_outcomes
        on fates.deciding_id = last_outcomes.complaint_id and fates.state = last_outcomes.outcome
),

-- A code without a text says no more than the outcome.
told as (
    select distinct
        reasoned.complaint_id,
        coalesce(texts.code, reasoned.state) as reason_code
    from reasoned
    left join texts on texts.use = 'reason' and reasoned.reason_code = texts.code
),

reasons as (
    select
        told.complaint_id,
        string_agg(texts.text_vi, ' ' order by reject_reasons.primary_order, told.reason_code) as reason_vi,
        string_agg(texts.text_en, ' ' order by reject_reasons.primary_order, told.reason_code) as reason_en,
        string_agg(texts.bring, ';') as bring
    from told
    inner join texts on texts.use = 'reason' and told.reason_code = texts.code
    left join reject_reasons on told.reason_code = reject_reasons.reason_code
    group by told.complaint_id
),

papers as (
    select
        reasons.complaint_id,
        string_agg(texts.text_vi, '; ' order by texts.code) as bring_vi,
        string_agg(texts.text_en, '; ' order by texts.code) as bring_en
    from reasons
    inner join texts
        on texts.use = 'bring' and list_contains({{ split_list('reasons.bring') }}, texts.code)
    group by reasons.complaint_id
)

select distinct
    {{ keyed_hash('known.secret', 'portal') }} as lookup_key,
    fates.state as outcome,
    {{ citizen_text('outcomes.text_vi') }} as outcome_vi,
    {{ citizen_text('outcomes.text_en') }} as outcome_en,
    {{ citizen_text('reasons.reason_vi') }} as reason_vi,
    {{ citizen_text('reasons.reason_en') }} as reason_en,
    papers.bring_vi,
    papers.bring_en,
    coalesce(facilities.facility_name, agencies.agency_name) as place_name,
    coalesce(facilities.address, agencies.address) as place_address,
    facilities.opening_hours as place_hours,
    case
        when fates.state in ('APPROVED', 'DEFERRED', 'REJECTED', 'WITHDRAWN')
            then fates.outcome_at::date
    end as decided_on,
    fates.deferred_until as next_review_on
from known
cross join run_context
inner join fates on known.complaint_id = fates.complaint_id
left join texts as outcomes on outcomes.use = 'outcome' and fates.state = outcomes.code
left join reasons on fates.complaint_id = reasons.complaint_id
left join papers on fates.complaint_id = papers.complaint_id
-- A place to go to, only for those asked to bring something there.
left join facilities
    on papers.complaint_id is not null and fates.handler_code = facilities.facility_code
left join agencies
    on papers.complaint_id is not null and fates.handler_code = agencies.agency_code
where known.secret is not null
