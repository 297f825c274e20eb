{{ config(tags=['after_linking']) }}

-- Every person and every dose stands in one status and one place of each level: what the units below a
-- unit add up to is the unit's own figure, and the nation's is everybody (domain: the ministry's published
-- figures close exactly). A row per figure that does not.
{%- set figures = ['on_platform'] %}
{%- for _, parts in verification_sums() %}{% do figures.extend(parts) %}{% endfor %}
with

kpi as (
    select * from {{ ref('kpi_verification') }}
),

wholes as (
    select
        'people' as subject,
        count(distinct citizen_key) as total
    from {{ ref('int_mentions__linked') }}
    union all
    select
        'doses' as subject,
        count(*) as total
    from {{ ref('fct_doses') }}
),

levels as (
    select
        'nation' as level,
        unnest(['province', 'facility']) as level_below
    union all
    select
        'province' as level,
        'district' as level_below
    union all
    select
        'district' as level,
        'commune' as level_below
),

added as (
    select
        levels.level,
        kpi.subject,
        kpi.parent_code as unit_code,
        {%- for figure in figures %}
        sum(kpi.{{ figure }}) as {{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from kpi
    inner join levels on kpi.level = levels.level_below
    group by levels.level, levels.level_below, kpi.subject, kpi.parent_code
)

select
    kpi.level,
    kpi.subject,
    kpi.unit_code
from kpi
left join added
    on kpi.level = added.level and kpi.subject = added.subject and kpi.unit_code = added.unit_code
where
    kpi.level in ('nation', 'province', 'district')
    and (
        {%- for figure in figures %}
        kpi.{{ figure }} is distinct from added.{{ figure }}
        {%- if not loop.last %} or{% endif %}
        {%- endfor %}
    )
union all
select
    'nation' as level,
    wholes.subject,
    'VN' as unit_code
from wholes
left join kpi on wholes.subject = kpi.subject and kpi.level = 'nation'
where wholes.total is distinct from coalesce(kpi.on_platform, 0)
