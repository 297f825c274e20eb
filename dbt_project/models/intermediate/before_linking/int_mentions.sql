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
        record_id,
        entered_by_facility_code,
        true as is_dose
    from doses
    union all
    select
        mention_id,
        {{ person_columns() }},
        unit_code,
        null as nationality,
        received_at as recorded_at,
        complaint_id as record_id,
        null as entered_by_facility_code,
        false as is_dose
    from complaints
)

-- The key fields are the same in every record of a mention. As typed they may differ: the latest wins.
select
    mention_id,
    arg_max(full_name, (recorded_at, record_id)) as full_name,
    min(name_exact_key) as name_exact_key,
    min(name_key) as name_key,
    min(birth_on) as birth_on,
    min(birth_precision) as birth_precision,
    min(birth_first_on) as birth_first_on,
    min(birth_last_on) as birth_last_on,
    min(birth_year) as birth_year,
    arg_max(birth_typed, (recorded_at, record_id)) as birth_typed,
    min(sex) as sex,
    min(id_number) as id_number,
    min(id_type) as id_type,
    arg_max(id_typed, (recorded_at, record_id)) as id_typed,
    min(phone) as phone,
    list_sort(list_distinct(flatten(list(normalizations)))) as normalizations,
    arg_max(unit_code, (recorded_at, record_id)) as unit_code,
    arg_max(nationality, (recorded_at, record_id)) as nationality,
    min(recorded_at) as first_recorded_at,
    max(recorded_at) as last_recorded_at,
    arg_max(entered_by_facility_code, (recorded_at, record_id)) as entered_by_facility_code,
    count(*) filter (where is_dose) as dose_records,
    count(*) as records
from records
group by mention_id
