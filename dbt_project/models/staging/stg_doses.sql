{{ config(meta={'notes': {'record': 'record_id'}}) }}

with source as not materialized (

    {{ delivered('doses') }}

),

{{ people_ctes('source', id='id_number', phone='phone', nationality='nationality') }},

{{ places_ctes('source') }},

{{ label_spellings_cte('source') }},

{{ vaccine_spellings_ctes('source') }},

{{ lot_spellings_cte('source') }},

{{ facility_keys_cte('source') }},

{{ injections_ctes('source', ['injected_at']) }},

entered as (

    select
        *,
        trim(entered_at) as entered_text
    from people

),

formed as (

    select
        *,
        {{ date_form('entered_text') }} as entered_form
    from entered

),

read as (

    select
        *,
        {{ instant_read('entered_text', 'entered_form') }} as entered_instant
    from formed

)

select
    coalesce({{ blank_to_null('read.source_system') }}, 'platform') || ':' || trim(read.source_record_id)
        as record_id,
    coalesce({{ blank_to_null('read.source_system') }}, 'platform') as source_system,
    trim(read.source_record_id) as source_record_id,
    coalesce({{ enumerated('read.action') }}, 'add') as action,
    read.entered_instant as entered_at,
    {{ enumerated('read.entry_mode') }} as entry_mode,
    {{ blank_to_null('read.entered_by_facility_code') }} as entered_by_facility_code,
    {{ blank_to_null('read.facility_code') }} as facility_code,
    {{ blank_to_null('read.facility_name') }} as facility_name,
    facility_keys.facility_name_key,
    {{ blank_to_null('read.administered_in') }} as administered_in,
    {{ people_columns(
        id='id_number', phone='phone', notes=[
            'injections.notes', 'vaccine_spellings.notes', 'lot_spellings.notes', 'places.notes',
            repaired_note('read.marks'),
        ]
    ) }},
    p_id_hypothesis as id_hypothesis,
    p_other_phones as other_phones,
    {{ blank_to_null('read.health_insurance_number') }} as health_insurance_number,
    read.p_nationality as nationality,
    {{ blank_to_null('read.occupation') }} as occupation,
    {{ blank_to_null('read.priority_group') }} as priority_group,
    {{ blank_to_null('read.indication') }} as indication,
    places.resolved_province as province_code,
    places.resolved_district as district_code,
    places.resolved_unit as unit_code,
    {{ blank_to_null('read.address') }} as address,
    read.dose_label as dose_label_typed,
    label_spellings.dose_type,
    label_spellings.dose_no,
    label_spellings.label_problem,
    read.vaccine_name as vaccine_typed,
    vaccine_spellings.vaccine_code,
    vaccine_spellings.vaccine_problem,
    read.lot_number as lot_typed,
    lot_spellings.lot_number,
    lot_spellings.lot_key,
    injections.injected_day as injected_on,
    injections.injected_instant as injected_at,
    read.injected_at as injected_typed,
    injections.problem as injected_problem,
    {{ blank_to_null('read.reaction') }} as reaction,
    read.file,
    read.line,
    read.delivery_date
from read
{{ join_places('read') }}
left join injections on read.injected_at is not distinct from injections.typed
left join label_spellings on read.dose_label is not distinct from label_spellings.label_typed
left join vaccine_spellings on read.vaccine_name is not distinct from vaccine_spellings.vaccine_typed
left join lot_spellings on read.lot_number is not distinct from lot_spellings.lot_typed
left join facility_keys on read.facility_name is not distinct from facility_keys.facility_name
