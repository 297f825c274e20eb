{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=[
        "{{ note_due('delivered_complaint', ref('stg_complaint_attachments'), 'complaint_id') }}",
        "{{ hold_changed('delivered_complaint') }}"
    ]
) }}

with attachments as (
    select attachments.*
    from {{ ref('stg_complaint_attachments') }} as attachments
    {{ only_changed('attachments.complaint_id') }}
),

complaints as (
    select * from {{ ref('int_complaints__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

delivered as not materialized (
    select attachments.*
    from attachments
    cross join run_context
    where attachments.delivery_date <= run_context.known_as_of::date
),

{{ latest_ctes('delivered', ['complaint_id', 'attachment_id'], among='delivered') }},

described as (
    select
        latest.*,
        coalesce(latest.read_status, 'unread') as status,
        list_has_any(coalesce(latest.qualities, []), ['blurred', 'masked', 'altered']) as is_flawed,
    from latest
    inner join complaints on latest.complaint_id = complaints.complaint_id
)

-- The paper that speaks for the complaint when a claim names none: certificates before other
-- kinds, whole before flawed, read before unread.
select
    *,
    row_number() over (
        partition by complaint_id
        order by
            coalesce(
                list_position(
                    [
                        'certificate', 'screening_form', 'appointment', 'sms', 'id_document',
                        'other', 'portrait'
                    ],
                    attachment_type
                ),
                6
            ),
            is_flawed,
            status <> 'read',
            attachment_id
    ) as evidence_rank,
    count(*) filter (where attachment_type <> 'portrait') over (partition by complaint_id) = 0
        as is_portrait_only,
from described
