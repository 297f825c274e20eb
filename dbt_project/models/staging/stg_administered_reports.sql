with source as (

    {{ delivered('administered_reports') }}

),

{{ label_spellings_cte('source') }},

{{ vaccine_spellings_ctes('source') }},

{{ province_spellings_cte('source') }}

select
    {{ read_day('source.report_date') }} as report_date,
    case
        when upper(trim(source.province_code)) = 'VN' then 'VN'
        else province_spellings.province_code
    end as province_code,
    coalesce(trim(source.unit_code), '') as unit_code,
    coalesce(trim(source.facility_code), '') as facility_code,
    -- An empty key means all products; an unknown product is null and joins nothing.
    case
        when {{ blank_to_null('source.vaccine_name') }} is null then ''
        else vaccine_spellings.vaccine_code
    end as vaccine_code,
    label_spellings.dose_type,
    label_spellings.dose_no,
    coalesce(trim(source.dose_label), '') as dose_label_typed,
    {{ whole_number('source.doses_administered') }} as doses_administered,
    {{ read_instant('source.reported_at') }} as reported_at,
    source.file,
    source.line,
    source.delivery_date
from source
left join vaccine_spellings on source.vaccine_name is not distinct from vaccine_spellings.vaccine_typed
left join label_spellings on source.dose_label is not distinct from label_spellings.label_typed
left join province_spellings on source.province_code = province_spellings.province_typed
