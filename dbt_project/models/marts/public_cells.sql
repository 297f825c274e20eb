{% set complaint_states = ['APPROVED', 'DEFERRED', 'REJECTED', 'WITHDRAWN', 'ATTACHED', 'OPEN'] %}
{% set verification_statuses = [
    'MATCH', 'MISMATCH', 'PENDING', 'NO_ID_OR_BAD_FORMAT', 'NOT_SENT', 'EXEMPT_FOREIGN'
] %}

with

complaints as (
    select * from {{ ref('fct_complaints') }}
),

people as (
    select * from {{ ref('dim_citizens') }}
),

doses as (
    select * from {{ ref('fct_doses') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

run_context as (
    select as_of from {{ source('ops', 'run_context') }}
),

provinces as (
    select province_code from {{ ref('provinces') }}
    union all
    select 'unknown' as province_code
),

campaign_days as (
    select {{ each_day(setting('campaign_start', 'date'), 'run_context.as_of::date') }} as day
    from run_context
),

-- All cells there can be, whatever the data: that a cell is there must tell nothing.
categories as (
    select
        'complaints_by_state' as table_name,
        unnest({{ complaint_states }}) as category
    union all
    select
        'people_by_verification' as table_name,
        unnest({{ verification_statuses }}) as category
    union all
    select distinct
        'doses_by_month' as table_name,
        strftime(day, '%Y-%m') as category
    from campaign_days
    union all
    select
        'doses_by_month' as table_name,
        'other' as category
),

subjects as (
    select
        'complaints_by_state' as table_name,
        province_code,
        case when list_contains({{ complaint_states }}, state) then state else 'OPEN' end as category,
        count(*) as subject_count
    from complaints
    group by all
    union all
    select
        'people_by_verification' as table_name,
        province_code,
        verification_status as category,
        count(*) as subject_count
    from people
    group by all
    union all
    select
        'doses_by_month' as table_name,
        province_code,
        strftime(injected_on, '%Y-%m') as category,
        subject_count
    from (
        select
            province_code,
            injected_on,
            count(*) as subject_count
        from doses
        group by province_code, injected_on
    ) as by_day
),

counted as (
    select
        subjects.table_name,
        coalesce(provinces.province_code, 'unknown') as province_code,
        coalesce(categories.category, 'other') as category,
        sum(subjects.subject_count)::bigint as cell_count
    from subjects
    left join provinces on subjects.province_code = provinces.province_code
    left join categories
        on subjects.table_name = categories.table_name and subjects.category = categories.category
    group by all
)

select
    categories.table_name,
    provinces.province_code,
    categories.category,
    coalesce(counted.cell_count, 0) as cell_count
from categories
cross join provinces
left join counted
    on
        categories.table_name = counted.table_name
        and provinces.province_code = counted.province_code
        and categories.category = counted.category
