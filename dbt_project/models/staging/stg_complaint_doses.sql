{{ config(meta={'notes': {'delivered_complaint': 'complaint_id'}}) }}

with source as not materialized (

    {{ delivered('complaint_doses') }}

),

{{ label_spellings_cte('source') }},

{{ label_spellings_cte('source', 'cert_dose_label', 'cert_label_spellings') }},

{{ vaccine_spellings_ctes('source', ['vaccine_name', 'cert_vaccine_name']) }},

{{ lot_spellings_cte('source', ['lot_number', 'cert_lot_number']) }},

{{ facility_keys_cte('source', ['facility_name', 'cert_facility_name']) }},

{{ injections_ctes('source', ['injected_on', 'cert_injected_on'], is_day_wanted=false) }}

select
    trim(source.complaint_id) as complaint_id,
    try_cast(source.claim_no as integer) as claim_no,
    {{ enumerated('source.claim_kind') }} as claim_kind,
    {{ record_key("'platform'", 'source.contested_record_id') }} as contested_record_id,
    label_spellings.dose_type,
    label_spellings.dose_no,
    source.dose_label as dose_label_typed,
    vaccine_spellings.vaccine_code,
    source.vaccine_name as vaccine_typed,
    lot_spellings.lot_number,
    lot_spellings.lot_key,
    injections.injected_day as injected_on,
    {{ blank_to_null('source.facility_code') }} as facility_code,
    {{ blank_to_null('source.facility_name') }} as facility_name,
    facility_keys.facility_name_key,
    {{ blank_to_null('source.attachment_id') }} as attachment_id,
    cert_label_spellings.dose_type as cert_dose_type,
    cert_label_spellings.dose_no as cert_dose_no,
    cert_vaccines.vaccine_code as cert_vaccine_code,
    source.cert_vaccine_name as cert_vaccine_typed,
    cert_lots.lot_number as cert_lot_number,
    cert_injections.injected_day as cert_injected_on,
    {{ blank_to_null('source.cert_facility_name') }} as cert_facility_name,
    cert_facilities.facility_name_key as cert_facility_name_key,
    {{ notes_joined(['injections.notes', 'vaccine_spellings.notes', 'lot_spellings.notes']) }}
        as normalizations,
    source.file,
    source.line,
    source.delivery_date
from source
left join injections on source.injected_on is not distinct from injections.typed
left join label_spellings on source.dose_label is not distinct from label_spellings.label_typed
left join cert_label_spellings
    on source.cert_dose_label is not distinct from cert_label_spellings.label_typed
left join vaccine_spellings on source.vaccine_name is not distinct from vaccine_spellings.vaccine_typed
left join vaccine_spellings as cert_vaccines
    on source.cert_vaccine_name is not distinct from cert_vaccines.vaccine_typed
left join lot_spellings on source.lot_number is not distinct from lot_spellings.lot_typed
left join lot_spellings as cert_lots on source.cert_lot_number is not distinct from cert_lots.lot_typed
left join injections as cert_injections
    on source.cert_injected_on is not distinct from cert_injections.typed
left join facility_keys on source.facility_name = facility_keys.facility_name
left join facility_keys as cert_facilities on source.cert_facility_name = cert_facilities.facility_name
