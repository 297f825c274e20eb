{{ config(materialized='view') }}

with texts as (
    select * from {{ ref('citizen_texts') }}
)

select
    code as reason_code,
    {{ citizen_text('text_vi') }} as text_vi,
    {{ citizen_text('text_en') }} as text_en
from texts
where use = 'sms'
