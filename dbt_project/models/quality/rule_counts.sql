with

rules as (
    select * from {{ ref('rules') }}
),

findings as (
    select * from {{ ref('findings') }}
),

doses as not materialized (
    select * from {{ ref('int_doses__deduplicated') }}
),

mentions as (
    select * from {{ ref('int_mentions') }}
),

persons as not materialized (
    select * from {{ ref('int_persons') }}
),

complaints as not materialized (
    select * from {{ ref('fct_complaints') }}
),

facilities as not materialized (
    select * from {{ ref('int_facilities__current') }}
),

units as (
    select
        ladder_key as unit_key,
        province_code
    from {{ ref('int_agency_ladder') }}
    where ladder_kind = 'unit'
),

placed as (
    -- A dose lies in the province where it was given, a mention where it was typed in; the day of a
    -- commune or district in its province, that of the nation in none.
    select
        findings.rule_id,
        findings.severity,
        case
            when findings.subject_type = 'citizen' then persons.province_code
            when findings.subject_type in ('complaint', 'claim') then complaints.province_code
            when findings.subject_type = 'lot' then split_part(findings.subject_id, '|', 3)
            when findings.facility_code is not null then facilities.province_code
            when findings.subject_type = 'province_day' then units.province_code
        end as province_code
    from findings
    left join facilities on findings.facility_code = facilities.facility_code
    left join persons on {{ key_found('findings', 'citizen') }} = persons.citizen_key
    left join complaints
        on
            findings.subject_type in ('complaint', 'claim')
            and split_part(findings.subject_id, '#', 1) = complaints.complaint_id
    left join units
        on
            findings.subject_type = 'province_day'
            and split_part(findings.subject_id, '|', 1) = units.unit_key
    union all
    -- Only counted, not listed.
    select
        'SEQ-006' as rule_id,
        'info' as severity,
        facilities.province_code
    from doses
    left join facilities on doses.facility_code = facilities.facility_code
    where doses.is_chosen and doses.label_problem = 'ambiguous'
),

found as (
    select
        rule_id,
        coalesce(province_code, 'unknown') as province_code,
        count(*) as subjects,
        count(*) filter (where severity = 'error') as errors
    from placed
    group by all
),

populations as (
    {% for subject_type, relation, province in [
        ('dose', 'doses left join facilities on doses.facility_code = facilities.facility_code',
         'facilities.province_code'),
        ('mention',
         'mentions left join facilities on mentions.entered_by_facility_code = facilities.facility_code',
         'facilities.province_code'),
        ('citizen', 'persons', 'province_code'),
        ('complaint', 'complaints', 'province_code'),
        ('claim', ref('fct_complaint_claims') ~ ' as claims left join complaints'
         ~ ' on claims.complaint_id = complaints.complaint_id', 'complaints.province_code'),
        ('facility', 'facilities', 'province_code'),
        ('lot', ref('lot_usage'), 'province_code'),
    ] %}
    select
        '{{ subject_type }}' as subject_type,
        coalesce({{ province }}, 'unknown') as province_code,
        count(*) as evaluated
    from {{ relation }}
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

provinces as (
    select province_code from populations
    union
    select province_code from found
    union
    select 'unknown' as province_code
),

by_province as (
    select
        rules.rule_id,
        provinces.province_code,
        coalesce(found.subjects, 0) as subjects,
        coalesce(found.errors, 0) as errors,
        -- How many days of a province and deliveries could be wrong is not known.
        case
            when rules.subject_type not in ('province_day', 'delivery')
                then coalesce(populations.evaluated, 0)
        end as evaluated
    from rules
    cross join provinces
    left join found
        on rules.rule_id = found.rule_id and provinces.province_code = found.province_code
    left join populations
        on
            rules.subject_type = populations.subject_type
            and provinces.province_code = populations.province_code
),

by_place as (
    select
        rule_id,
        'nation' as level,
        'VN' as place_code,
        sum(subjects)::bigint as subjects,
        sum(errors)::bigint as errors,
        sum(evaluated)::bigint as evaluated
    from by_province
    group by rule_id
    union all
    select
        rule_id,
        'province' as level,
        province_code as place_code,
        subjects,
        errors,
        evaluated
    from by_province
)

select
    rules.rule_id,
    by_place.level,
    by_place.place_code,
    rules.severity,
    rules.subject_type,
    by_place.subjects,
    by_place.errors,
    by_place.evaluated
from rules
inner join by_place on rules.rule_id = by_place.rule_id
