with

verified as (
    select * from {{ ref('int_mentions__verified') }}
),

mentions as (
    select * from {{ ref('int_mentions') }}
),

persons as (
    select * from {{ ref('int_persons') }}
),

id_compared as (
    select * from {{ ref('int_mentions__id_compared') }}
),

citizens as (
    select
        citizen_id,
        full_name
    from {{ ref('int_citizens__current') }}
),

agencies as (
    select * from {{ ref('int_agencies__current') }}
),

communes as (
    select * from {{ ref('communes') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

commune_police as (
    select
        unit_code,
        min(agency_code) as agency_code
    from agencies
    where branch = 'police' and level = 'commune'
    group by unit_code
),

holders as (
    select *
    from id_compared
    qualify row_number() over (
        partition by mention_id order by fields_not_same, citizen_id
    ) = 1
)

select
    {{ pseudonym("'R|' || verified.mention_id") }} as request_id,
    commune_police.agency_code as owner_code,
    communes.province_code,
    persons.unit_code,
    persons.hamlet,
    verified.citizen_key,
    verified.verification_status,
    verified.verification_reason,
    mentions.full_name,
    mentions.birth_typed,
    mentions.sex,
    mentions.id_typed,
    case
        when verified.has_no_usable_id then 'id'
        when holders.mention_id is null then 'id'
        else coalesce(nullif(concat_ws(
            ';',
            case when holders.name_difference <> 'same' then 'name:' || holders.name_difference end,
            case
                when holders.birth_difference <> 'same'
                    then 'date_of_birth:' || holders.birth_difference
            end,
            case when holders.sex_difference <> 'same' then 'sex:' || holders.sex_difference end
        -- The registry extract agrees and the police said otherwise: their reason is all there is.
        ), ''), 'police:' || lower(verified.verification_reason))
    end as differs,
    case when holders.name_difference = 'accents' then citizens.full_name end as proposed_full_name
from verified
cross join run_context
inner join mentions on verified.mention_id = mentions.mention_id
inner join persons on verified.citizen_key = persons.citizen_key
left join holders on verified.mention_id = holders.mention_id
left join citizens on holders.citizen_id = citizens.citizen_id
left join communes on persons.unit_code = communes.unit_code
left join commune_police on persons.unit_code = commune_police.unit_code
where
    verified.verification_status in ('MISMATCH', 'NO_ID_OR_BAD_FORMAT')
    and verified.dose_records > 0
