{{ config(materialized='view') }}

with

history as not materialized (
    select
        *,
        -- A flat "3" says at least which injection it was, if not of which kind.
        label_type is null or label_type = 'primary' as counts_doses
    from {{ ref('int_doses__sequenced') }}
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

reconciled as (
    select * from {{ ref('reconciliation') }}
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

incomplete as (
    select
        history.citizen_key,
        count(*) as doses_known,
        max(case when history.counts_doses then history.label_no end) as label_no,
        arg_max(
            {
                'facility': history.facility_code,
                'entered_by': coalesce(history.entered_by_facility_code, history.facility_code),
                'entered_at': history.entered_at,
                'dose_id': history.dose_id
            },
            (history.label_no, history.position)
        ) filter (where history.counts_doses and history.label_no is not null) as labelled
    from history
    semi join mislabelled on history.citizen_key = mislabelled.citizen_key
    group by history.citizen_key
    having
        max(case when history.counts_doses then history.label_no end) > count(*)
),

claimed as (
    select
        case
            when claims.root_cause = 'UNDER_OTHER_IDENTITY' then 'MIS-004'
            when claims.root_cause in ('NOT_ENTERED', 'CANNOT_TELL')
                and claims.matched_dose_id is null then 'MIS-003'
        end as rule_id,
        claims.complaint_id || '#' || claims.claim_no as subject_id,
        complaints.citizen_key,
        complaints.received_at,
        coalesce(claims.handler_code, complaints.handler_code) as handler_code,
        claims.matched_dose_id,
        claims.root_cause,
        claims.injected_on,
        claims.vaccine_code
    from claims
    inner join complaints on claims.complaint_id = complaints.complaint_id
    where claims.claim_kind = 'missing'
),

gaps as (
    -- Nation and province every day reported; a facility once, by its latest figure.
    select
        case
            when reconciled.state = 'EXCEEDED' then 'MIS-006'
            else 'MIS-005'
        end as rule_id,
        case
            when reconciled.level = 'facility' then 'facility' else 'province_day'
        end as subject_type,
        case
            when reconciled.level = 'facility' then reconciled.place_code
            else reconciled.place_code || '|' || reconciled.report_date
        end as subject_id,
        case when reconciled.level = 'facility' then reconciled.place_code end as facility_code,
        reconciled.reported_at,
        {{ evidence_json({
            'level': 'reconciled.level',
            'report_date': 'reconciled.report_date',
            'administered': 'reconciled.doses_administered',
            'recorded': 'reconciled.doses_recorded',
            'completeness': 'round(reconciled.completeness, 4)',
        }) }} as evidence,
        case
            when reconciled.level = 'facility' then reconciled.place_code
            when reconciled.level = 'nation' then ladder.chain_ministry
            else ladder.chain_provincial_cdc
        end as owner_code,
        case when reconciled.state = 'NEARLY_COMPLETE' then 'warn' end as severity
    from reconciled
    left join ladder on reconciled.province_code = ladder.ladder_key
    where
        reconciled.state <> 'COMPLETE'
        and (
            reconciled.level in ('nation', 'province')
            or (reconciled.level = 'facility' and reconciled.is_latest)
        )
)

select
    'MIS-001' as rule_id,
    'citizen' as subject_type,
    citizen_key as subject_id,
    citizen_key,
    labelled.facility as facility_code,
    labelled.entered_at as first_held_at,
    {{ evidence_json({
        'label': 'label_no',
        'doses_known': 'doses_known',
        'dose': 'labelled.dose_id',
    }) }} as evidence,
    labelled.entered_by as owner_code,
    null as severity
from incomplete
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
    }) }} as evidence,
    claimed.handler_code as owner_code,
    null as severity
from claimed
left join facilities on claimed.handler_code = facilities.facility_code
where claimed.rule_id is not null
union all
select
    rule_id,
    subject_type,
    subject_id,
    null as citizen_key,
    facility_code,
    reported_at as first_held_at,
    evidence,
    owner_code,
    severity
from gaps
