with

complaints as not materialized (
    select * from {{ ref('fct_complaints') }}
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

-- An attached complaint shares the fate of the one it repeats.
fates as (
    select
        complaints.complaint_id,
        deciding.complaint_id as deciding_id,
        deciding.state,
        deciding.outcome_at,
        deciding.deferred_until,
        deciding.root_cause,
        deciding.handler_code,
        deciding.province_code
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

decided as (
    select
        fates.*,
        coalesce(last_outcomes.event_type = 'supplement_requested', false) as is_supplement_asked,
        last_outcomes.reason_codes
    from fates
    left join last_outcomes
        on fates.deciding_id = last_outcomes.complaint_id and fates.state = last_outcomes.outcome
),

reasoned as (
    select
        complaint_id,
        state,
        {{ each_of(
            "case"
            " when state = 'REJECTED' and len(reason_codes) > 0 then reason_codes"
            " when is_supplement_asked then ['SUPPLEMENT']"
            " else [state] end"
        ) }} as reason_code
    from decided
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

select
    decided.complaint_id,
    decided.deciding_id,
    decided.state,
    decided.is_supplement_asked,
    case
        when decided.state in ('APPROVED', 'DEFERRED', 'REJECTED', 'WITHDRAWN') then decided.outcome_at
    end as decided_at,
    decided.deferred_until,
    decided.root_cause,
    decided.handler_code,
    decided.province_code,
    {{ citizen_text('outcomes.text_vi') }} as outcome_vi,
    {{ citizen_text('outcomes.text_en') }} as outcome_en,
    {{ citizen_text('reasons.reason_vi') }} as reason_vi,
    {{ citizen_text('reasons.reason_en') }} as reason_en,
    papers.bring_vi,
    papers.bring_en,
    coalesce(facilities.facility_name, agencies.agency_name) as place_name,
    coalesce(facilities.address, agencies.address) as place_address,
    facilities.opening_hours as place_hours
from decided
left join texts as outcomes on outcomes.use = 'outcome' and decided.state = outcomes.code
left join reasons on decided.complaint_id = reasons.complaint_id
left join papers on decided.complaint_id = papers.complaint_id
-- A place to go to, only for those asked to bring something there.
left join facilities
    on papers.complaint_id is not null and decided.handler_code = facilities.facility_code
left join agencies
    on papers.complaint_id is not null and decided.handler_code = agencies.agency_code
