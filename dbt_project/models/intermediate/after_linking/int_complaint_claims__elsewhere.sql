with claims as (
    select * from {{ ref('int_complaint_claims') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

records as (
    select * from {{ ref('int_doses__deduplicated') }}
),

-- Claims the person's own history doesn't answer.
unanswered as (
    select
        claims.complaint_id,
        claims.claim_no,
        claims.vaccine_code,
        claims.lot_number,
        claims.injected_on,
        claims.facility_code,
        persons.citizen_key,
        persons.name_key,
        persons.birth_on,
        persons.birth_first_on,
        persons.birth_last_on,
        persons.id_number,
        persons.phone,
    from claims
    inner join persons on claims.complaint_id = persons.complaint_id
    where claims.claim_kind is distinct from 'deny'
        and claims.matched_record_id is null
        and claims.injected_on is not null
),

-- Same day, and one strong trait of the person; three equality joins stay hash joins.
by_trait as (
    select
        unanswered.complaint_id,
        unanswered.claim_no,
        records.record_id,
    from unanswered
    inner join records
        on unanswered.injected_on = records.injected_on
        and unanswered.name_key = records.name_key
    union
    select
        unanswered.complaint_id,
        unanswered.claim_no,
        records.record_id,
    from unanswered
    inner join records
        on unanswered.injected_on = records.injected_on
        and unanswered.id_number = records.id_number
    union
    select
        unanswered.complaint_id,
        unanswered.claim_no,
        records.record_id,
    from unanswered
    inner join records
        on unanswered.injected_on = records.injected_on
        and unanswered.phone = records.phone
),

scored as (
    select
        unanswered.complaint_id,
        unanswered.claim_no,
        records.record_id,
        records.dose_id,
        records.citizen_key,
        records.entered_by_facility_code,
        coalesce((unanswered.vaccine_code = records.vaccine_code)::int, 0)
        + coalesce((unanswered.lot_number = records.lot_number)::int, 0)
        + coalesce((unanswered.facility_code = records.facility_code)::int, 0)
            as event_agreement,
        coalesce((unanswered.name_key = records.name_key)::int, 0)
        + coalesce((unanswered.id_number = records.id_number)::int, 0) * 2
        + coalesce((unanswered.phone = records.phone)::int, 0)
        + coalesce(
            (
                unanswered.birth_first_on <= records.birth_last_on
                and unanswered.birth_last_on >= records.birth_first_on
            )::int,
            0
        ) as person_agreement,
    from by_trait
    inner join unanswered
        on by_trait.complaint_id = unanswered.complaint_id
        and by_trait.claim_no = unanswered.claim_no
    inner join records on by_trait.record_id = records.record_id
    where records.citizen_key is distinct from unanswered.citizen_key
        and coalesce(unanswered.vaccine_code = records.vaccine_code, true)
)

-- Two traits of the person on the same event: one alone (a shared phone, a common name) is chance.
select
    complaint_id,
    claim_no,
    record_id,
    dose_id,
    citizen_key,
    entered_by_facility_code,
    event_agreement,
    person_agreement,
from scored
where event_agreement >= 1 and person_agreement >= 2
qualify row_number() over (
    partition by complaint_id, claim_no
    order by person_agreement desc, event_agreement desc, record_id asc
) = 1
