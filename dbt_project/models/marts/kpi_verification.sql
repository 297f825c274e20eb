{%- set statuses = {
    'exempt_foreign': 'EXEMPT_FOREIGN', 'not_sent': 'NOT_SENT',
    'no_id_or_bad_format': 'NO_ID_OR_BAD_FORMAT', 'match': 'MATCH', 'mismatch': 'MISMATCH',
    'pending': 'PENDING'
} %}
{%- set reasons = {
    'id_not_found': 'ID_NOT_FOUND', 'name': 'NAME', 'dob': 'DOB', 'sex': 'SEX', 'other': 'OTHER'
} -%}

with

persons as (
    select
        persons.citizen_key,
        persons.verification_status,
        persons.verification_reason,
        coalesce(persons.province_code, 'unknown') as province_code,
        coalesce(persons.district_code, 'unknown') as district_code,
        coalesce(persons.unit_code, 'unknown') as unit_code,
        coalesce(mentions.entered_by_facility_code, 'unknown') as facility_code
    from {{ ref('int_persons') }} as persons
    inner join {{ ref('int_mentions') }} as mentions on persons.mention_id = mentions.mention_id
),

doses as (
    select
        citizen_key,
        coalesce(entered_by_facility_code, 'unknown') as facility_code
    from {{ ref('int_doses__sequenced') }}
),

subjects as (
    select
        'people' as subject,
        * exclude (citizen_key)
    from persons
    union all
    -- A dose has the status and the residence of its person, and the facility that entered it.
    select
        'doses' as subject,
        persons.* exclude (citizen_key, facility_code),
        doses.facility_code
    from doses
    inner join persons on doses.citizen_key = persons.citizen_key
),

-- By status first: to hold each row against each status costs more than to group by it.
by_status as (
    select
        *,
        count(*) as on_platform
    from subjects
    group by all
),

counted as (
    select
        subject,
        province_code,
        district_code,
        unit_code,
        facility_code,
        sum(on_platform) as on_platform,
        {%- for column, status in statuses.items() %}
        coalesce(sum(on_platform) filter (where verification_status = '{{ status }}'), 0) as {{ column }},
        {%- endfor %}
        {%- for column, reason in reasons.items() %}
        coalesce(sum(on_platform) filter (
            where verification_status = 'MISMATCH' and verification_reason = '{{ reason }}'
        ), 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from by_status
    group by subject, province_code, district_code, unit_code, facility_code
),

levels as (
    select unnest(['nation', 'province', 'district', 'commune', 'facility']) as level
),

placed as (
    select
        counted.* exclude (unit_code),
        levels.level,
        case levels.level
            when 'nation' then 'VN'
            when 'province' then counted.province_code
            when 'district' then counted.district_code
            when 'commune' then counted.unit_code
            else counted.facility_code
        end as unit_code,
        case levels.level
            when 'district' then counted.province_code
            when 'commune' then counted.district_code
            when 'nation' then null
            else 'VN'
        end as parent_code
    from counted
    cross join levels
),

added as (
    select
        level,
        unit_code,
        parent_code,
        subject,
        {%- for column in ['on_platform'] + (statuses.keys() | list) + (reasons.keys() | list) %}
        sum({{ column }})::bigint as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from placed
    group by level, unit_code, parent_code, subject
)

select
    level,
    unit_code,
    parent_code,
    subject,
    on_platform,
    exempt_foreign,
    not_sent,
    on_platform - exempt_foreign - not_sent as sent,
    no_id_or_bad_format,
    on_platform - exempt_foreign - not_sent - no_id_or_bad_format as with_id,
    match,
    mismatch,
    pending,
    {{ reasons.keys() | join(',\n    ') }}
from added
