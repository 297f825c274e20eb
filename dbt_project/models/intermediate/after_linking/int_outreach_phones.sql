{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'phone'},
    pre_hook=["{{ note_phones_due() }}", "{{ hold_changed('outreach_phone') }}"]
) }}

with

persons as (
    select persons.*
    from {{ ref('int_outreach_persons') }} as persons
    {{ only_changed('persons.phone') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

-- A family shares a phone: it gets one text, for whoever of it needs it most.
phones as (
    select
        persons.phone,
        min(persons.priority) as priority,
        count(*) as people_count,
        arg_min(persons.province_code, (persons.priority, persons.citizen_key)) as province_code
    from persons
    cross join run_context
    where persons.addressed_from <= run_context.as_of::date
    group by persons.phone
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
