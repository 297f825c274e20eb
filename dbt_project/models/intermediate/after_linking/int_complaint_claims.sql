{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'complaint_id'},
    pre_hook=["{{ note_complaints_to_judge() }}", "{{ hold_changed('judged_complaint') }}"]
) }}

with claims as {{ held_once() }} (
    select claims.*
    from {{ ref('int_complaint_claims__located') }} as claims
    {{ only_changed('claims.complaint_id') }}
),

persons as {{ held_once() }} (
    select persons.*
    from {{ ref('int_complaint_persons') }} as persons
    {{ only_changed('persons.complaint_id') }}
),

records as not materialized (
    select * from {{ ref('int_doses__deduplicated') }}
),

mentions as not materialized (
    select * from {{ ref('int_mentions') }}
),

sequenced as (
    select * from {{ ref('int_doses__sequenced') }}
),

-- The record the citizen points at wins; else the person's own history, most agreement first.
contested as (
    select
        claims.complaint_id,
        claims.claim_no,
        records.citizen_key,
        records.record_id,
        records.dose_id,
        'contested_record' as match_basis,
        100 as agreement,
    from claims
    inner join records on claims.contested_record_id = records.record_id
),

own_history as (
    select
        claims.complaint_id,
        claims.claim_no,
        sequenced.citizen_key,
        sequenced.dose_id as record_id,
        sequenced.dose_id,
        coalesce(
            claims.vaccine_code = sequenced.vaccine_code
            and claims.injected_on = sequenced.injected_on,
            false
        ) as is_same_event,
        coalesce(
            claims.dose_type = coalesce(sequenced.label_type, sequenced.slot_type)
            and claims.dose_no = coalesce(sequenced.label_no, sequenced.slot_no),
            false
        ) as is_same_slot,
        coalesce((claims.injected_on = sequenced.injected_on)::int, 0) * 3
        + coalesce((claims.vaccine_code = sequenced.vaccine_code)::int, 0) * 2
        + coalesce((claims.lot_number = sequenced.lot_number)::int, 0)
        + coalesce((claims.facility_code = sequenced.facility_code)::int, 0) as agreement,
    from claims
    inner join persons on claims.complaint_id = persons.complaint_id
    inner join sequenced on persons.citizen_key = sequenced.citizen_key
    where claims.claim_kind is distinct from 'deny'
),

candidates as (
    select * from contested
    union all
    select
        complaint_id,
        claim_no,
        citizen_key,
        record_id,
        dose_id,
        case when is_same_slot then 'person_slot' else 'person_event' end as match_basis,
        agreement + is_same_slot::int * 4 as agreement,
    from own_history
    where is_same_slot or is_same_event
),

-- What the citizen left out the paper may say.
stated as (
    select
        complaint_id,
        claim_no,
        coalesce(dose_type, cert_dose_type) as dose_type,
        coalesce(dose_no, cert_dose_no) as dose_no,
        coalesce(vaccine_code, cert_vaccine_code) as vaccine_code,
        coalesce(lot_number, cert_lot_number) as lot_number,
        coalesce(injected_on, cert_injected_on) as injected_on,
        coalesce(facility_code, cert_facility_code) as facility_code,
    from claims
),

matched as (
    select *
    from candidates
    qualify row_number() over (
        partition by complaint_id, claim_no order by agreement desc, dose_id asc, record_id asc
    ) = 1
),

-- By key first: few keys are found without reading all rows, few texts are not.
records_matched as materialized (
    select records.*
    from records
    semi join matched on records.citizen_key = matched.citizen_key
),

mentions_matched as (
    select mentions.*
    from mentions
    semi join records_matched on mentions.mention_id = records_matched.mention_id
)

select
    claims.*,
    persons.citizen_key,
    persons.citizen_id,
    matched.match_basis,
    matched.record_id as matched_record_id,
    matched.dose_id as matched_dose_id,
    records.citizen_key as matched_citizen_key,
    records.mention_id as matched_mention_id,
    records.facility_code as matched_facility_code,
    records.entered_by_facility_code as matched_entered_by,
    records.vaccine_code as matched_vaccine_code,
    records.lot_number as matched_lot_number,
    records.injected_on as matched_injected_on,
    records.dose_label_typed as matched_label_typed,
    case when matched.record_id is not null then list_filter(
        [
            case when stated.dose_type <> records.dose_type
                or stated.dose_no <> records.dose_no then 'label' end,
            case when stated.vaccine_code <> records.vaccine_code
                or (stated.vaccine_code is not null and records.vaccine_code is null)
                then 'vaccine' end,
            case when stated.lot_number <> records.lot_number
                or (stated.lot_number is not null and records.lot_number is null)
                then 'lot' end,
            case when stated.injected_on <> records.injected_on
                or (stated.injected_on is not null and records.injected_on is null)
                then 'date' end,
            case when stated.facility_code <> records.facility_code then 'facility' end,
            case when persons.name_exact_key <> mentions.name_exact_key then 'name' end,
            case when persons.birth_last_on < mentions.birth_first_on
                or persons.birth_first_on > mentions.birth_last_on then 'birth_date' end,
            case when persons.sex <> mentions.sex then 'sex' end,
            -- A citizen's older number is not a wrong one.
            case when (
                    persons.id_number <> mentions.id_number
                    and not coalesce(
                        persons.citizen_key = records.citizen_key
                        and records.link_method in ('exact', 'previous_id'),
                        false
                    )
                )
                or (persons.id_number is not null and mentions.id_number is null)
                then 'id_number' end
        ],
        lambda difference: difference is not null
    ) end as differences,
from claims
inner join stated
    on claims.complaint_id = stated.complaint_id and claims.claim_no = stated.claim_no
inner join persons on claims.complaint_id = persons.complaint_id
left join matched
    on claims.complaint_id = matched.complaint_id and claims.claim_no = matched.claim_no
left join records_matched as records on matched.record_id = records.record_id
left join mentions_matched as mentions on records.mention_id = mentions.mention_id
