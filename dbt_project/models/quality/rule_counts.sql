with

rules as (
    select * from {{ ref('rules') }}
),

findings as (
    select * from {{ ref('findings') }}
),

doses as (
    select * from {{ ref('int_doses__deduplicated') }}
),

mentions as (
    select * from {{ ref('int_mentions') }}
),

complaints as (
    select * from {{ ref('fct_complaints') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

subjects as (
    -- Whoever has entered a record answers for it, wherever the person lives.
    select
        'dose' as subject_type,
        doses.record_id as subject_id,
        facilities.province_code
    from doses
    left join facilities
        on coalesce(doses.entered_by_facility_code, doses.facility_code) = facilities.facility_code
    union all
    select
        'mention',
        mentions.mention_id,
        facilities.province_code
    from mentions
    left join facilities on mentions.entered_by_facility_code = facilities.facility_code
    union all
    select
        'citizen',
        citizen_key,
        province_code
    from {{ ref('int_persons') }}
    union all
    select
        'complaint',
        complaint_id,
        province_code
    from complaints
    union all
    select
        'claim',
        claims.complaint_id || '#' || claims.claim_no,
        complaints.province_code
    from {{ ref('fct_complaint_claims') }} as claims
    left join complaints on claims.complaint_id = complaints.complaint_id
    union all
    select
        'facility',
        facility_code,
        province_code
    from facilities
    union all
    select
        'lot',
        concat_ws('|', vaccine_code, lot_number, province_code),
        province_code
    from {{ ref('lot_usage') }}
),

found as (
    -- Days of a province and deliveries are not counted: only what is wrong with them is known.
    select
        findings.rule_id,
        findings.severity,
        coalesce(
            subjects.province_code,
            case
                when findings.subject_type = 'province_day' then split_part(findings.subject_id, '|', 1)
            end,
            'unknown'
        ) as province_code
    from findings
    left join subjects
        on
            findings.subject_type = subjects.subject_type
            and findings.subject_id = subjects.subject_id
    union all
    -- Only counted, not listed.
    select
        'SEQ-006',
        'info',
        coalesce(facilities.province_code, 'unknown')
    from doses
    left join facilities
        on coalesce(doses.entered_by_facility_code, doses.facility_code) = facilities.facility_code
    where doses.is_chosen and doses.label_problem = 'ambiguous'
),

counts as (
    select
        rule_id,
        case when grouping(province_code) = 1 then 'nation' else 'province' end as level,
        coalesce(province_code, 'VN') as place_code,
        count(*) as subjects,
        count(*) filter (where severity = 'error') as errors
    from found
    group by grouping sets ((rule_id), (rule_id, province_code))
),

populations as (
    select
        subject_type,
        case when grouping(province_code) = 1 then 'nation' else 'province' end as level,
        coalesce(province_code, 'VN') as place_code,
        count(*) as evaluated
    from (
        select
            subject_type,
            coalesce(province_code, 'unknown') as province_code
        from subjects
    )
    group by grouping sets ((subject_type), (subject_type, province_code))
),

places as (
    select
        level,
        place_code
    from populations
    union
    select
        level,
        place_code
    from counts
    union
    select
        'nation',
        'VN'
)

select
    rules.rule_id,
    places.level,
    places.place_code,
    rules.severity,
    rules.subject_type,
    coalesce(counts.subjects, 0) as subjects,
    coalesce(counts.errors, 0) as errors,
    coalesce(
        populations.evaluated,
        case when rules.subject_type not in ('province_day', 'delivery') then 0 end
    ) as evaluated
from rules
cross join places
left join counts
    on
        rules.rule_id = counts.rule_id
        and places.level = counts.level
        and places.place_code = counts.place_code
left join populations
    on
        rules.subject_type = populations.subject_type
        and places.level = populations.level
        and places.place_code = populations.place_code
