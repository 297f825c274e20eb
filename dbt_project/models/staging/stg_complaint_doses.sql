with source as (

    {{ delivered('complaint_doses') }}

),

{{ label_spellings_cte('source') }},

{{ label_spellings_cte('source', 'cert_dose_label', 'cert_label_spellings') }},

{{ vaccine_spellings_ctes([('source', 'vaccine_name'), ('source', 'cert_vaccine_name')]) }},

{{ lot_spellings_cte('source') }},

dated as (

    select
        *,
        {{ date_text('injected_on') }} as injected_text,
        {{ date_form(date_text('injected_on')) }} as injected_form,
        {{ read_day('injected_on') }} as injected_day
    from source

)

select
    trim(dated.complaint_id) as complaint_id,
    try_cast(dated.claim_no as integer) as claim_no,
    {{ enumerated('dated.claim_kind') }} as claim_kind,
    {{ record_key("'platform'", 'dated.contested_record_id') }} as contested_record_id,
    label_spellings.dose_type,
    label_spellings.dose_no,
    dated.dose_label as dose_label_typed,
    vaccine_spellings.vaccine_code,
    dated.vaccine_name as vaccine_typed,
    lot_spellings.lot_number,
    lot_spellings.lot_key,
    dated.injected_day as injected_on,
    {{ blank_to_null('dated.facility_code') }} as facility_code,
    {{ blank_to_null('dated.facility_name') }} as facility_name,
    nullif({{ fold_key('dated.facility_name') }}, '') as facility_name_key,
    {{ blank_to_null('dated.attachment_id') }} as attachment_id,
    cert_label_spellings.dose_type as cert_dose_type,
    cert_label_spellings.dose_no as cert_dose_no,
    cert_vaccines.vaccine_code as cert_vaccine_code,
    dated.cert_vaccine_name as cert_vaccine_typed,
    {{ lot_number('dated.cert_lot_number') }} as cert_lot_number,
    {{ read_day('dated.cert_injected_on') }} as cert_injected_on,
    {{ blank_to_null('dated.cert_facility_name') }} as cert_facility_name,
    nullif({{ fold_key('dated.cert_facility_name') }}, '') as cert_facility_name_key,
    {{ notes_joined(
        noted([injected_field('dated')]), ['vaccine_spellings.notes', 'lot_spellings.notes']
    ) }} as normalizations,
    dated.file,
    dated.line,
    dated.delivery_date
from dated
left join label_spellings on dated.dose_label is not distinct from label_spellings.label_typed
left join cert_label_spellings
    on dated.cert_dose_label is not distinct from cert_label_spellings.label_typed
left join vaccine_spellings on dated.vaccine_name is not distinct from vaccine_spellings.vaccine_typed
left join vaccine_spellings as cert_vaccines
    on dated.cert_vaccine_name is not distinct from cert_vaccines.vaccine_typed
left join lot_spellings on dated.lot_number is not distinct from lot_spellings.lot_typed
