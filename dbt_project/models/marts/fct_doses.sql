{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key', 'is_published': true},
    pre_hook=["{{ note_persons_of_changed_findings() }}", "{{ hold_changed('history') }}"]
) }}

with

history as (
    select doses.*
    from {{ ref('int_doses__sequenced') }} as doses
    {{ only_changed('doses.citizen_key') }}
),

records as (
    select * from {{ ref('int_doses__deduplicated') }} where is_chosen
),

facilities as (
    select
        facility_code,
        province_code
    from {{ ref('int_facilities__current') }}
),

findings as (
    select * from {{ ref('findings') }}
    where subject_type = 'dose' and severity = 'error'
),

reasons as (
    select * from {{ rule_pack('verdict_reasons') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

judged as (
    select
        findings.subject_id as dose_id,
        -- What makes it not valid comes before what is forgiven.
        arg_min(reasons.verdict, (reasons.verdict = 'valid', reasons.rank, findings.rule_id))
            as verdict,
        arg_min(reasons.reason, (reasons.verdict = 'valid', reasons.rank, findings.rule_id))
            as verdict_reason,
        arg_min(findings.rule_id, (reasons.verdict = 'valid', reasons.rank, findings.rule_id))
            as verdict_rule_id
    from findings
    cross join run_context
    inner join reasons
        on
            findings.rule_id = reasons.rule_id
            and {{ valid_on('reasons', 'run_context.as_of::date') }}
    group by findings.subject_id
)

select
    history.dose_id,
    {{ key_text('history.citizen_key') }} as citizen_key,
    history.verification_status,
    -- The place in the history; where there is none, what was typed.
    coalesce(history.slot_type, history.label_type) as dose_type,
    case
        when history.slot_type is null then history.label_no else history.slot_no
    end::integer as dose_no,
    records.dose_label_typed,
    history.vaccine_code,
    history.lot_number,
    history.injected_on,
    history.facility_code,
    history.entered_by_facility_code,
    history.entered_at,
    history.source_record_ids,
    coalesce(judged.verdict, 'valid') as verdict,
    judged.verdict_reason,
    judged.verdict_rule_id,
    history.slot_type is not null as has_slot,
    history.slot_differs_because,
    history.position::integer as history_position,
    history.days_since_previous::integer as days_since_previous,
    records.first_entered_at,
    (records.first_entered_at::date - history.injected_on)::integer as entry_delay_days,
    records.entry_mode,
    records.administered_in,
    facilities.province_code,
    records.link_decision,
    history.citizen_id
from history
inner join records on history.dose_id = records.record_id
left join facilities on history.facility_code = facilities.facility_code
left join judged on history.dose_id = judged.dose_id
