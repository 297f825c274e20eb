{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with

reconciled as (
    select * from {{ ref('reconciliation') }} where vaccine_code = '*'
),

second_doses as (
    select * from {{ ref('second_doses') }}
),

rhythms as (
    select * from {{ ref('entry_rhythms') }}
),

lot_usage as (
    select * from {{ ref('lot_usage') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

gaps as (
    -- Nation and province every day reported; a facility once, by its latest figure.
    select
        case when state = 'EXCEEDED' then 'MIS-006' else 'MIS-005' end as rule_id,
        case when level = 'facility' then 'facility' else 'province_day' end as subject_type,
        case
            when level = 'facility' then place_code else place_code || '|' || report_date
        end as subject_id,
        level,
        place_code,
        reported_at as first_held_at,
        {{ evidence_json({
            'level': 'level',
            'report_date': 'report_date',
            'administered': 'doses_administered',
            'recorded': 'doses_recorded',
            'completeness': 'round(completeness, 4)',
            'week_before': 'round(completeness_week_before, 4)',
            'ask': "case when state = 'EXCEEDED' then 'check_report' else 'enter_doses' end",
        }) }} as evidence,
        case when state = 'NEARLY_COMPLETE' then 'warn' end as severity
    from reconciled
    where
        state <> 'COMPLETE'
        and (level in ('nation', 'province') or (level = 'facility' and is_latest))
),

second_dose_gaps as (
    select
        'MIS-002' as rule_id,
        'province_day' as subject_type,
        concat_ws('|', place_code, report_date, vaccine_code) as subject_id,
        level,
        place_code,
        reported_at as first_held_at,
        {{ evidence_json({
            'level': 'level',
            'vaccine': 'vaccine_code',
            'report_date': 'report_date',
            'administered': 'doses_administered',
            'recorded': 'doses_recorded',
            'people_overdue': 'people_overdue',
            'weight': 'round(weight, 3)',
            'ask': "'enter_second_doses'",
        }) }} as evidence,
        null as severity
    from second_doses
    where
        gap >= {{ setting('second_dose_gap_doses') }}
        and gap >= {{ setting('second_dose_gap_share') }} * doses_administered
),

silent as (
    select
        'MIS-007' as rule_id,
        'facility' as subject_type,
        rhythms.facility_code as subject_id,
        'facility' as level,
        rhythms.facility_code as place_code,
        (rhythms.rhythm_broken_on + 1)::timestamptz as first_held_at,
        {{ evidence_json({
            'last_entered_on': 'rhythms.last_entered_on',
            'days_silent': 'rhythms.days_silent',
            'records_expected': 'round(rhythms.records_expected)::integer',
            'ask': "'enter_backlog'",
        }) }} as evidence,
        null as severity
    from rhythms
    where rhythms.is_active and rhythms.rhythm_broken_on is not null
),

idle_lots as (
    select
        'MIS-008' as rule_id,
        'lot' as subject_type,
        concat_ws('|', vaccine_code, lot_number, province_code) as subject_id,
        'province' as level,
        province_code as place_code,
        case
            when is_expired then expiry_on + 1
            else coalesce(last_injected_on, first_allocated_on)
            + {{ setting('lot_unused_days', 'integer') }}
        end::timestamptz as first_held_at,
        {{ evidence_json({
            'lot': 'lot_number',
            'vaccine': 'vaccine_code',
            'usable': 'doses_usable',
            'recorded': 'doses_recorded',
            'last_injected_on': 'last_injected_on',
            'expiry_on': 'expiry_on',
            'kind': "case when is_expired then 'expired' else 'unused' end",
            'ask': "'enter_lot_or_discard'",
        }) }} as evidence,
        null as severity
    from lot_usage
    where
        (is_expired or days_unused >= {{ setting('lot_unused_days') }})
        and doses_usable - doses_recorded >= {{ setting('lot_missing_doses') }}
        and doses_recorded < {{ setting('lot_recorded_share') }} * doses_usable
),

flagged as (
    select * from gaps
    union all
    select * from second_dose_gaps
    union all
    select * from silent
    union all
    select * from idle_lots
)

select
    flagged.rule_id,
    flagged.subject_type,
    flagged.subject_id,
    {{ as_key('null') }} as citizen_key,
    case when flagged.level = 'facility' then flagged.place_code end as facility_code,
    flagged.first_held_at,
    flagged.evidence,
    case flagged.level
        when 'facility' then flagged.place_code
        when 'commune' then ladder.chain_commune_station
        when 'district' then ladder.chain_district_centre
        when 'nation' then ladder.chain_ministry
        else ladder.chain_provincial_cdc
    end as owner_code,
    flagged.severity
from flagged
left join ladder on flagged.place_code = ladder.ladder_key
