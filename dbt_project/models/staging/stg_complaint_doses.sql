with source as (

    select * from {{ source('raw', 'complaint_doses') }}

),

labels as (

    select * from {{ ref('dose_labels') }}

),

vaccines as (

    select * from {{ ref('vaccine_aliases') }}

)

select
    trim(source.complaint_id) as complaint_id,
    try_cast(source.claim_no as integer) as claim_no,
    {{ enumerated('source.claim_kind') }} as claim_kind,
    {{ record_key("'platform'", 'source.contested_record_id') }} as contested_record_id,
    labels.dose_type,
    labels.dose_no,
    source.dose_label as dose_label_typed,
    vaccines.vaccine_code,
    source.vaccine_name as vaccine_typed,
    {{ lot_number('source.lot_number') }} as lot_number,
    {{ read_day('source.injected_on') }} as injected_on,
    {{ blank_to_null('source.facility_code') }} as facility_code,
    {{ blank_to_null('source.facility_name') }} as facility_name,
    nullif({{ fold_key('source.facility_name') }}, '') as facility_name_key,
    {{ blank_to_null('source.attachment_id') }} as attachment_id,
    cert_labels.dose_type as cert_dose_type,
    cert_labels.dose_no as cert_dose_no,
    cert_vaccines.vaccine_code as cert_vaccine_code,
    source.cert_vaccine_name as cert_vaccine_typed,
    {{ lot_number('source.cert_lot_number') }} as cert_lot_number,
    {{ read_day('source.cert_injected_on') }} as cert_injected_on,
    {{ blank_to_null('source.cert_facility_name') }} as cert_facility_name,
    nullif({{ fold_key('source.cert_facility_name') }}, '') as cert_facility_name_key,
    source.file,
    source.line,
    source.delivery_date
from source
left join labels on {{ dose_label_key('source.dose_label') }} = labels.label_key
left join vaccines on {{ vaccine_key('source.vaccine_name') }} = vaccines.alias_key
left join labels as cert_labels
    on {{ dose_label_key('source.cert_dose_label') }} = cert_labels.label_key
left join vaccines as cert_vaccines
    on {{ vaccine_key('source.cert_vaccine_name') }} = cert_vaccines.alias_key
