with source as (

    select * from {{ source('raw', 'doses') }}

),

countries as (

    select * from {{ ref('country_labels') }}

),

labels as (

    select * from {{ ref('dose_labels') }}

),

vaccines as (

    select * from {{ ref('vaccine_aliases') }}

),

with_country as (

    select
        source.*,
        {{ country_code('source.nationality', 'countries.country_code') }} as p_country
    from source
    left join countries on {{ fold_key('source.nationality') }} = countries.label_key

),

{{ people_ctes('with_country', id='id_number', phone='phone', nationality='p_country') }},

{{ places_ctes('source') }},

-- Labels, products and facilities repeat: each spelling is folded once, not once a dose.
label_spellings as (

    select
        spelling.dose_label,
        labels.dose_type,
        labels.dose_no,
        case
            when {{ blank_to_null('spelling.dose_label') }} is null then 'missing'
            when labels.label_key is null then 'unreadable'
            else labels.problem
        end as label_problem
    from (select distinct dose_label from source) as spelling
    left join labels on {{ dose_label_key('spelling.dose_label') }} = labels.label_key

),

vaccine_spellings as (

    select
        spelling.vaccine_name,
        vaccines.vaccine_code,
        case
            when {{ blank_to_null('spelling.vaccine_name') }} is null then 'missing'
            when vaccines.alias_key is null then 'unknown'
            when vaccines.is_ambiguous then 'ambiguous'
        end as vaccine_problem
    from (select distinct vaccine_name from source) as spelling
    left join vaccines on {{ vaccine_key('spelling.vaccine_name') }} = vaccines.alias_key

),

lot_spellings as (

    select
        lot_number,
        {{ lot_number('lot_number') }} as lot_cleaned
    from (select distinct lot_number from source) as spelling

),

facility_spellings as (

    select
        facility_name,
        nullif({{ fold_key('facility_name') }}, '') as facility_name_key
    from (select distinct facility_name from source) as spelling

),

dated as (

    select
        *,
        {{ blank_to_null('injected_at') }} as injected_text,
        {{ date_form(blank_to_null('injected_at')) }} as injected_form,
        {{ date_form('trim(entered_at)') }} as entered_form
    from people

),

read as (

    select
        *,
        -- The day of an injection is known or it is not: a year or a month is not read as one.
        case
            when injected_form not in ('year', 'year_month', 'month_year')
                then {{ date_read('injected_text', 'injected_form') }}
        end as injected_day,
        case
            when injected_form in ('iso', 'dmy_time', 'time_dmy', 'milliseconds')
                or (injected_form = 'excel' and contains(translate(injected_text, ',', '.'), '.'))
                then {{ instant_read('injected_text', 'injected_form') }}
        end as injected_instant,
        {{ instant_read('trim(entered_at)', 'entered_form') }} as entered_instant
    from dated

)

select
    coalesce({{ blank_to_null('read.source_system') }}, 'platform') || ':' || trim(read.source_record_id)
        as record_id,
    coalesce({{ blank_to_null('read.source_system') }}, 'platform') as source_system,
    trim(read.source_record_id) as source_record_id,
    coalesce({{ enumerated('read.action') }}, 'add') as action,
    read.entered_instant as entered_at,
    {{ enumerated('read.entry_mode') }} as entry_mode,
    {{ blank_to_null('read.entered_by_facility_code') }} as entered_by_facility_code,
    {{ blank_to_null('read.facility_code') }} as facility_code,
    {{ blank_to_null('read.facility_name') }} as facility_name,
    facility_spellings.facility_name_key,
    {{ blank_to_null('read.administered_in') }} as administered_in,
    {{ people_columns(id='id_number', phone='phone') }},
    {{ blank_to_null('read.health_insurance_number') }} as health_insurance_number,
    read.p_country as nationality,
    {{ blank_to_null('read.occupation') }} as occupation,
    {{ blank_to_null('read.priority_group') }} as priority_group,
    {{ blank_to_null('read.indication') }} as indication,
    places.resolved_province as province_code,
    places.resolved_district as district_code,
    places.resolved_unit as unit_code,
    {{ blank_to_null('read.address') }} as address,
    read.dose_label as dose_label_typed,
    label_spellings.dose_type,
    label_spellings.dose_no,
    label_spellings.label_problem,
    read.vaccine_name as vaccine_typed,
    vaccine_spellings.vaccine_code,
    vaccine_spellings.vaccine_problem,
    read.lot_number as lot_typed,
    lot_spellings.lot_cleaned as lot_number,
    read.injected_day as injected_on,
    read.injected_instant as injected_at,
    read.injected_at as injected_typed,
    case
        when read.injected_text is null then 'missing'
        when read.injected_day is null then 'unreadable'
    end as injected_problem,
    {{ blank_to_null('read.reaction') }} as reaction,
    read.file,
    read.line,
    read.delivery_date
from read
{{ join_places('read') }}
left join label_spellings on read.dose_label is not distinct from label_spellings.dose_label
left join vaccine_spellings on read.vaccine_name is not distinct from vaccine_spellings.vaccine_name
left join lot_spellings on read.lot_number is not distinct from lot_spellings.lot_number
left join facility_spellings on read.facility_name is not distinct from facility_spellings.facility_name
