{{ config(
    meta={
        'notes': {
            'attestation': 'attestation_id', 'attested_record': 'record_id', 'attested_citizen': 'citizen_id'
        }
    }
) }}

with source as (

    {{ delivered('attestations') }}

)

select
    trim(attestation_id) as attestation_id,
    {{ record_key('source_system', 'source_record_id') }} as record_id,
    {{ blank_to_null('citizen_id') }} as citizen_id,
    {{ enumerated('kind') }} as kind,
    {{ blank_to_null('signer_code') }} as signer_code,
    {{ read_instant('signed_at') }} as signed_at,
    {{ read_instant('revoked_at') }} as revoked_at,
    file,
    line,
    delivery_date
from source
