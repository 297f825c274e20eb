{{ config(meta={'notes': {'record_review': 'review_id'}}) }}

with source as (

    {{ delivered('record_reviews') }}

)

select
    trim(review_id) as review_id,
    {{ blank_to_null('facility_code') }} as facility_code,
    {{ record_key('source_system', 'source_record_id') }} as record_id,
    {{ read_instant('reviewed_at') }} as reviewed_at,
    {{ enumerated('outcome') }} as outcome,
    {{ blank_to_null('reviewer') }} as reviewer,
    file,
    line,
    delivery_date
from source
