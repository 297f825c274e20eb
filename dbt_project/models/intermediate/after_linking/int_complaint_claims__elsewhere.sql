{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ note_complaints_found_elsewhere() }}", "{{ hold_changed('judged_complaint') }}"]
) }}

with

claims as (
    select claims.*
    from {{ ref('int_complaint_claims') }} as claims
    {{ only_changed('claims.complaint_id') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

-- Whom each record names, as typed in it.
typed_records as not materialized (
    select * from {{ ref('int_doses__current') }}
),

records as not materialized (
    select * from {{ ref('int_doses__deduplicated') }}
),

mentions as (
    select * from {{ ref('int_mentions') }}
),

sequenced as (
    select * from {{ ref('int_doses__sequenced') }}
),

unanswered as (
    {{ unanswered_claims('claims', 'persons') }}
),

named_records as not materialized (
    select
        *,
        {{ name_blocks('name_key') }}
    from typed_records
),

by_trait as (
    {{ claims_by_trait('unanswered', 'named_records') }}
),

-- Whose history has one too many: numbered twice, beyond the series, or the same event twice.
crowded as (
    select citizen_key
    from sequenced
    where slot_differs_because in (
            'beyond_primary', 'no_slot', 'label_repeated_or_lower', 'primary_incomplete', 'other_type'
        )
        or days_since_previous = 0
    union
    select citizen_key
    from records
    where not is_chosen
),

compared as (
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
        coalesce(
            unanswered.name_key = mentions.name_key
            or {{ one_edit_apart('unanswered.name_key', 'mentions.name_key') }},
            false
        ) as is_name_near,
        coalesce(unanswered.id_number = mentions.id_number, false) as is_id_same,
        coalesce(unanswered.phone = mentions.phone, false) as is_phone_same,
        coalesce(
            unanswered.birth_first_on <= mentions.birth_last_on
            and unanswered.birth_last_on >= mentions.birth_first_on,
            false
        ) as is_birth_possible,
        coalesce(unanswered.birth_on = mentions.birth_on, false) as is_birth_same,
        crowded.citizen_key is not null as is_crowded,
    from by_trait
    inner join unanswered
        on by_trait.complaint_id = unanswered.complaint_id
        and by_trait.claim_no = unanswered.claim_no
    inner join records on by_trait.record_id = records.record_id
    inner join mentions on records.mention_id = mentions.mention_id
    left join crowded on records.citizen_key = crowded.citizen_key
    where records.citizen_key is distinct from unanswered.citizen_key
        and coalesce(unanswered.vaccine_code = records.vaccine_code, true)
),

-- One trait alone is chance (a family shares phone, day and lot): the person's own name or number
-- needs a second; under a relative (same phone) or a twin (same birth date) there must be one too many.
judged as (
    select
        *,
        is_name_near::int + is_id_same::int * 2 + is_phone_same::int + is_birth_possible::int
            as person_agreement,
        case
            when (is_name_near or is_id_same)
                and is_name_near::int + is_id_same::int * 2
                + is_phone_same::int + is_birth_possible::int >= 2 then 'same_person'
            when is_crowded and (is_phone_same or (is_birth_same and event_agreement >= 2))
                then 'misfiled'
        end as basis,
    from compared
)

select
    complaint_id,
    claim_no,
    record_id,
    dose_id,
    citizen_key,
    entered_by_facility_code,
    basis,
    event_agreement,
    person_agreement,
from judged
where event_agreement >= 1 and basis is not null
qualify row_number() over (
    partition by complaint_id, claim_no
    order by basis = 'misfiled', person_agreement desc, event_agreement desc, record_id asc
) = 1
