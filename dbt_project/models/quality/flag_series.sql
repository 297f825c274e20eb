{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key', 'notes': {'found_subject': 'subject_id'}},
    pre_hook=["{{ hold_changed('history') }}"]
) }}

with

history as {{ held_once() }} (
    select doses.*
    from {{ ref('int_doses__sequenced') }} as doses
    {{ only_changed('doses.citizen_key') }}
),

records as {{ held_once() }} (
    select doses.*
    from {{ ref('int_doses__deduplicated') }} as doses
    {{ only_changed('doses.citizen_key') }}
),

products as (
    select * from {{ rule_pack('vaccine_products') }}
),

intervals as (
    select * from {{ rule_pack('dose_intervals') }}
),

mixing as (
    select * from {{ rule_pack('dose_mixing') }}
),

gaps as (
    select * from {{ rule_pack('booster_gaps') }}
),

exemptions as (
    select * from {{ rule_pack('indication_exemptions') }}
),

component_patterns as (
    select * from {{ rule_pack('vaccine_components') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

first_offers as (
    -- Before a slot's first validity it was not offered at all, whatever the wait.
    select
        dose_type,
        dose_no,
        min(valid_from) as offered_from
    from gaps
    group by dose_type, dose_no
),

-- A repeated label shows against all earlier doses of the person; few people have one.
mislabelled as (
    select distinct citizen_key
    from history
    where slot_differs_because is not null
),

repeated as (
    select
        history.dose_id,
        max(case when history.label_type = 'primary' then history.label_no end) over earlier
            as primary_label_seen,
        max(case when history.label_type = 'booster' then history.label_no end) over earlier
            as booster_label_seen,
        max(case when history.label_type = 'additional' then history.label_no end) over earlier
            as additional_label_seen
    from history
    semi join mislabelled on history.citizen_key = mislabelled.citizen_key
    window earlier as (
        partition by history.citizen_key order by history.position
        rows between unbounded preceding and 1 preceding
    )
),

indications as (
    select
        record_id,
        indication
    from records
    where is_chosen and indication is not null
),

components as (
    -- What the name says, else what the lot says; of few products, so of few records.
    select
        records.record_id,
        arg_max(
            component_patterns.component_no,
            (component_patterns.matched_on, component_patterns.component_no)
        ) as component_no
    from records
    inner join component_patterns
        on
            records.vaccine_code = component_patterns.vaccine_code
            and regexp_matches(
                case component_patterns.matched_on
                    when 'name' then {{ vaccine_key('records.vaccine_typed') }}
                    else records.lot_number
                end,
                component_patterns.pattern
            )
    where records.is_chosen
    group by records.record_id
),

placed as (
    select
        history.*,
        coalesce(products.primary_doses, {{ setting('default_primary_doses', 'integer') }})
            as primary_doses,
        -- In a mixed series the wait is that of the product before: its last one, if it has fewer.
        least(history.slot_no, previous_products.primary_doses) as interval_no,
        {{ completed_years('history.birth_first_on', 'history.injected_on') }} as oldest_age,
        -- What is waited for by a booster is the dose before it, by an additional dose the series.
        case
            when coalesce(history.slot_type, history.label_type) = 'additional'
                then history.primary_complete_on
            when history.slot_type = 'booster' then history.previous_injected_on
        end as waited_from,
        case
            when history.slot_type in ('additional', 'booster') then history.slot_type
            when history.slot_type is null and history.label_type = 'additional' then 'additional'
        end as further_type,
        case
            when history.slot_type in ('additional', 'booster') then history.slot_no
            when history.slot_type is null and history.label_type = 'additional' then 1
        end as further_no,
        case when history.slot_type = 'primary' then 'primary' else 'further' end as mixing_type,
        case
            when history.slot_type = 'primary' then history.previous_vaccine_code
            else history.primary_vaccine_code
        end as mixed_with
    from history
    left join products on history.primary_vaccine_code = products.vaccine_code
    left join products as previous_products
        on history.previous_vaccine_code = previous_products.vaccine_code
    where history.injected_on is not null
),

compared as (
    select
        placed.*,
        intervals.label_minimum_days,
        intervals.grace_days,
        intervals.expected_min_days,
        intervals.expected_max_days,
        gaps.gap_months,
        gaps.gap_days,
        gaps.dose_type is not null as is_gap_known,
        placed.waited_from + to_months(gaps.gap_months) + to_days(gaps.gap_days) as earliest_on,
        typed_offers.offered_from,
        placed.slot_type is not null
        and placed.position > 1
        and placed.vaccine_code <> placed.mixed_with as is_mixed,
        case
            when placed.oldest_age >= mixing.min_age_years then mixing.allowance
            when placed.oldest_age >= any_mixing.min_age_years then any_mixing.allowance
        end as allowance,
        repeated.primary_label_seen,
        repeated.booster_label_seen,
        repeated.additional_label_seen,
        components.component_no,
        indications.record_id is not null as has_indication,
        exemptions.primary_vaccine_code is not null as is_indication_exempt
    from placed
    left join intervals
        on
            placed.previous_vaccine_code = intervals.vaccine_code
            and placed.interval_no = intervals.primary_dose_no
            and placed.slot_type = 'primary'
            and {{ valid_on('intervals', 'placed.injected_on') }}
    left join gaps
        on
            placed.further_type = gaps.dose_type
            and placed.further_no = gaps.dose_no
            and {{ valid_on('gaps', 'placed.injected_on') }}
    left join first_offers as typed_offers
        on
            placed.label_type = typed_offers.dose_type
            and placed.label_no = typed_offers.dose_no
    left join mixing
        on
            placed.mixing_type = mixing.dose_type
            and placed.mixed_with = mixing.before_vaccine_code
            and placed.vaccine_code = mixing.vaccine_code
            and {{ valid_on('mixing', 'placed.injected_on') }}
    left join mixing as any_mixing
        on
            placed.mixing_type = any_mixing.dose_type
            and placed.vaccine_code = any_mixing.vaccine_code
            and any_mixing.before_vaccine_code = '*'
            and {{ valid_on('any_mixing', 'placed.injected_on') }}
    left join repeated on placed.dose_id = repeated.dose_id
    left join components on placed.dose_id = components.record_id
    left join indications on placed.dose_id = indications.record_id
    left join exemptions
        on
            placed.primary_vaccine_code = exemptions.primary_vaccine_code
            and {{ valid_on('exemptions', 'placed.injected_on') }}
),

{%- set under_minimum = 'days_since_previous < label_minimum_days - grace_days' %}
{%- set interval_facts = {
    'days': 'days_since_previous',
    'previous_vaccine': 'previous_vaccine_code',
    'previous_injected_on': 'previous_injected_on',
    'injected_on': 'injected_on',
} %}
{%- set label_facts = {
    'label': "concat_ws(' ', label_type, label_no)",
    'slot': "concat_ws(' ', slot_type, slot_no)",
    'position': 'position',
} %}

judged as (
    select
        dose_id,
        previous_dose_id,
        citizen_key,
        facility_code,
        held_at,
        coalesce(entered_by_facility_code, facility_code) as entered_by,
        {{ all_raised([
            raised('SEQ-001', under_minimum, dict(
                interval_facts, minimum='label_minimum_days', grace='grace_days'
            )),
            raised(
                'SEQ-002',
                'not (' ~ under_minimum ~ ') and days_since_previous not between'
                ~ ' expected_min_days and expected_max_days',
                dict(interval_facts, expected_min='expected_min_days', expected_max='expected_max_days')
            ),
            raised(
                'SEQ-003', "is_mixed and allowance is distinct from 'allowed'",
                {
                    'vaccine': 'vaccine_code',
                    'with': 'mixed_with',
                    'injected_on': 'injected_on',
                    'dose': 'mixing_type',
                    'allowance': "coalesce(allowance, 'none')",
                },
                "case when allowance = 'unavoidable' or mixing_type = 'further' then 'warn' end"
            ),
            raised(
                'SEQ-004',
                "(label_type = 'primary' and position > primary_doses)"
                ~ " or (slot_type is null and label_type is distinct from 'booster')"
                ~ " or slot_differs_because = 'no_slot'",
                dict(label_facts, primary_doses='primary_doses')
            ),
            raised(
                'SEQ-005',
                "(label_type = 'primary' and (label_no < position or label_no <= primary_label_seen))"
                ~ ' or (label_type is null and label_no < position)'
                ~ " or (label_type = 'additional' and label_no <= additional_label_seen)"
                ~ " or (label_type = 'booster'"
                ~ " and ((slot_type = 'booster' and label_no < slot_no)"
                ~ " or label_no <= booster_label_seen))",
                dict(label_facts, label_seen="case label_type when 'primary' then primary_label_seen"
                ~ " when 'booster' then booster_label_seen else additional_label_seen end")
            ),
            raised(
                'SEQ-007',
                "label_type is distinct from 'primary'"
                ~ " and ((label_type = 'booster' and injected_on < offered_from)"
                ~ ' or injected_on < earliest_on'
                ~ " or (slot_type = 'booster' and slot_no <= 2 and not is_gap_known))",
                {
                    'dose': "coalesce(slot_type, label_type) || ' ' || coalesce(slot_no, label_no)",
                    'injected_on': 'injected_on',
                    'waited_from': 'waited_from',
                    'earliest_on': 'earliest_on::date',
                    'kind': "case when injected_on < earliest_on then 'wait' else 'not_offered' end",
                }
            ),
            raised(
                'SEQ-008', "label_type = 'booster' and position <= primary_doses",
                dict(label_facts, primary_doses='primary_doses')
            ),
            raised('SEQ-009', 'injected_on = previous_injected_on', interval_facts),
            raised(
                'SEQ-010', "slot_type = 'primary' and component_no <> slot_no",
                {
                    'vaccine': 'vaccine_code',
                    'component': 'component_no',
                    'slot': "concat_ws(' ', slot_type, slot_no)",
                    'injected_on': 'injected_on',
                }
            ),
            raised(
                'SEQ-011',
                "slot_type = 'additional' and label_type is distinct from 'primary'"
                ~ ' and not has_indication and not is_indication_exempt',
                {'primary_vaccine': 'primary_vaccine_code', 'injected_on': 'injected_on'}
            ),
        ]) }}
    from compared
),

flagged as (
    select
        dose_id,
        previous_dose_id,
        citizen_key,
        facility_code,
        held_at,
        entered_by,
        {{ each_of('findings_raised') }} as finding
    from judged
    where is_flagged
)

select
    {{ field_of('flagged.finding', 'rule_id') }} as rule_id,
    'dose' as subject_type,
    flagged.dose_id as subject_id,
    flagged.citizen_key,
    flagged.facility_code,
    -- Both doses had to be there.
    greatest(flagged.held_at, coalesce(previous.entered_at, previous.delivery_date::timestamptz))
        as first_held_at,
    {{ field_of('flagged.finding', 'evidence') }} as evidence,
    flagged.entered_by as owner_code,
    {{ field_of('flagged.finding', 'severity') }} as severity
from flagged
left join records as previous on flagged.previous_dose_id = previous.record_id
