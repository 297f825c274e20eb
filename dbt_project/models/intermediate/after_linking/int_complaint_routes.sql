{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'complaint_id', 'notes': {'moved_complaint': 'complaint_id'}}
) }}

with

tasks as (
    select * from {{ ref('int_complaint_tasks') }}
),

persons as (
    select * from {{ ref('int_complaint_persons') }}
),

ladder as (
    select * from {{ ref('int_agency_ladder') }} where ladder_kind = 'unit'
),

summed as (
    select
        complaint_id,
        bool_and(is_complete) as is_complete,
        bool_and(stated_facility_code is not null) as has_facility,
        bool_and(has_vaccine) as has_vaccine,
        bool_and(has_date) as has_date,
        arg_min(task_handler_code, claim_no) as facility_handler_code,
        arg_min(task_handler_basis, claim_no) as facility_handler_basis,
        count(distinct task_handler_code) as task_count,
    from tasks
    group by complaint_id
)

select
    persons.complaint_id,
    persons.unit_key,
    persons.province_code,
    case when coalesce(summed.is_complete, false) then 'FACILITY' else 'PORTAL_POOL' end as route,
    case
        when coalesce(summed.is_complete, false) then summed.facility_handler_code
        else ladder.chain_commune_station
    end as handler_code,
    case
        when coalesce(summed.is_complete, false) then summed.facility_handler_basis
        else 'proposed'
    end as handler_basis,
    case when not coalesce(summed.is_complete, false) then ladder.chain_commune_station end
        as proposed_agency_code,
    coalesce(summed.task_count, 0) as task_count,
    case when not coalesce(summed.is_complete, false) then list_filter(
        [
            case when summed.complaint_id is null then 'contested_claim' end,
            case when not summed.has_facility then 'facility' end,
            case when not summed.has_vaccine then 'vaccine' end,
            case when not summed.has_date then 'date' end
        ],
        lambda missing: missing is not null
    ) end as missing_for_routing,
from persons
left join summed on persons.complaint_id = summed.complaint_id
left join ladder on persons.unit_key = ladder.ladder_key
