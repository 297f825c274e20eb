with source as (

    {{ delivered('identity_results') }}

)

select
    trim(result_id) as result_id,
    {{ blank_to_null('request_id') }} as request_id,
    {{ record_key('source_system', 'source_record_id') }} as record_id,
    {{ blank_to_null('complaint_id') }} as complaint_id,
    {{ id_read(blank_to_null('id_number')) }} as id_number,
    {{ enumerated('result') }} as result,
    coalesce({{ split_list('lower(mismatch_fields)') }}, {{ empty_list() }}) as mismatch_fields,
    {{ id_read(blank_to_null('corrected_citizen_id')) }} as corrected_citizen_id,
    {{ read_instant('decided_at') }} as decided_at,
    {{ blank_to_null('agency_code') }} as agency_code,
    file,
    line,
    delivery_date
from source
