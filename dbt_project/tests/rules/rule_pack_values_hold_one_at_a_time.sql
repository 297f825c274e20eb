{{ config(tags=['before_linking']) }}

-- Two values valid on one day for one key would double every row that joins them.
with

keyed as (
    select
        'dose_intervals' as seed,
        vaccine_code || primary_dose_no as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('dose_intervals') }}
    union all
    select
        'dose_mixing' as seed,
        concat_ws('|', dose_type, before_vaccine_code, vaccine_code) as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('dose_mixing') }}
    union all
    select
        'age_eligibility' as seed,
        vaccine_code as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('age_eligibility') }}
    union all
    select
        'booster_gaps' as seed,
        dose_type || dose_no as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('booster_gaps') }}
    union all
    select
        'rule_settings' as seed,
        setting as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('rule_settings') }}
    union all
    select
        'verdict_reasons' as seed,
        rule_id as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('verdict_reasons') }}
    union all
    select
        'indication_exemptions' as seed,
        primary_vaccine_code as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('indication_exemptions') }}
    union all
    select
        'vaccine_codes' as seed,
        concat_ws('|', vaccine_code, code_system) as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('vaccine_codes') }}
    union all
    select
        'reported_doses' as seed,
        concat_ws('|', dose_type, dose_no, vaccine_code) as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('reported_doses') }}
    union all
    select
        'feed_expectations' as seed,
        feed as value_key,
        pack,
        valid_from,
        valid_to
    from {{ ref('feed_expectations') }}
),

followed as (
    select
        *,
        lead(valid_from) over (partition by pack, seed, value_key order by valid_from) as next_from
    from keyed
)

select * from followed
where valid_to < valid_from or next_from <= valid_to
