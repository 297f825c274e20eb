{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key'},
    pre_hook=["{{ hold_changed('history') }}"]
) }}

with

doses as {{ held_once() }} (
    select doses.*
    from {{ ref('int_doses__deduplicated') }} as doses
    {{ only_changed('doses.citizen_key') }}
),

persons as (
    select * from {{ ref('int_persons') }}
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

booster_waits as (
    -- Before the first row there was neither an additional nor a booster dose (CV 10225/BYT-DP).
    select
        valid_from,
        to_months(gap_months) + to_days(gap_days) as wait
    from {{ rule_pack('booster_gaps') }}
    where dose_type = 'booster' and dose_no = 1
),

-- By day: as of each dose, all doses would be sorted with the few rows there are.
waits as (
    select
        days.injected_on,
        booster_waits.valid_from,
        booster_waits.wait
    from (select distinct doses.injected_on from doses) as days
    asof inner join booster_waits on days.injected_on >= booster_waits.valid_from
),

-- Most doses are one record: only of the others the records are listed.
doubled as (
    select distinct dose_id
    from doses
    where not is_chosen
),

records_behind as (
    select
        doses.dose_id,
        list(doses.record_id order by doses.record_id) as source_record_ids
    from doses
    semi join doubled on doses.dose_id = doubled.dose_id
    group by doses.dose_id
),

labelled as (
    select
        *,
        -- Of one day: as the labels count, then as typed in. The hour is there for some only.
        dose_no + case dose_type when 'additional' then 10 when 'booster' then 20 else 0 end
            as label_rank
    from doses
    where is_chosen
),

placed as (
    select
        dose_id,
        citizen_key,
        citizen_id,
        dose_type as label_type,
        dose_no as label_no,
        label_problem,
        vaccine_code,
        lot_number,
        injected_on,
        facility_code,
        entered_by_facility_code,
        entered_at,
        coalesce(entered_at, delivery_date::timestamptz) as held_at,
        injected_on is null as is_undated,
        row_number() over history as position,
        lag(dose_id) over history as previous_dose_id,
        lag(vaccine_code) over history as previous_vaccine_code,
        lag(injected_on) over history as previous_injected_on,
        lead(dose_id) over history is null as is_last,
        -- The schedule is that of the first product known.
        first_value(vaccine_code ignore nulls) over whole_history as primary_vaccine_code
    from labelled
    window
        history as (
            partition by citizen_key
            order by injected_on nulls last, label_rank nulls last, first_entered_at, record_id
        ),
        whole_history as (
            partition by citizen_key
            order by injected_on nulls last, label_rank nulls last, first_entered_at, record_id
            rows between unbounded preceding and unbounded following
        )
),

-- The order of doses takes one sort of all of them, as wide as they are. What more is asked of a history
-- is asked of the few rows that tell it.
scheduled as materialized (
    select
        placed.*,
        coalesce(products.primary_doses, {{ setting('default_primary_doses', 'integer') }})
            as primary_doses
    from placed
    left join products on placed.primary_vaccine_code = products.vaccine_code
),

completed as (
    select
        citizen_key,
        injected_on as primary_complete_on
    from scheduled
    where position = primary_doses and not is_undated
),

beyond_primary as (
    -- After the primary series: what the label says if it says it; a flat "3" is classified by the
    -- wait, since before the booster's own wait is over only an additional dose can be meant.
    select
        scheduled.citizen_key,
        scheduled.position,
        not scheduled.is_undated
        -- A typed booster before its time is too early (SEQ-007), not without a place.
        and (
            waits.valid_from is not null
            or coalesce(scheduled.label_type in ('additional', 'booster'), false)
        ) as is_further,
        case
            when scheduled.label_type in ('additional', 'booster') then scheduled.label_type
            when scheduled.injected_on < completed.primary_complete_on + waits.wait then 'additional'
            else 'booster'
        end as further_type
    from scheduled
    left join completed on scheduled.citizen_key = completed.citizen_key
    left join waits on scheduled.injected_on = waits.injected_on
    where scheduled.position > scheduled.primary_doses
),

tallied as (
    select
        *,
        count(*) filter (where is_further and further_type = 'additional') over so_far
            as additional_so_far,
        count(*) filter (where is_further) over so_far as further_so_far
    from beyond_primary
    window so_far as (
        partition by citizen_key order by position
        rows between unbounded preceding and current row
    )
),

counted as (
    select
        scheduled.*,
        completed.primary_complete_on,
        coalesce(tallied.is_further, false) as is_further,
        tallied.further_type,
        tallied.additional_so_far,
        tallied.further_so_far,
        {{ setting('additional_slots', 'integer') }} as additional_slots,
        {{ setting('booster_slots', 'integer') }} as booster_slots
    from scheduled
    left join completed on scheduled.citizen_key = completed.citizen_key
    left join tallied
        on scheduled.citizen_key = tallied.citizen_key and scheduled.position = tallied.position
),

slotted as (
    select
        *,
        case
            when is_undated then null
            when position <= primary_doses then 'primary'
            when not is_further then null
            -- The certificate has few slots for additional doses: the next takes a booster's.
            when further_type = 'additional' and additional_so_far <= additional_slots
                then 'additional'
            when further_so_far - least(additional_so_far, additional_slots) <= booster_slots
                then 'booster'
        end as slot_type,
        case
            when is_undated then null
            when position <= primary_doses then position
            when not is_further then null
            when further_type = 'additional' and additional_so_far <= additional_slots
                then additional_so_far
            when further_so_far - least(additional_so_far, additional_slots) <= booster_slots
                then further_so_far - least(additional_so_far, additional_slots)
        end as slot_no
    from counted
)

select
    slotted.dose_id,
    slotted.citizen_key,
    slotted.citizen_id,
    persons.verification_status,
    slotted.position,
    slotted.is_last,
    slotted.slot_type,
    slotted.slot_no,
    slotted.label_type,
    slotted.label_no,
    case
        when slotted.is_undated then 'no_date'
        when slotted.slot_type is null and not slotted.is_further then 'beyond_primary'
        when slotted.slot_type is null then 'no_slot'
        when slotted.label_problem is not null then 'label_' || slotted.label_problem
        when slotted.label_type = slotted.slot_type and slotted.label_no = slotted.slot_no then null
        when slotted.label_type = slotted.slot_type and slotted.label_no > slotted.slot_no
            then 'earlier_dose_missing'
        when slotted.label_type = slotted.slot_type then 'label_repeated_or_lower'
        when slotted.slot_type = 'primary' then 'primary_incomplete'
        when slotted.label_type = 'primary' then 'beyond_primary'
        else 'other_type'
    end as slot_differs_because,
    slotted.vaccine_code,
    slotted.lot_number,
    slotted.injected_on,
    slotted.facility_code,
    slotted.previous_dose_id,
    slotted.previous_vaccine_code,
    slotted.previous_injected_on,
    slotted.injected_on - slotted.previous_injected_on as days_since_previous,
    slotted.primary_vaccine_code,
    slotted.primary_complete_on,
    slotted.position > slotted.primary_doses and slotted.primary_complete_on is not null
        as is_primary_complete_before,
    persons.birth_on,
    persons.birth_first_on,
    persons.birth_last_on,
    slotted.entered_by_facility_code,
    slotted.entered_at,
    slotted.held_at,
    coalesce(records_behind.source_record_ids, [slotted.dose_id]) as source_record_ids
from slotted
inner join persons on slotted.citizen_key = persons.citizen_key
left join records_behind on slotted.dose_id = records_behind.dose_id
