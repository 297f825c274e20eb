{{ config(meta={'notes': {'delivered_complaint': 'complaint_id'}}) }}

with source as not materialized (

    {{ delivered('complaint_attachments') }}

),

{{ people_ctes('source', name='cert_full_name', birth='cert_date_of_birth', sex='cert_sex') }}

select
    trim(complaint_id) as complaint_id,
    trim(attachment_id) as attachment_id,
    coalesce({{ enumerated('attachment_type') }}, 'other') as attachment_type,
    coalesce({{ split_list("lower(qualities)") }}, {{ empty_list() }}) as qualities,
    coalesce({{ enumerated('read_status') }}, 'unread') as read_status,
    {{ enumerated('read_by') }} as read_by,
    p_full_name as cert_full_name,
    p_name_exact_key as cert_name_exact_key,
    p_name_key as cert_name_key,
    p_birth_on as cert_birth_on,
    p_birth_precision as cert_birth_precision,
    p_birth_year as cert_birth_year,
    p_sex as cert_sex,
    file,
    line,
    delivery_date
from people
