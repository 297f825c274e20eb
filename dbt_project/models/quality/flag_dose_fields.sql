{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with

doses as not materialized (
    select * from {{ ref('int_doses__deduplicated') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

lots as not materialized (
    select * from {{ ref('int_lots__current') }}
),

products as (
    select * from {{ rule_pack('vaccine_products') }}
),

ages as (
    select * from {{ rule_pack('age_eligibility') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

lot_products as (
    select
        lot_key,
        min(vaccine_code) as vaccine_code
    from lots
    group by lot_key
    having count(distinct vaccine_code) = 1
),

allocated_products as (
    select distinct
        province_code,
        vaccine_code
    from lots
),

listed_provinces as (
    -- Where no list was delivered, nothing is said about what was allocated.
    select distinct province_code from lots
),

dated as (
    select
        doses.*,
        facilities.province_code as facility_province_code,
        facilities.facility_code is not null as is_facility_known,
        facilities.active_from,
        facilities.active_to,
        doses.administered_in is not null as is_outside,
        coalesce(doses.entered_at, doses.delivery_date::timestamptz) as held_at,
        doses.entered_at::date as entered_on,
        doses.first_entered_at::date as first_entered_on,
        -- "Vero Cell" is whatever its lot was allocated as.
        case
            when doses.vaccine_problem is null then doses.vaccine_code
            when doses.vaccine_problem = 'ambiguous' then lot_products.vaccine_code
        end as product_code,
        {{ completed_years('doses.birth_first_on', 'doses.injected_on') }} as oldest_age
    from doses
    left join facilities on doses.facility_code = facilities.facility_code
    left join lot_products on doses.lot_key = lot_products.lot_key
),

-- By day: joined with the records themselves, a span of time is compared with each of them.
late_entries as (
    select
        days.injected_on,
        late.value
    from (select distinct doses.injected_on from doses) as days
    inner join settings as late
        on late.setting = 'late_entry_days' and {{ valid_on('late', 'days.injected_on') }}
),

judged as (
    select
        dated.record_id,
        dated.citizen_key,
        dated.facility_code,
        dated.held_at,
        coalesce(dated.entered_by_facility_code, dated.facility_code) as entered_by,
        ladder.chain_provincial_cdc as cdc,
        {{ all_raised([
            raised('DOSE-001', "dated.vaccine_problem = 'missing'"),
            raised(
                'DOSE-002',
                "not dated.is_outside and (dated.vaccine_problem = 'unknown'"
                ~ ' or (dated.product_code is not null and products.vaccine_code is null))',
                {'vaccine': 'dated.product_code'}
            ),
            raised(
                'DOSE-003', "dated.vaccine_problem = 'ambiguous' and dated.product_code is null",
                {'has_lot': 'dated.lot_number is not null'}
            ),
            raised('DOSE-004', "dated.injected_problem = 'missing'"),
            raised('DOSE-005', "dated.injected_problem = 'unreadable'"),
            raised(
                'DOSE-006',
                'dated.injected_on > dated.entered_on or dated.injected_on > run_context.as_of::date',
                {'injected_on': 'dated.injected_on', 'entered_on': 'dated.entered_on'}
            ),
            raised(
                'DOSE-007', 'dated.injected_on < dated.birth_first_on',
                {'injected_on': 'dated.injected_on', 'precision': 'dated.birth_precision'}
            ),
            raised(
                'DOSE-008',
                'not dated.is_outside and (dated.injected_on < ' ~ setting('campaign_start', 'date')
                ~ ' or dated.injected_on < products.licensed_on'
                ~ ' or dated.injected_on < products.first_used_on)',
                {
                    'vaccine': 'dated.product_code',
                    'injected_on': 'dated.injected_on',
                    'before': "case when dated.injected_on < " ~ setting('campaign_start', 'date')
                    ~ " then 'campaign' when dated.injected_on < products.licensed_on"
                    ~ " then 'licence' else 'first_use' end",
                },
                "case when dated.injected_on >= " ~ setting('campaign_start', 'date')
                ~ " and dated.injected_on >= products.licensed_on then 'warn' end"
            ),
            raised(
                'DOSE-009', 'not dated.is_outside and dated.oldest_age < ages.min_age_years',
                {
                    'vaccine': 'dated.product_code',
                    'injected_on': 'dated.injected_on',
                    'oldest_age': 'dated.oldest_age',
                    'min_age': 'ages.min_age_years',
                }
            ),
            raised(
                'DOSE-010', "dated.label_problem in ('missing', 'unreadable')",
                {'label': 'dated.label_problem'}
            ),
            raised(
                'DOSE-011',
                'not dated.is_outside and (not dated.is_facility_known'
                ~ ' or dated.injected_on < dated.active_from'
                ~ ' or dated.injected_on > dated.active_to)',
                {
                    'facility_basis': 'dated.facility_basis',
                    'is_known': 'dated.is_facility_known',
                    'injected_on': 'dated.injected_on',
                    'active_from': 'dated.active_from',
                    'active_to': 'dated.active_to',
                }
            ),
            raised(
                'DOSE-012', 'dated.first_entered_on - dated.injected_on > late.value::integer',
                {
                    'injected_on': 'dated.injected_on',
                    'days': 'dated.first_entered_on - dated.injected_on',
                    'allowed': 'late.value::integer',
                }
            ),
            raised(
                'DOSE-014',
                'not dated.is_outside and listed_provinces.province_code is not null'
                ~ ' and dated.product_code is not null'
                ~ ' and allocated_products.vaccine_code is null',
                {'vaccine': 'dated.product_code', 'province': 'dated.facility_province_code'}
            ),
            raised('DOSE-015', 'dated.is_outside', {'injected_on': 'dated.injected_on'}),
        ]) }}
    from dated
    cross join run_context
    left join products on dated.product_code = products.vaccine_code
    left join ages
        on dated.product_code = ages.vaccine_code and {{ valid_on('ages', 'dated.injected_on') }}
    left join late_entries as late on dated.injected_on = late.injected_on
    left join listed_provinces on dated.facility_province_code = listed_provinces.province_code
    left join allocated_products
        on
            dated.facility_province_code = allocated_products.province_code
            and dated.product_code = allocated_products.vaccine_code
    left join ladder on dated.facility_province_code = ladder.ladder_key
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

heaps as (
    select
        facility_code,
        max(coalesce(entered_at, delivery_date::timestamptz)) as held_at,
        count(*) as dates,
        count(*) filter (where day(injected_on) in (1, 15)) as heaped
    from doses
    where injected_on is not null and facility_code is not null
    group by facility_code
)

select
    finding.rule_id as rule_id,
    'dose' as subject_type,
    record_id as subject_id,
    citizen_key,
    facility_code,
    held_at as first_held_at,
    finding.evidence as evidence,
    case when finding.rule_id = 'DOSE-014' then coalesce(cdc, entered_by) else entered_by end
        as owner_code,
    finding.severity as severity
from flagged
union all
select
    'DOSE-013' as rule_id,
    'facility' as subject_type,
    facility_code as subject_id,
    null as citizen_key,
    facility_code,
    held_at as first_held_at,
    {{ evidence_json({'dates': 'dates', 'on_1st_or_15th': 'heaped'}) }} as evidence,
    facility_code as owner_code,
    null as severity
from heaps
where
    dates >= {{ setting('date_heap_records') }}
    and heaped >= {{ setting('date_heap_share') }} * dates
