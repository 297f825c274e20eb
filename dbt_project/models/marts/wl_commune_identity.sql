{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'request_id'},
    pre_hook=["{{ note_requests_to_list() }}", "{{ hold_changed('listed_request') }}"]
) }}

with

requests as (
    select requests.*
    from {{ ref('int_identity_requests') }} as requests
    {{ only_changed('requests.request_id') }}
    where requests.is_listed
),

linked as (
    select
        mention_id,
        citizen_key
    from {{ ref('int_mentions__linked') }}
),

mentions as (
    select * from {{ ref('int_mentions') }}
),

persons as (
    select * from {{ ref('int_persons') }}
),

citizens as (
    select
        citizen_id,
        full_name
    from {{ ref('int_citizens__current') }}
),

communes as (
    select * from {{ ref('communes') }}
)

select
    requests.request_id,
    requests.owner_code,
    communes.province_code,
    requests.unit_code,
    persons.hamlet,
    {{ key_text('linked.citizen_key') }} as citizen_key,
    requests.verification_status,
    requests.verification_reason,
    mentions.full_name,
    mentions.birth_typed,
    mentions.sex,
    mentions.id_typed,
    requests.differs,
    citizens.full_name as proposed_full_name,
    requests.requested_at
from requests
inner join mentions on requests.mention_id = mentions.mention_id
inner join linked on requests.mention_id = linked.mention_id
inner join persons on linked.citizen_key = persons.citizen_key
left join citizens on requests.spelled_by = citizens.citizen_id
left join communes on requests.unit_code = communes.unit_code
