{#- A view: the same few texts stand beside millions of phones. -#}
{{ config(materialized='view') }}

with

phones as (
    select * from {{ ref('int_outreach_phones') }}
),

texts as (
    select * from {{ ref('int_sms_texts') }}
)

select
    phones.message_key,
    phones.province_code,
    phones.priority,
    phones.reason_code,
    phones.phone,
    phones.people_count,
    texts.text_vi,
    texts.text_en
from phones
inner join texts on phones.reason_code = texts.reason_code
