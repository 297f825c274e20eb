with source as (

    select * from {{ source('raw', 'administered_reports') }}

),

labels as (

    select * from {{ ref('dose_labels') }}

),

vaccines as (

    select * from {{ ref('vaccine_aliases') }}

),

provinces as (

    select * from {{ ref('provinces') }}

),

province_aliases as (

    select * from {{ ref('unit_aliases') }} where level = 'province'

)

select
    {{ read_day('source.report_date') }} as report_date,
    case
        when upper(trim(source.province_code)) = 'VN' then 'VN'
        else coalesce(provinces.province_code, province_aliases.unit_code)
    end as province_code,
    coalesce(trim(source.unit_code), '') as unit_code,
    coalesce(trim(source.facility_code), '') as facility_code,
    -- An empty key means all products; an unknown product is null and joins nothing.
    case
        when {{ blank_to_null('source.vaccine_name') }} is null then ''
        else vaccines.vaccine_code
    end as vaccine_code,
    labels.dose_type,
    labels.dose_no,
    coalesce(trim(source.dose_label), '') as dose_label_typed,
    {{ whole_number('source.doses_administered') }} as doses_administered,
    {{ read_instant('source.reported_at') }} as reported_at,
    source.file,
    source.line,
    source.delivery_date
from source
left join vaccines on {{ vaccine_key('source.vaccine_name') }} = vaccines.alias_key
left join labels on {{ dose_label_key('source.dose_label') }} = labels.label_key
left join provinces on {{ code_of('source.province_code', 2) }} = provinces.province_code
left join province_aliases on {{ place_key('source.province_code') }} = province_aliases.alias_key
