with claims as (
    select * from {{ ref('int_complaint_claims__located') }} where is_contested and facility_code is null
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

doses as (
    select * from {{ ref('int_doses__current') }}
),

events as (
    select
        complaint_id,
        claim_no,
        district_code,
        unit_code,
        coalesce(lot_key, {{ lot_key('cert_lot_number') }}) as lot_key,
        coalesce(injected_on, cert_injected_on) as injected_on
    from claims
),

-- Where the lot was given on that day, to whomever.
sessions as (
    select
        doses.lot_key,
        doses.injected_on,
        doses.facility_code,
        facilities.district_code,
        facilities.unit_code,
        count(*) as doses_given
    from doses
    semi join events on doses.lot_key = events.lot_key and doses.injected_on = events.injected_on
    inner join facilities on doses.facility_code = facilities.facility_code
    group by all
),

near as (
    select
        events.complaint_id,
        events.claim_no,
        sessions.facility_code,
        sessions.doses_given,
        case when events.unit_code = sessions.unit_code then 'lot_day_commune' else 'lot_day_district' end
            as basis
    from events
    inner join sessions
        on
            events.lot_key = sessions.lot_key
            and events.injected_on = sessions.injected_on
            and events.district_code = sessions.district_code
),

guesses as (
    select
        complaint_id,
        claim_no,
        'certificate' as basis,
        cert_facility_code as facility_code,
        1.0 as score
    from claims
    where cert_facility_code is not null
    union all
    select
        complaint_id,
        claim_no,
        basis,
        facility_code,
        doses_given / sum(doses_given) over (partition by complaint_id, claim_no, basis) as score
    from near
    union all
    select
        complaint_id,
        claim_no,
        'words' as basis,
        nearest_facility_code as facility_code,
        nearest_score as score
    from claims
    where nearest_facility_code is not null
)

select
    complaint_id,
    claim_no,
    facility_code,
    score,
    basis
from guesses
qualify row_number() over (
    partition by complaint_id, claim_no
    order by
        list_position({{ candidate_bases() }}, basis) asc,
        score desc,
        facility_code asc
) = 1
