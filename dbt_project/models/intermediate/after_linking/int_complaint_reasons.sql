{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ hold_changed('judged_complaint') }}"]
) }}

with

evidence as {{ held_once() }} (
    select evidence.*
    from {{ ref('int_complaint_claims__evidenced') }} as evidence
    {{ only_changed('evidence.complaint_id') }}
    where evidence.is_deciding
),

reject_reasons as (
    select * from {{ ref('reject_reasons') }}
),

-- "All of it": across the claims of the complaint, not claim by claim.
whole as (
    select
        complaint_id,
        bool_and(name_relation = 'DIFFERENT') as is_name_different,
        max(len(comparisons)) as comparable_count,
        bool_or(list_contains(comparisons, true)) as has_agreement,
    from evidence
    where is_read
    group by complaint_id
),

-- Every reason rests on a paper somebody has read; an unread one rejects nobody.
held as (
    select
        evidence.complaint_id,
        evidence.claim_no,
        evidence.received_at,
        unnest(
            list_filter(
                [
                    case when evidence.attachment_type = 'screening_form'
                        and evidence.expects_certificate
                        and evidence.cert_injected_on is null
                        and evidence.cert_dose_no is null
                        and evidence.cert_vaccine_typed is null then 'R01' end,
                    case when evidence.name_relation = 'DIFFERENT' then 'R02' end,
                    case when evidence.is_portrait_only then 'R03' end,
                    case when not evidence.is_label_equal then 'R04' end,
                    case when evidence.is_birth_against_registry then 'R05' end,
                    case when evidence.attachment_type = 'certificate'
                        and (
                            evidence.cert_full_name is null
                            or evidence.expects_certificate
                            and (
                                evidence.cert_injected_on is null
                                or evidence.cert_vaccine_typed is null
                            )
                        ) then 'R06' end,
                    case when list_contains(evidence.qualities, 'masked') then 'R07' end,
                    case when list_contains(evidence.qualities, 'blurred') then 'R08' end,
                    case when not evidence.is_date_equal then 'R09' end,
                    case when whole.is_name_different
                        and whole.comparable_count >= 3
                        and not whole.has_agreement then 'R10' end,
                    case when evidence.name_relation in ('PART', 'UNACCENTED') then 'R11' end,
                    case when not evidence.is_vaccine_equal then 'R12' end,
                    case when list_contains(evidence.qualities, 'altered') then 'R13' end
                ],
                lambda reason_code: reason_code is not null
            )
        ) as reason_code,
    from evidence
    left join whole on evidence.complaint_id = whole.complaint_id
    where evidence.is_read
)

select
    held.complaint_id,
    held.claim_no,
    held.reason_code,
    reject_reasons.primary_order,
from held
inner join reject_reasons
    on held.reason_code = reject_reasons.reason_code
    and held.received_at::date >= reject_reasons.valid_from
    and held.received_at::date <= coalesce(reject_reasons.valid_to, date '9999-12-31')
