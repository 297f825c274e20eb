with

doses as (
    select * from {{ ref('int_doses__current') }}
),

complaints as (
    select * from {{ ref('int_complaints__current') }}
),

records as (
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
),

-- What makes the mention is the same in each of its records. The rest may differ: the latest wins.
merged as (
    select
        mention_id,
        any_value(name_exact_key) as name_exact_key,
        any_value(name_key) as name_key,
        any_value(birth_on) as birth_on,
        any_value(birth_precision) as birth_precision,
        any_value(birth_first_on) as birth_first_on,
        any_value(birth_last_on) as birth_last_on,
        any_value(birth_year) as birth_year,
        any_value(sex) as sex,
        any_value(id_number) as id_number,
        any_value(id_type) as id_type,
        any_value(phone) as phone,
        arg_max(
            {
                'full_name': full_name,
                'birth_typed': birth_typed,
                'id_typed': id_typed,
                'unit_code': unit_code,
                'nationality': nationality,
                'entered_by_facility_code': entered_by_facility_code
            },
            (recorded_at, record_id)
        ) as latest,
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
    merged.* exclude (latest),
    {%- for column in [
        'full_name', 'birth_typed', 'id_typed', 'unit_code', 'nationality', 'entered_by_facility_code'
    ] %}
    {{ field_of('latest', column) }} as {{ column }},
    {%- endfor %}
    coalesce({{ field_of('latest', 'nationality') }} <> 'VN' and id_type = 'PASSPORT', false)
        as is_foreign,
    -- A passport is no number the population database is asked for.
    id_number is null
    or id_type is null
    or id_type in ('INVALID', 'PASSPORT') as has_no_usable_id
from merged
