{{ config(meta={'notes': {'delivered_complaint': 'complaint_id'}}) }}

with source as not materialized (

    {{ delivered('complaints') }}

),

{{ people_ctes('source', id='id_number', phone='phone') }},

{{ places_ctes('source') }},

read as (

    select
        *,
        {{ read_instant('received_at') }} as received_instant,
        upper(trim(complaint_type)) as type_code,
        {{ phone_read('complainant_phone') }} as complainant_phone_read
    from people
    cross join renumbering

)

select
    trim(read.complaint_id) as complaint_id,
    -- Without a usable time the 48 hours start when the pipeline first could see it.
    coalesce(
        read.received_instant, {{ from_wall_clock("cast(read.delivery_date as timestamp)") }}
    ) as received_at,
    coalesce({{ enumerated('read.channel') }}, 'other') as channel,
    case
        when read.type_code in (
            'MISSING_DOSE', 'NO_RECORD', 'WRONG_PERSON_INFO', 'WRONG_DOSE_INFO', 'NOT_MY_DOSE',
            'DUPLICATE_PROFILE', 'WRONG_PHONE', 'CERTIFICATE_NOT_ISSUED'
        ) then read.type_code
        else 'OTHER'
    end as complaint_type,
    read.complaint_type as complaint_type_typed,
    {{ people_columns(
        id='id_number', phone='phone', notes=[
            "case when read.received_instant is null then ['received_at:delivery'] end",
            'places.notes',
            repaired_note('read.marks'),
        ]
    ) }},
    read.p_id_hypothesis as id_hypothesis,
    read.p_other_phones as other_phones,
    {{ blank_to_null('read.health_insurance_number') }} as health_insurance_number,
    {{ blank_to_null('read.email') }} as email,
    places.resolved_province as province_code,
    places.resolved_district as district_code,
    places.resolved_unit as unit_code,
    {{ blank_to_null('read.address') }} as address,
    {{ blank_to_null('read.complainant_name') }} as complainant_name,
    read.complainant_phone_read as complainant_phone,
    {{ blank_to_null('read.relation') }} as relation,
    {{ blank_to_null('read.description') }} as description,
    {{ blank_to_null('read.root_complaint_id') }} as root_complaint_id,
    read.file,
    read.line,
    read.delivery_date
from read
{{ join_places('read') }}
