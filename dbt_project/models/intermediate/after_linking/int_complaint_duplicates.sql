with recursive persons as (
    select * from {{ ref('int_complaint_persons') }}
),

claims as (
    select * from {{ ref('int_complaint_claims') }}
),

cycles as (
    select * from {{ ref('int_complaint_cycles') }} where cycle = 1
),

complaints as (
    select * from {{ ref('int_complaints__current') }}
),

-- What is claimed, without what people retype differently: the dose found, whether pointed at or
-- recognized, else the dose by number, else by day.
signatures as (
    select
        complaint_id,
        string_agg(
            claim_kind || ' ' || coalesce(
                matched_dose_id,
                dose_type || ' ' || dose_no::varchar,
                strftime(injected_on, '%Y-%m-%d'),
                '?'
            ),
            ';'
            order by claim_kind, matched_dose_id, dose_type, dose_no, injected_on
        ) as signature,
    from claims
    where is_contested
    group by complaint_id
),

series as (
    select
        persons.complaint_id,
        persons.received_at,
        persons.citizen_key,
        coalesce(signatures.signature, persons.complaint_type) as signature,
        cycles.first_final_at,
        row_number() over same_claim as position,
    from persons
    left join signatures on persons.complaint_id = signatures.complaint_id
    left join cycles on persons.complaint_id = cycles.complaint_id
    where persons.citizen_key is not null
    window same_claim as (
        partition by persons.citizen_key, coalesce(signatures.signature, persons.complaint_type)
        order by persons.received_at, persons.complaint_id
    )
),

-- Walks each series in order of receipt: attached while the complaint they repeat is open, the
-- next root once it is closed.
walked as (
    select
        complaint_id,
        citizen_key,
        signature,
        position,
        complaint_id as root_id,
        complaint_id as first_id,
        first_final_at as root_closed_at,
        false as is_attached,
    from series
    where position = 1
    union all
    select
        series.complaint_id,
        series.citizen_key,
        series.signature,
        series.position,
        case
            when walked.root_closed_at is null or series.received_at < walked.root_closed_at
                then walked.root_id
            else series.complaint_id
        end as root_id,
        walked.first_id,
        case
            when walked.root_closed_at is null or series.received_at < walked.root_closed_at
                then walked.root_closed_at
            else series.first_final_at
        end as root_closed_at,
        walked.root_closed_at is null or series.received_at < walked.root_closed_at
            as is_attached,
    from walked
    inner join series
        on walked.citizen_key = series.citizen_key
        and walked.signature = series.signature
        and walked.position + 1 = series.position
)

select
    complaints.complaint_id,
    coalesce(walked.is_attached, false) as is_attached,
    case when walked.is_attached then walked.root_id end as attached_to,
    coalesce(
        complaints.root_complaint_id,
        case when walked.position > 1 then walked.first_id end
    ) as root_complaint_id,
from complaints
left join walked on complaints.complaint_id = walked.complaint_id
