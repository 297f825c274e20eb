{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id', 'notes': {'id_number': 'id_number', 'phone': 'phone'}},
    pre_hook=["{{ hold_changed('mention') }}"]
) }}

with

doses as not materialized (
    select * from {{ ref('int_doses__current') }}
),

complaints as not materialized (
    select * from {{ ref('int_complaints__current') }}
),

records as {{ held_once() }} (
    select
        mention_id,
        {{ person_columns() }},
        unit_code,
        nationality,
        entered_at as recorded_at,
        identity_delivered_on as delivered_on,
        record_id,
        entered_by_facility_code,
        -- A day after its own entry is a slip (DOSE-006), not an injection.
        case when injected_on <= entered_at::date then injected_on end as injected_on,
        true as is_dose
    from doses
    {{ only_changed('doses.mention_id') }}
    union all
    select
        mention_id,
        {{ person_columns() }},
        unit_code,
        null as nationality,
        received_at as recorded_at,
        delivery_date as delivered_on,
        complaint_id as record_id,
        null as entered_by_facility_code,
        null as injected_on,
        false as is_dose
    from complaints
    {{ only_changed('complaints.mention_id') }}
),

-- What makes the mention is the same in each of its records. The rest may differ: the latest wins.
counted as (
    select
        mention_id,
        max({'recorded_at': recorded_at, 'record_id': record_id, 'is_dose': is_dose}) as latest_record,
        min(delivered_on) as first_delivered_on,
        min(recorded_at) as first_recorded_at,
        max(recorded_at) as last_recorded_at,
        max(injected_on) as last_injected_on,
        count(*) filter (where is_dose) as dose_records,
        count(*) as records
    from records
    group by mention_id
)

select
    counted.mention_id,
    latest.name_exact_key,
    latest.name_key,
    latest.birth_on,
    latest.birth_precision,
    latest.birth_first_on,
    latest.birth_last_on,
    latest.birth_year,
    latest.sex,
    latest.id_number,
    latest.id_type,
    latest.phone,
    counted.first_delivered_on,
    counted.first_recorded_at,
    counted.last_recorded_at,
    counted.last_injected_on,
    counted.dose_records,
    counted.records,
    latest.full_name,
    latest.birth_typed,
    latest.id_typed,
    latest.unit_code,
    latest.nationality,
    latest.entered_by_facility_code,
    coalesce(latest.nationality <> 'VN' and latest.id_type = 'PASSPORT', false) as is_foreign,
    -- A passport is no number the population database is asked for.
    latest.id_number is null
    or latest.id_type is null
    or latest.id_type in ('INVALID', 'PASSPORT') as has_no_usable_id
from counted
inner join records as latest
    on
        counted.mention_id = latest.mention_id
        and {{ field_of('counted.latest_record', 'record_id') }} = latest.record_id
        and {{ field_of('counted.latest_record', 'is_dose') }} = latest.is_dose
