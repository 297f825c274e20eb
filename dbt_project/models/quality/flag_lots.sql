{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with

doses as not materialized (
    select * from {{ ref('int_doses__deduplicated') }}
),

chosen_doses as (
    select * from doses where is_chosen
),

facilities as (
    select
        facility_code,
        province_code
    from {{ ref('int_facilities__current') }}
),

lots as not materialized (
    select * from {{ ref('int_lots__current') }}
),

expiries as not materialized (
    select * from {{ ref('int_lot_expiries__current') }}
),

patterns as (
    select * from {{ rule_pack('lot_patterns') }}
),

products as (
    select * from {{ rule_pack('vaccine_products') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

allocated as (
    -- One lot should be one product's; where lists say two, either is believed.
    select
        lot_key,
        list(distinct vaccine_code) as vaccine_codes,
        min(vaccine_code) as vaccine_code
    from lots
    group by lot_key
),

allocated_here as (
    select distinct
        province_code,
        lot_key
    from lots
),

listed_provinces as (
    select distinct province_code from lots
),

-- A few thousand spellings of lots, not 90 million doses, are held against the patterns.
used as (
    select
        vaccine_code,
        lot_number,
        lot_key,
        count(*) as records
    from doses
    where lot_number is not null and vaccine_problem is null
    group by vaccine_code, lot_number, lot_key
),

unusual as (
    select
        used.vaccine_code,
        used.lot_number
    from used
    inner join patterns on used.vaccine_code = patterns.vaccine_code
    anti join allocated on used.lot_key = allocated.lot_key
    group by used.vaccine_code, used.lot_number
    having not bool_or(regexp_matches(used.lot_number, patterns.pattern))
),

used_by_key as (
    select
        vaccine_code,
        lot_key,
        sum(records) as records
    from used
    where lot_key is not null
    group by vaccine_code, lot_key
),

shared as (
    select
        lot_key,
        arg_max(vaccine_code, (records, vaccine_code)) as vaccine_code,
        max(records) as records,
        sum(records) as all_records
    from used_by_key
    group by lot_key
    having count(*) > 1
),

majorities as (
    select
        shared.lot_key,
        shared.vaccine_code
    from shared
    anti join allocated on shared.lot_key = allocated.lot_key
    where
        shared.all_records >= {{ setting('lot_majority_records') }}
        and shared.records >= {{ setting('lot_majority_share') }} * shared.all_records
),

expiry_products as (
    select
        lot_key,
        min(vaccine_code) as vaccine_code
    from expiries
    group by lot_key
    having count(distinct vaccine_code) = 1
),

lot_expiries as (
    -- By lot alone: a dose with the wrong product typed has still expired.
    select expiries.*
    from expiries
    inner join expiry_products
        on
            expiries.lot_key = expiry_products.lot_key
            and expiries.vaccine_code = expiry_products.vaccine_code
),

placed as (
    select
        doses.record_id,
        doses.citizen_key,
        doses.facility_code,
        doses.lot_number,
        doses.lot_key,
        doses.injected_on,
        doses.administered_in is not null as is_outside,
        case when doses.vaccine_problem is null then doses.vaccine_code end as product_code,
        coalesce(doses.entered_at, doses.delivery_date::timestamptz) as held_at,
        coalesce(doses.entered_by_facility_code, doses.facility_code) as entered_by,
        facilities.province_code
    from doses
    left join facilities on doses.facility_code = facilities.facility_code
),

judged as (
    select
        placed.record_id,
        placed.citizen_key,
        placed.facility_code,
        placed.held_at,
        placed.entered_by,
        ladder.chain_provincial_cdc as cdc,
        {{ all_raised([
            raised('LOT-001', 'placed.lot_number is null'),
            raised(
                'LOT-002', 'unusual.lot_number is not null and not placed.is_outside',
                {'vaccine': 'placed.product_code', 'lot': 'placed.lot_number'}
            ),
            raised(
                'LOT-003',
                'not list_contains(allocated.vaccine_codes, placed.product_code)'
                ~ ' or majorities.vaccine_code <> placed.product_code',
                {
                    'vaccine': 'placed.product_code',
                    'lot': 'placed.lot_number',
                    'lot_is_of': 'coalesce(allocated.vaccine_code, majorities.vaccine_code)',
                    'by': "case when allocated.lot_key is null then 'majority' else 'allocation' end",
                }
            ),
            raised(
                'LOT-004', 'placed.injected_on > lot_expiries.expiry_on',
                {
                    'lot': 'placed.lot_number',
                    'injected_on': 'placed.injected_on',
                    'expiry_on': 'lot_expiries.expiry_on',
                }
            ),
            raised(
                'LOT-005',
                'placed.lot_number is not null and not placed.is_outside'
                ~ ' and listed_provinces.province_code is not null'
                ~ ' and allocated_here.lot_key is null',
                {
                    'lot': 'placed.lot_number',
                    'province': 'placed.province_code',
                    'is_allocated_elsewhere': 'allocated.lot_key is not null',
                }
            ),
        ]) }}
    from placed
    left join allocated on placed.lot_key = allocated.lot_key
    left join unusual
        on
            placed.product_code = unusual.vaccine_code
            and placed.lot_number = unusual.lot_number
    left join majorities on placed.lot_key = majorities.lot_key
    left join lot_expiries
        on
            placed.lot_key = lot_expiries.lot_key
            and {{ valid_on('lot_expiries', 'placed.injected_on') }}
    left join listed_provinces on placed.province_code = listed_provinces.province_code
    left join allocated_here
        on
            placed.province_code = allocated_here.province_code
            and placed.lot_key = allocated_here.lot_key
    left join ladder on placed.province_code = ladder.ladder_key
),

flagged as (
    select
        record_id,
        citizen_key,
        facility_code,
        held_at,
        entered_by,
        cdc,
        {{ each_of('findings_raised') }} as finding
    from judged
    where is_flagged
),

limits as (
    select
        lots.vaccine_code,
        lots.lot_key,
        lots.lot_number,
        lots.province_code,
        lots.doses_received,
        floor(lots.doses_received * (1 + products.overfill_share))::bigint as doses_possible
    from lots
    inner join products on lots.vaccine_code = products.vaccine_code
    where lots.doses_received > 0
),

recorded as (
    select
        limits.vaccine_code,
        limits.lot_number,
        limits.province_code,
        limits.doses_received,
        limits.doses_possible,
        count(*) as doses_recorded,
        -- When the dose too many was entered.
        list_sort(
            list(coalesce(chosen_doses.entered_at, chosen_doses.delivery_date::timestamptz))
        )[any_value(limits.doses_possible) + 1] as held_at
    from chosen_doses
    inner join facilities on chosen_doses.facility_code = facilities.facility_code
    inner join limits
        on
            chosen_doses.vaccine_code = limits.vaccine_code
            and chosen_doses.lot_key = limits.lot_key
            and facilities.province_code = limits.province_code
    group by
        limits.vaccine_code,
        limits.lot_number,
        limits.province_code,
        limits.doses_received,
        limits.doses_possible
    having count(*) > limits.doses_possible
)

select
    finding.rule_id as rule_id,
    'dose' as subject_type,
    record_id as subject_id,
    citizen_key,
    facility_code,
    held_at as first_held_at,
    finding.evidence as evidence,
    case when finding.rule_id = 'LOT-005' then coalesce(cdc, entered_by) else entered_by end
        as owner_code
from flagged
union all
select
    'LOT-006' as rule_id,
    'lot' as subject_type,
    concat_ws('|', recorded.vaccine_code, recorded.lot_number, recorded.province_code)
        as subject_id,
    null as citizen_key,
    null as facility_code,
    recorded.held_at as first_held_at,
    {{ evidence_json({
        'received': 'recorded.doses_received',
        'possible': 'recorded.doses_possible',
        'recorded': 'recorded.doses_recorded',
    }) }} as evidence,
    ladder.chain_provincial_cdc as owner_code
from recorded
left join ladder on recorded.province_code = ladder.ladder_key
