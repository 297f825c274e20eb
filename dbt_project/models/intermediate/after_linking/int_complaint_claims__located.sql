with claims as (
    select * from {{ ref('stg_complaint_doses') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

latest as (
    select claims.*
    from claims
    cross join run_context
    where claims.delivery_date <= run_context.known_as_of::date
    qualify {{ is_latest_delivery(['complaint_id', 'claim_no'], among='claims') }}
),

known as (
    select
        latest.*,
        coalesce(latest.claim_kind in ('missing', 'wrong', 'deny'), true) as is_contested,
        persons.unit_key,
        persons.province_code as stated_province_code,
    from latest
    inner join persons on latest.complaint_id = persons.complaint_id
),

-- Names in words, once each: as the citizen wrote it, and as the certificate has it.
spellings as (
    select
        facility_name_key as name_key,
        unit_key,
        stated_province_code,
    from known
    union
    select
        cert_facility_name_key,
        unit_key,
        stated_province_code,
    from known
),

words as (
    select * from spellings where name_key is not null
),

exact as (
    select
        words.name_key,
        words.unit_key,
        count(*) filter (where facilities.unit_code = words.unit_key) as in_unit,
        min(facilities.facility_code)
            filter (where facilities.unit_code = words.unit_key) as unit_facility,
        count(*) filter (
            where facilities.province_code = words.stated_province_code
        ) as in_province,
        min(facilities.facility_code) filter (
            where facilities.province_code = words.stated_province_code
        ) as province_facility,
    from words
    inner join facilities on words.name_key = facilities.facility_name_key
    group by words.name_key, words.unit_key
),

resolved as (
    select
        name_key,
        unit_key,
        case
            when in_unit = 1 then unit_facility
            when in_unit = 0 and in_province = 1 then province_facility
        end as facility_code,
    from exact
),

-- Not exact means the pool; the nearest name is shown to the officer, never acted upon.
nearest as (
    select
        words.name_key,
        words.unit_key,
        facilities.facility_code as candidate_facility_code,
        jaro_winkler_similarity(words.name_key, facilities.facility_name_key) as candidate_score,
    from words
    inner join facilities on words.stated_province_code = facilities.province_code
    left join resolved
        on words.name_key = resolved.name_key and words.unit_key = resolved.unit_key
    where resolved.facility_code is null
    qualify row_number() over (
        partition by words.name_key, words.unit_key
        order by candidate_score desc, facilities.facility_code asc
    ) = 1
)

select
    known.* exclude (facility_code, unit_key, stated_province_code),
    known.facility_code as facility_typed_code,
    coalesce(by_code.facility_code, by_name.facility_code) as facility_code,
    case
        when by_code.facility_code is not null then 'code'
        when by_name.facility_code is not null then 'name'
        when known.facility_code is not null or known.facility_name_key is not null
            then 'unresolved'
        else 'none'
    end as facility_basis,
    by_certificate.facility_code as cert_facility_code,
    case
        when by_code.facility_code is null and nearest.candidate_score >= 0.8
            then nearest.candidate_facility_code
    end as candidate_facility_code,
    case
        when by_code.facility_code is null and nearest.candidate_score >= 0.8
            then round(nearest.candidate_score, 3)
    end as candidate_score,
from known
left join facilities as by_code on known.facility_code = by_code.facility_code
left join resolved as by_name
    on known.facility_name_key = by_name.name_key and known.unit_key = by_name.unit_key
left join resolved as by_certificate
    on known.cert_facility_name_key = by_certificate.name_key
    and known.unit_key = by_certificate.unit_key
left join nearest
    on known.facility_name_key = nearest.name_key and known.unit_key = nearest.unit_key
