{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=[
        "{{ note_due('attestation', ref('stg_attestations'), 'attestation_id', "
        ~ "'greatest(signed_at, revoked_at)') }}",
        "{{ note_complaints_attested_otherwise() }}",
        "{{ hold_changed('judged_complaint') }}"
    ]
) }}

with

evidence as (
    select evidence.*
    from {{ ref('int_complaint_claims__evidenced') }} as evidence
    {{ only_changed('evidence.complaint_id') }}
),

claims as {{ held_once() }} (
    select claims.*
    from {{ ref('int_complaint_claims') }} as claims
    {{ only_changed('claims.complaint_id') }}
),

persons as {{ held_once() }} (
    select persons.*
    from {{ ref('int_complaint_persons') }} as persons
    {{ only_changed('persons.complaint_id') }}
),

elsewhere as {{ held_once() }} (
    select elsewhere.*
    from {{ ref('int_complaint_claims__elsewhere') }} as elsewhere
    {{ only_changed('elsewhere.complaint_id') }}
),

denied as (
    select denied.*
    from {{ ref('int_complaint_claims__denied') }} as denied
    {{ only_changed('denied.complaint_id') }}
),

records as not materialized (
    select * from {{ ref('int_doses__deduplicated') }}
),

mentions as not materialized (
    select
        mention_id,
        name_exact_key,
        birth_on,
        id_number,
    from {{ ref('int_mentions') }}
),

attestations as not materialized (
    select * from {{ ref('stg_attestations') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- Of all records those of people who complain, and of those under whom what they ask for stands. By key: few
-- are found without reading all records, few texts are not.
people_in_question as (
    select citizen_key from persons
    union
    select matched_citizen_key as citizen_key from claims
    union
    select citizen_key from elsewhere
),

records_in_question as materialized (
    select
        record_id,
        dose_id,
        citizen_key,
        injected_on,
        is_chosen,
        mention_id,
        link_decision,
        link_method,
    from records
    semi join people_in_question on records.citizen_key = people_in_question.citizen_key
),

mentions_in_question as materialized (
    select mentions.*
    from mentions
    semi join records_in_question on mentions.mention_id = records_in_question.mention_id
),

own_records as (
    select records_in_question.*
    from records_in_question
    semi join persons on records_in_question.citizen_key = persons.citizen_key
),

-- Without a claim the person's latest dose stands for the profile.
latest_doses as (
    select
        citizen_key,
        arg_max(dose_id, (injected_on, dose_id)) as dose_id,
    from own_records
    where is_chosen and injected_on is not null
    group by citizen_key
),

-- Doses under several numbers of one citizen: that is what several profiles look like.
profiles as (
    select
        own_records.citizen_key,
        count(distinct mentions.id_number) as profile_count,
    from own_records
    inner join mentions_in_question as mentions on own_records.mention_id = mentions.mention_id
    where own_records.link_method in ('exact', 'previous_id')
    group by own_records.citizen_key
),

facts as (
    select
        evidence.complaint_id,
        evidence.claim_no,
        evidence.is_deciding,
        evidence.is_supported,
        persons.complaint_type,
        persons.citizen_key,
        persons.verification_status,
        claims.claim_kind,
        claims.match_basis,
        claims.matched_record_id,
        coalesce(claims.matched_dose_id, elsewhere.dose_id) as matched_dose_id,
        coalesce(claims.matched_citizen_key, elsewhere.citizen_key) as matched_citizen_key,
        coalesce(claims.differences, []) as differences,
        denied.not_given_because,
        coalesce(
            claims.matched_dose_id,
            case when evidence.claim_no = 0 then latest_doses.dose_id end
        ) as judged_dose_id,
        persons.citizen_id,
        persons.is_linked,
        persons.name_exact_key,
        persons.birth_on,
        persons.id_number,
    from evidence
    inner join persons on evidence.complaint_id = persons.complaint_id
    left join claims
        on evidence.complaint_id = claims.complaint_id and evidence.claim_no = claims.claim_no
    left join elsewhere
        on evidence.complaint_id = elsewhere.complaint_id
        and evidence.claim_no = elsewhere.claim_no
    left join denied
        on evidence.complaint_id = denied.complaint_id and evidence.claim_no = denied.claim_no
    left join latest_doses on persons.citizen_key = latest_doses.citizen_key
),

-- The records behind the doses in question, and all versions of what was signed about them or their people.
judged_records as (
    select
        records.record_id,
        records.dose_id,
    from records_in_question as records
    semi join facts on records.dose_id = facts.judged_dose_id
),

records_behind as (
    select
        dose_id,
        list(record_id order by record_id) as record_ids,
    from judged_records
    group by dose_id
),

asked_after as (
    select attestation_id
    from attestations
    semi join judged_records on attestations.record_id = judged_records.record_id
    union
    select attestation_id
    from attestations
    semi join facts on attestations.citizen_id = facts.citizen_id
    where attestations.record_id is null
),

-- The last version says whether it stands: one that was revoked since must not fall back to the
-- delivery before.
latest as (
    select attestations.*
    from attestations
    semi join asked_after on attestations.attestation_id = asked_after.attestation_id
    cross join run_context
    where attestations.delivery_date <= run_context.known_as_of::date
    qualify {{ is_latest_delivery(['attestation_id']) }}
),

standing as (
    select latest.*
    from latest
    cross join run_context
    where latest.signed_at <= run_context.as_of
        and (latest.revoked_at is null or latest.revoked_at > run_context.as_of)
),

signed_doses as (
    select
        judged_records.dose_id,
        bool_or(standing.kind = 'certificate_issued') as is_issued,
    from standing
    inner join judged_records on standing.record_id = judged_records.record_id
    group by judged_records.dose_id
),

signed_citizens as (
    select
        citizen_id,
        bool_or(kind = 'certificate_issued') as is_issued,
    from standing
    where record_id is null and citizen_id is not null
    group by citizen_id
),

judged as (
    select
        facts.*,
        coalesce(
            facts.citizen_key = records.citizen_key
            and (profiles.profile_count > 1 or facts.complaint_type = 'DUPLICATE_PROFILE')
            and (
                facts.complaint_type = 'DUPLICATE_PROFILE'
                and profiles.profile_count > 1
                or facts.id_number <> mentions.id_number
                and records.link_method in ('exact', 'previous_id')
            ),
            false
        ) as is_other_profile,
        -- Someone the registry doesn't know, twice: not yet another identity.
        coalesce(
            not facts.is_linked
            and records.link_decision <> 'LINKED'
            and facts.name_exact_key = mentions.name_exact_key
            and facts.birth_on = mentions.birth_on,
            false
        ) as is_same_stranger,
        coalesce(records_behind.record_ids, []) as judged_record_ids,
        coalesce(facts.verification_status in ('MATCH', 'EXEMPT_FOREIGN'), false) as is_verified,
        signed_doses.dose_id is not null
        or signed_citizens.citizen_id is not null as is_attested,
        coalesce(signed_doses.is_issued, false)
        or coalesce(signed_citizens.is_issued, false) as is_issued,
    from facts
    left join records_in_question as records on facts.judged_dose_id = records.record_id
    left join mentions_in_question as mentions on records.mention_id = mentions.mention_id
    left join records_behind on facts.judged_dose_id = records_behind.dose_id
    left join profiles on facts.citizen_key = profiles.citizen_key
    left join signed_doses on facts.judged_dose_id = signed_doses.dose_id
    left join signed_citizens on facts.citizen_id = signed_citizens.citizen_id
)

select
    complaint_id,
    claim_no,
    is_deciding,
    complaint_type,
    match_basis,
    matched_record_id,
    matched_dose_id,
    differences,
    not_given_because,
    case
        when claim_kind = 'deny' and not_given_because is not null
            then 'NOT_GIVEN_TO_THIS_PERSON'
        when claim_kind = 'deny' then 'CANNOT_TELL'
        when matched_citizen_key <> citizen_key and not is_same_stranger
            then 'UNDER_OTHER_IDENTITY'
        when is_other_profile then 'DUPLICATE_PROFILE'
        when judged_dose_id is not null and len(differences) > 0 then 'ENTERED_DIFFERENT'
        when judged_dose_id is not null and not is_verified then 'ENTERED_UNVERIFIED'
        when judged_dose_id is not null and not is_attested then 'VERIFIED_UNSIGNED'
        when judged_dose_id is not null and not is_issued then 'SIGNED_NOT_ISSUED'
        when judged_dose_id is not null then 'ALREADY_CORRECT'
        when is_supported then 'NOT_ENTERED'
        else 'CANNOT_TELL'
    end as root_cause,
    judged_record_ids,
from judged
