{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=[
        "{{ note_keys_of('judged_complaint', 'delivered_complaint') }}",
        "{{ hold_changed('judged_complaint') }}"
    ]
) }}

with claims as {{ held_once() }} (
    select claims.*
    from {{ ref('int_complaint_claims') }} as claims
    {{ only_changed('claims.complaint_id') }}
),

persons as {{ held_once() }} (
    select persons.*
    from {{ ref('int_complaint_persons') }} as persons
    {{ only_changed('persons.complaint_id') }}
),

attachments as (
    select * from {{ ref('int_complaint_attachments__current') }}
),

counted as (
    select
        *,
        count(*) filter (where is_contested) over (partition by complaint_id) as contested_count,
    from claims
),

-- A complaint without any claim is judged as a whole, under claim 0.
subjects as (
    select
        complaint_id,
        claim_no,
        is_contested or contested_count = 0 as is_deciding,
        coalesce(claim_kind <> 'deny', true) as expects_certificate,
        attachment_id,
        dose_type,
        dose_no,
        vaccine_code,
        lot_number,
        injected_on,
        facility_code,
        cert_dose_type,
        cert_dose_no,
        cert_vaccine_code,
        cert_vaccine_typed,
        cert_lot_number,
        cert_injected_on,
        cert_facility_code,
    from counted
    union all
    select
        persons.complaint_id,
        0 as claim_no,
        true as is_deciding,
        false as expects_certificate,
        null as attachment_id,
        null as dose_type,
        null as dose_no,
        null as vaccine_code,
        null as lot_number,
        null as injected_on,
        null as facility_code,
        null as cert_dose_type,
        null as cert_dose_no,
        null as cert_vaccine_code,
        null as cert_vaccine_typed,
        null as cert_lot_number,
        null as cert_injected_on,
        null as cert_facility_code,
    from persons
    left join claims on persons.complaint_id = claims.complaint_id
    where claims.complaint_id is null
),

-- The paper a claim names, else the one that speaks best for the complaint.
papers as (
    select
        subjects.* exclude (attachment_id),
        attachments.attachment_id,
        attachments.attachment_type,
        attachments.status as read_status,
        attachments.is_flawed,
        attachments.is_portrait_only,
        coalesce(attachments.qualities, []) as qualities,
        attachments.cert_full_name,
        attachments.cert_name_exact_key,
        attachments.cert_name_key,
        attachments.cert_birth_on,
        attachments.cert_birth_year,
    from subjects
    left join attachments
        on subjects.complaint_id = attachments.complaint_id
        and (
            subjects.attachment_id = attachments.attachment_id
            or attachments.evidence_rank = 1
        )
    qualify row_number() over (
        partition by subjects.complaint_id, subjects.claim_no
        order by
            coalesce(subjects.attachment_id = attachments.attachment_id, false) desc,
            attachments.evidence_rank
    ) = 1
),

compared as (
    select
        papers.*,
        persons.received_at,
        coalesce(papers.read_status = 'read', false) as is_read,
        {{ name_relation(
            'persons.name_exact_key', 'persons.name_key',
            'papers.cert_name_exact_key', 'papers.cert_name_key'
        ) }} as name_relation,
        case
            when persons.birth_on is not null and papers.cert_birth_on is not null
                then persons.birth_on = papers.cert_birth_on
            else papers.cert_birth_year between
                year(persons.birth_first_on) and year(persons.birth_last_on)
        end as is_birth_equal,
        case
            when papers.cert_birth_on is not null then papers.cert_birth_on not between
                persons.registry_birth_first_on and persons.registry_birth_last_on
            else papers.cert_birth_year not between
                year(persons.registry_birth_first_on) and year(persons.registry_birth_last_on)
        end as is_birth_against_registry,
        papers.dose_type = papers.cert_dose_type
        and papers.dose_no = papers.cert_dose_no as is_label_equal,
        papers.injected_on = papers.cert_injected_on as is_date_equal,
        papers.vaccine_code = papers.cert_vaccine_code as is_vaccine_equal,
        papers.lot_number = papers.cert_lot_number as is_lot_equal,
        papers.facility_code = papers.cert_facility_code as is_facility_equal,
    from papers
    inner join persons on papers.complaint_id = persons.complaint_id
)

select
    *,
    list_filter(
        [
            name_relation <> 'DIFFERENT', is_birth_equal, is_label_equal, is_date_equal,
            is_vaccine_equal, is_lot_equal
        ],
        lambda is_equal: is_equal is not null
    ) as comparisons,
    attachment_type = 'certificate'
    and is_read
    and not is_flawed
    and coalesce(is_date_equal, false)
    and coalesce(is_vaccine_equal, false)
    and coalesce(is_label_equal, true) as is_supported,
from compared
