{{ config(meta={'notes': {'complaint_event': 'event_id'}}) }}

with source as (

    {{ delivered('complaint_events') }}

)

select
    trim(event_id) as event_id,
    {{ blank_to_null('complaint_id') }} as complaint_id,
    {{ read_instant('occurred_at') }} as occurred_at,
    {{ read_instant('recorded_at') }} as recorded_at,
    {{ enumerated('event_type') }} as event_type,
    coalesce({{ split_list('claim_nos', 'integer') }}, {{ empty_list('integer') }}) as claim_nos,
    {{ blank_to_null('actor_code') }} as actor_code,
    {{ blank_to_null('to_code') }} as to_code,
    {{ blank_to_null('assignee') }} as assignee,
    coalesce({{ split_list('upper(reason_codes)') }}, {{ empty_list() }}) as reason_codes,
    {{ read_day('next_review_on') }} as next_review_on,
    {{ blank_to_null('note') }} as note,
    file,
    line,
    delivery_date
from source
