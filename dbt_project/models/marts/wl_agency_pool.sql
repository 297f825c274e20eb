with complaints as (
    select * from {{ ref('fct_complaints') }}
),

routes as (
    select * from {{ ref('int_complaint_routes') }}
),

claims as (
    select * from {{ ref('fct_complaint_claims') }}
),

people as (
    select
        complaint_id,
        full_name,
        birth_on,
    from {{ ref('int_complaints__current') }}
),

clocks as not materialized (
    select * from {{ ref('complaint_clocks') }}
),

labels as (
    select * from {{ ref('labels') }}
),

candidates as (
    select
        complaint_id,
        candidate_facility_code,
        candidate_score,
        candidate_basis
    from claims
    where is_contested and candidate_facility_code is not null
    qualify row_number() over (
        partition by complaint_id
        order by
            list_position({{ candidate_bases() }}, candidate_basis) asc,
            candidate_score desc,
            candidate_facility_code desc
    ) = 1
)

select
    complaints.proposed_agency_code as owner_code,
    complaints.complaint_id,
    complaints.received_at,
    assignment_clocks.due_at as assign_by,
    review_clocks.due_at as review_due_at,
    complaints.complaint_type,
    labels.label_vi as complaint_type_vi,
    people.full_name,
    people.birth_on,
    complaints.province_code,
    complaints.unit_code,
    array_to_string(routes.missing_for_routing, ';') as missing_for_routing,
    candidates.candidate_facility_code,
    candidates.candidate_score,
    candidates.candidate_basis,
    complaints.root_cause,
    complaints.recommendation,
    complaints.recommendation_reason,
from complaints
inner join routes on complaints.complaint_id = routes.complaint_id
inner join people on complaints.complaint_id = people.complaint_id
left join clocks as assignment_clocks
    on complaints.complaint_id = assignment_clocks.complaint_id
    and assignment_clocks.clock = 'assignment'
left join clocks as review_clocks
    on complaints.complaint_id = review_clocks.complaint_id
    and review_clocks.clock = 'review'
    and complaints.received_at = review_clocks.starts_at
left join candidates on complaints.complaint_id = candidates.complaint_id
left join labels
    on labels.domain = 'complaint_type' and complaints.complaint_type = labels.code
where complaints.route = 'PORTAL_POOL'
    and complaints.handler_basis = 'proposed'
    and complaints.is_open
