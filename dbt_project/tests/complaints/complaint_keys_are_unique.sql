{{ config(tags=['after_linking'], severity='error') }}
-- One row per key in the tables whose key is more than one column.
with claims as (
    select * from {{ ref('fct_complaint_claims') }}
),

clocks as (
    select * from {{ ref('complaint_clocks') }}
),

tasks as (
    select * from {{ ref('wl_facility_complaints') }}
)

select
    'fct_complaint_claims' as table_name,
    complaint_id,
    count(*) as row_count,
from claims
group by complaint_id, claim_no
having count(*) > 1
union all
select
    'complaint_clocks' as table_name,
    complaint_id,
    count(*) as row_count,
from clocks
group by complaint_id, clock, starts_at
having count(*) > 1
union all
select
    'wl_facility_complaints' as table_name,
    complaint_id,
    count(*) as row_count,
from tasks
group by complaint_id, claim_no
having count(*) > 1
