{#- Kept beside the phones, which a day changes few of: that somebody's day has come is found by its date. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key', 'notes': {'outreach_phone': 'phone'}},
    pre_hook=["{{ note_persons_to_address() }}", "{{ hold_changed('addressed_person') }}"]
) }}

with

persons as (
    select persons.*
    from {{ ref('int_persons') }} as persons
    {{ only_changed('persons.citizen_key') }}
    where persons.life_status is distinct from 'deceased' and persons.deceased_on is null
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
        sequenced.citizen_key,
        sequenced.primary_vaccine_code,
        sequenced.vaccine_code,
        sequenced.slot_type,
        sequenced.slot_no,
        sequenced.injected_on,
        sequenced.position as doses_recorded
    from {{ ref('int_doses__sequenced') }} as sequenced
    {{ only_changed('sequenced.citizen_key') }}
    where sequenced.is_last
),

-- With two doses on record from ever; with one from the first day on which the next is expected.
addressed as (
    select
        lasts.citizen_key,
        case
            when lasts.doses_recorded >= 2 then '-infinity'::date
            when lasts.slot_type = 'primary' and lasts.slot_no < products.primary_doses
                then (lasts.injected_on + intervals.expected_min_days)::date
        end as addressed_from
    from lasts
    cross join run_context
    left join products on lasts.primary_vaccine_code = products.vaccine_code
    left join intervals
        on
            lasts.vaccine_code = intervals.vaccine_code
            and lasts.slot_no + 1 = intervals.primary_dose_no
            and {{ valid_on('intervals', 'run_context.as_of::date') }}
)

select
    persons.citizen_key,
    coalesce(mentions.phone, citizens.phone) as phone,
    addressed.addressed_from,
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
    end::utinyint as priority
from addressed
inner join persons on addressed.citizen_key = persons.citizen_key
inner join mentions on persons.mention_id = mentions.mention_id
left join citizens on persons.citizen_id = citizens.citizen_id
where
    addressed.addressed_from is not null
    and coalesce(mentions.phone, citizens.phone) is not null
