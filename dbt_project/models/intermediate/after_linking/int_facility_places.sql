with

facilities as (
    select * from {{ ref('int_facilities__current') }}
)

{% for level, place in [
    ('facility', 'facility_code'),
    ('commune', 'unit_code'),
    ('district', 'district_code'),
    ('province', 'province_code'),
    ('nation', "'VN'"),
] %}
select
    facility_code,
    '{{ level }}' as level,
    {{ place }} as place_code
from facilities
where {{ place }} is not null
{{ 'union all' if not loop.last }}
{% endfor %}
