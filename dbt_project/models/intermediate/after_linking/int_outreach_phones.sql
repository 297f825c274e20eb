{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'message_key'}
) }}

with

persons as (
    select * from {{ ref('int_persons') }}
    where life_status is distinct from 'deceased' and deceased_on is null
),

mentions as (
    select * from {{ ref('int_mentions') }}
),

citizens as (
    select
        citizen_id,
        phone
    from {{ ref('int_citizens__current') }}
),

products as (
    select * from {{ rule_pack('vaccine_products') }}
),

intervals as (
    select * from {{ rule_pack('dose_intervals') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

lasts as (
    select
        citizen_key,
        primary_vaccine_code,
        vaccine_code,
        slot_type,
        slot_no,
        injected_on,
        position as doses_recorded
    from {{ ref('int_doses__sequenced') }}
    where is_last
),

-- Two doses on record; or one, and the first day has come on which the next is expected.
addressed as (
    select lasts.citizen_key
    from lasts
    cross join run_context
    left join products on lasts.primary_vaccine_code = products.vaccine_code
    left join intervals
        on
            lasts.vaccine_code = intervals.vaccine_code
            and lasts.slot_no + 1 = intervals.primary_dose_no
            and {{ valid_on('intervals', 'run_context.as_of::date') }}
    where
        lasts.doses_recorded >= 2
        or (
            lasts.slot_type = 'primary'
            and lasts.slot_no < products.primary_doses
            and lasts.injected_on + intervals.expected_min_days <= run_context.as_of::date
        )
),

ranked as (
    select
        persons.citizen_key,
        coalesce(mentions.phone, citizens.phone) as phone,
        persons.province_code,
        case
            when
                persons.verification_status in ('NOT_SENT', 'NO_ID_OR_BAD_FORMAT')
                or mentions.name_key is null
                or mentions.birth_first_on is null
                or mentions.sex is null
                then 1
            when persons.verification_status = 'MISMATCH' then 2
            when persons.verification_status = 'PENDING' then 3
            else 4
        end as priority
    from addressed
    inner join persons on addressed.citizen_key = persons.citizen_key
    inner join mentions on persons.mention_id = mentions.mention_id
    left join citizens on persons.citizen_id = citizens.citizen_id
),

-- A family shares a phone: it gets one text, for whoever of it needs it most.
phones as (
    select
        phone,
        min(priority) as priority,
        count(*) as people_count,
        arg_min(province_code, (priority, citizen_key)) as province_code
    from ranked
    where phone is not null
    group by phone
),

coded as (
    select
        *,
        case priority
            when 1 then 'MISSING_FIELD'
            when 2 then 'MISMATCH'
            when 3 then 'PENDING'
            else 'SELF_CHECK'
        end as reason_code
    from phones
)

select
    {{ held_before('message_key', pseudonym("'S|' || coded.phone || '|' || coded.reason_code")) }}
        as message_key,
    coalesce(coded.province_code, 'unknown') as province_code,
    coded.priority::integer as priority,
    coded.reason_code,
    coded.phone,
    coded.people_count
from coded
cross join run_context
{{ join_held_before('coded.phone = held_before.phone and coded.reason_code = held_before.reason_code') }}
