{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'citizen_key', 'is_published': true},
    pre_hook=["{{ hold_changed('history') }}"]
) }}

with

persons as (
    select persons.*
    from {{ ref('int_persons') }} as persons
    {{ only_changed('persons.citizen_key') }}
),

histories as (
    select
        citizen_key,
        count(*) as doses_recorded,
        max(primary_complete_on) as primary_complete_on
    from {{ ref('int_doses__sequenced') }} as doses
    {{ only_changed('doses.citizen_key') }}
    group by citizen_key
)

select
    {{ key_text('persons.citizen_key') }} as citizen_key,
    persons.verification_status,
    persons.verification_reason,
    persons.verification_basis,
    coalesce(histories.doses_recorded, 0) as doses_recorded,
    histories.primary_complete_on,
    -- QĐ 5772 and the reports of 2022: only who is verified, or a foreigner with a passport.
    histories.primary_complete_on is not null
    and persons.verification_status in ('MATCH', 'EXEMPT_FOREIGN') as cert_ready,
    persons.citizen_id,
    persons.mentions as mention_count,
    persons.province_code,
    persons.district_code,
    persons.unit_code
from persons
left join histories on persons.citizen_key = histories.citizen_key
