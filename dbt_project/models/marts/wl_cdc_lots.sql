with

findings as (
    select * from {{ ref('findings') }}
    where starts_with(rule_id, 'LOT-') or rule_id = 'MIS-008'
),

facilities as (
    select
        facility_code,
        facility_name,
        province_code
    from {{ ref('int_facilities__current') }}
),

rules as (
    select
        rule_id,
        title_vi
    from {{ ref('rules') }}
),

texts as (
    select
        rule_id,
        correction_vi
    from {{ ref('rule_texts') }}
),

lot_usage as (
    select * from {{ ref('lot_usage') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

-- A finding of a lot names it in its subject, one of a dose in its evidence.
placed as (
    select
        findings.rule_id,
        findings.severity,
        findings.first_held_at,
        case
            when findings.subject_type = 'lot' then split_part(findings.subject_id, '|', 1)
            else findings.evidence ->> '$.vaccine'
        end as vaccine_code,
        case
            when findings.subject_type = 'lot' then split_part(findings.subject_id, '|', 2)
            else findings.evidence ->> '$.lot'
        end as lot_number,
        case
            when findings.subject_type = 'lot' then split_part(findings.subject_id, '|', 3)
            else facilities.province_code
        end as province_code,
        -- The product whose lot it is, where another was typed.
        findings.evidence ->> '$.lot_is_of' as lot_is_of,
        (findings.evidence ->> '$.expiry_on')::date as expiry_on,
        findings.facility_code,
        findings.subject_type = 'dose' as is_of_record
    from findings
    left join facilities on findings.facility_code = facilities.facility_code
),

counted as (
    select
        rule_id,
        any_value(severity) as severity,
        vaccine_code,
        lot_number,
        province_code,
        facility_code,
        count(*) filter (where is_of_record)::bigint as records,
        min(lot_is_of) as lot_is_of,
        max(expiry_on) as expiry_on,
        min(first_held_at) as first_held_at
    from placed
    group by rule_id, vaccine_code, lot_number, province_code, facility_code
)

select
    md5(concat_ws(
        '|',
        counted.rule_id,
        coalesce(counted.vaccine_code, ''),
        coalesce(counted.lot_number, ''),
        coalesce(counted.province_code, ''),
        coalesce(counted.facility_code, '')
    )) as item_id,
    ladder.chain_provincial_cdc as owner_code,
    counted.province_code,
    counted.rule_id,
    rules.title_vi,
    counted.severity,
    counted.vaccine_code,
    counted.lot_number,
    counted.facility_code,
    facilities.facility_name,
    counted.records,
    lot_usage.doses_received,
    lot_usage.doses_discarded,
    lot_usage.doses_recorded,
    lot_usage.last_injected_on,
    coalesce(counted.expiry_on, lot_usage.expiry_on) as expiry_on,
    counted.first_held_at,
    texts.correction_vi
from counted
inner join rules on counted.rule_id = rules.rule_id
left join texts on counted.rule_id = texts.rule_id
left join facilities on counted.facility_code = facilities.facility_code
left join ladder on counted.province_code = ladder.ladder_key
left join lot_usage
    on
        coalesce(counted.lot_is_of, counted.vaccine_code) = lot_usage.vaccine_code
        and {{ lot_key('counted.lot_number') }} = {{ lot_key('lot_usage.lot_number') }}
        and counted.province_code = lot_usage.province_code
