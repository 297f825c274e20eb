with source as (

    select * from {{ source('raw', 'identity_results') }}

),

{{ people_ctes(
    'source', name='corrected_full_name', birth='corrected_date_of_birth', sex='corrected_sex'
) }}

select
    trim(result_id) as result_id,
    {{ blank_to_null('request_id') }} as request_id,
    {{ record_key('source_system', 'source_record_id') }} as record_id,
    {{ blank_to_null('complaint_id') }} as complaint_id,
    {{ id_read(blank_to_null('id_number')) }} as id_number,
    {{ enumerated('result') }} as result,
    coalesce({{ split_list('lower(mismatch_fields)') }}, {{ empty_list() }}) as mismatch_fields,
    {{ id_read(blank_to_null('corrected_citizen_id')) }} as corrected_citizen_id,
    p_full_name as corrected_full_name,
    p_birth_on as corrected_birth_on,
    p_sex as corrected_sex,
    {{ read_instant('decided_at') }} as decided_at,
    {{ blank_to_null('agency_code') }} as agency_code,
    file,
    line,
    delivery_date
from people
