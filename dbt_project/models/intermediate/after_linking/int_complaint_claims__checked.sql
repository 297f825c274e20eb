{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'complaint_id', 'notes': {'judged_complaint': 'complaint_id'}}
) }}

with claims as (
    select * from {{ ref('int_complaint_claims') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

lots as (
    select * from {{ ref('int_lots__current') }}
),

expiries as (
    select * from {{ ref('int_lot_expiries__current') }}
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

allocated as (
    select
        lot_key,
        list(distinct vaccine_code) as vaccine_codes,
    from lots
    group by lot_key
)

select
    claims.complaint_id,
    claims.claim_no,
    claims.vaccine_typed is not null and claims.vaccine_code is null as is_vaccine_unknown,
    -- A record or the certificate may name the place that the citizen's words don't.
    claims.facility_code is null
    and claims.cert_facility_code is null
    and claims.matched_record_id is null as is_facility_unknown,
    claims.lot_number is not null and allocated.lot_key is null as is_lot_unknown,
    list_filter(
        [
            case when claims.injected_on > persons.received_at::date then 'DOSE-006' end,
            case when claims.injected_on < persons.birth_first_on then 'DOSE-007' end,
            case when claims.injected_on < {{ setting('campaign_start', 'date') }}
                or claims.injected_on < products.licensed_on then 'DOSE-008' end,
            -- Only if too young by every possible day of birth.
            case when claims.injected_on
                < persons.birth_first_on + to_years(ages.min_age_years::integer)
                then 'DOSE-009' end,
            case when claims.injected_on not between
                coalesce(facilities.active_from, date '1900-01-01')
                and coalesce(facilities.active_to, date '9999-12-31') then 'DOSE-011' end,
            case when not list_contains(allocated.vaccine_codes, claims.vaccine_code)
                then 'LOT-003' end,
            case when claims.injected_on > expiries.expiry_on then 'LOT-004' end
        ],
        lambda rule_id: rule_id is not null
    ) as broken_rules,
from claims
inner join persons on claims.complaint_id = persons.complaint_id
left join facilities on claims.facility_code = facilities.facility_code
left join products on claims.vaccine_code = products.vaccine_code
left join ages
    on claims.vaccine_code = ages.vaccine_code
    and {{ valid_on('ages', 'claims.injected_on') }}
left join allocated on claims.lot_key = allocated.lot_key
-- The expiry as known on the day of the injection: extensions published later don't count.
left join expiries
    on claims.vaccine_code = expiries.vaccine_code
    and claims.lot_key = expiries.lot_key
    and {{ valid_on('expiries', 'claims.injected_on') }}
