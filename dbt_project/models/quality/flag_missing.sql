{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with

history as not materialized (
    select * from {{ ref('int_doses__sequenced') }}
),

products as (
    select
        vaccine_code,
        primary_doses
    from {{ rule_pack('vaccine_products') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

mentions as (
    select * from {{ ref('int_mentions__linked') }}
),

persons as (
    select
        citizen_key,
        unit_code
    from {{ ref('int_persons') }}
),

claims as (
    select * from {{ ref('fct_complaint_claims') }}
),

complaints as (
    select * from {{ ref('fct_complaints') }}
),

facilities as (
    select facility_code from {{ ref('int_facilities__current') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

mislabelled as (
    -- A label above the number of doses known is above its own place, too.
    select distinct citizen_key
    from history
    where slot_differs_because is not null
),

implied as (
    select
        history.*,
        -- A flat "3" says at least which injection it was, if not of which kind; a booster says that
        -- the whole series came before it.
        history.label_no + case
            when history.label_type in ('additional', 'booster')
                then coalesce(
                    products.primary_doses, {{ setting('default_primary_doses', 'integer') }}
                )
            else 0
        end as doses_implied
    from history
    semi join mislabelled on history.citizen_key = mislabelled.citizen_key
    left join products on history.primary_vaccine_code = products.vaccine_code
),

incomplete as (
    select
        citizen_key,
        count(*) as doses_known,
        max(doses_implied) as doses_implied,
        arg_max(
            {
                'facility': facility_code,
                'entered_by': coalesce(entered_by_facility_code, facility_code),
                'held_at': held_at,
                'label': concat_ws(' ', label_type, label_no),
                'dose_id': dose_id
            },
            (doses_implied, position)
        ) filter (where doses_implied is not null) as labelled
    from implied
    group by citizen_key
    having max(doses_implied) > count(*)
),

-- Whoever may be a citizen that has the earlier dose must be told apart before it is typed again.
perhaps_someone as (
    select distinct citizen_key
    from mentions
    where candidate_citizen_id is not null
),

claimed as (
    select
        case
            when claims.root_cause = 'UNDER_OTHER_IDENTITY' then 'MIS-004'
            when claims.root_cause in ('NOT_ENTERED', 'CANNOT_TELL')
                and claims.matched_dose_id is null then 'MIS-003'
        end as rule_id,
        claims.complaint_id || '#' || claims.claim_no as subject_id,
        {{ as_key('complaints.citizen_key') }} as citizen_key,
        complaints.received_at,
        coalesce(claims.handler_code, complaints.handler_code) as handler_code,
        claims.matched_dose_id,
        claims.root_cause,
        claims.injected_on,
        claims.vaccine_code
    from claims
    inner join complaints on claims.complaint_id = complaints.complaint_id
    where claims.claim_kind = 'missing'
)

select
    'MIS-001' as rule_id,
    'citizen' as subject_type,
    {{ key_text('incomplete.citizen_key') }} as subject_id,
    incomplete.citizen_key,
    incomplete.labelled.facility as facility_code,
    incomplete.labelled.held_at as first_held_at,
    {{ evidence_json({
        'label': 'incomplete.labelled.label',
        'doses_implied': 'incomplete.doses_implied',
        'doses_known': 'incomplete.doses_known',
        'dose': 'incomplete.labelled.dose_id',
        'ask': "case when perhaps_someone.citizen_key is null then 'enter_earlier_dose'"
        ~ " else 'tell_profiles_apart' end",
    }) }} as evidence,
    case
        when perhaps_someone.citizen_key is not null
            then coalesce(ladder.chain_commune_police, incomplete.labelled.entered_by)
        else incomplete.labelled.entered_by
    end as owner_code
from incomplete
left join perhaps_someone on incomplete.citizen_key = perhaps_someone.citizen_key
left join persons on incomplete.citizen_key = persons.citizen_key
left join ladder on persons.unit_code = ladder.ladder_key
union all
select
    claimed.rule_id,
    'claim' as subject_type,
    claimed.subject_id,
    claimed.citizen_key,
    facilities.facility_code,
    claimed.received_at as first_held_at,
    {{ evidence_json({
        'root_cause': 'claimed.root_cause',
        'injected_on': 'claimed.injected_on',
        'vaccine': 'claimed.vaccine_code',
        'dose': 'claimed.matched_dose_id',
        'ask': "case when claimed.rule_id = 'MIS-004' then 'move_dose'"
        ~ " when claimed.root_cause = 'NOT_ENTERED' then 'enter_claimed_dose'"
        ~ " else 'ask_for_paper' end",
    }) }} as evidence,
    claimed.handler_code as owner_code
from claimed
left join facilities on claimed.handler_code = facilities.facility_code
where claimed.rule_id is not null
