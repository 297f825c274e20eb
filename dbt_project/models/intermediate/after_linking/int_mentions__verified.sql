{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'mention_id', 'notes': {'person': 'citizen_key', 'judged_mention': 'mention_id'}},
    pre_hook=["{{ note_mentions_to_verify() }}", "{{ hold_changed('verified_mention') }}"]
) }}

with

mentions as not materialized (
    select mentions.*
    from {{ ref('int_mentions') }} as mentions
    {{ only_changed('mentions.mention_id') }}
),

linked as not materialized (
    select linked.*
    from {{ ref('int_mentions__linked') }} as linked
    {{ only_changed('linked.mention_id') }}
),

id_compared as {{ held_once() }} (
    select id_compared.*
    from {{ ref('int_mentions__id_compared') }} as id_compared
    {{ only_changed('id_compared.mention_id') }}
),

answered as (
    select * from {{ ref('int_mentions__answered') }}
),

requested as (
    -- One run behind: what this run asks was not out when it began.
    select distinct {{ as_key('requests.mention_id') }} as mention_id
    from {{ source('ops', 'identity_requests') }} as requests
    cross join {{ source('ops', 'run_context') }} as run_context
    where requests.requested_at <= run_context.as_of
),

registry as (
    select count(*) as citizens from {{ ref('int_citizens__current') }}
),

-- Few numbers are two citizens': only those are sorted.
repeated as materialized (
    select mention_id
    from id_compared
    group by mention_id
    having count(*) > 1
),

holders as not materialized (
    -- The holder of the number: the linked citizen if it is theirs, else whoever agrees most.
    select id_compared.*
    from id_compared
    semi join repeated on id_compared.mention_id = repeated.mention_id
    inner join linked on id_compared.mention_id = linked.mention_id
    qualify row_number() over (
        partition by id_compared.mention_id
        order by
            coalesce(id_compared.citizen_id = linked.citizen_id, false) desc,
            id_compared.fields_not_same asc,
            id_compared.citizen_id asc
    ) = 1
    union all by name
    select id_compared.*
    from id_compared
    anti join repeated on id_compared.mention_id = repeated.mention_id
),

compared as (
    select
        mentions.mention_id,
        mentions.nationality,
        mentions.dose_records,
        mentions.last_recorded_at,
        linked.citizen_key,
        linked.citizen_id,
        answered.result_id,
        answered.decided_at,
        answered.verification_status as answer_status,
        answered.verification_reason as answer_reason,
        mentions.is_foreign,
        answered.mention_id is null
        and requested.mention_id is null
        and mentions.id_number is null
        and mentions.name_key is null
        and mentions.birth_first_on is null as is_nothing_sent,
        mentions.has_no_usable_id,
        case
            when registry.citizens = 0 then 'PENDING'
            when holders.mention_id is null then 'MISMATCH'
            when holders.fields_not_same > 0 then 'MISMATCH'
            when
                linked.method in ('exact', 'previous_id')
                -- A person may confirm what the fields say, and say which of two it is.
                or linked.method in ('officer', 'police') and linked.citizen_id = holders.citizen_id
                then 'MATCH'
            -- All four agree with two citizens at once: nobody can say which.
            else 'PENDING'
        end as registry_status,
        requested.mention_id is not null as is_requested,
        case
            when registry.citizens = 0 then null
            when holders.mention_id is null then 'ID_NOT_FOUND'
            when holders.fields_not_same > 1 then 'OTHER'
            when holders.name_difference <> 'same' then 'NAME'
            when holders.birth_difference <> 'same' then 'DOB'
            when holders.sex_difference <> 'same' then 'SEX'
        end as registry_reason,
        holders.citizen_id as holder_citizen_id,
        holders.name_difference,
        holders.birth_difference,
        holders.sex_difference
    from mentions
    cross join registry
    inner join linked on mentions.mention_id = linked.mention_id
    left join holders on mentions.mention_id = holders.mention_id
    left join answered on mentions.mention_id = answered.mention_id
    left join requested on mentions.mention_id = requested.mention_id
),

based as (
    select
        *,
        case
            when registry_status <> 'PENDING' then 'registry_comparison'
            when is_requested then 'request_out'
            else 'none'
        end as registry_basis
    from compared
)

select
    mention_id,
    citizen_key,
    citizen_id,
    {{ verification('based') }},
    is_foreign,
    is_nothing_sent,
    has_no_usable_id,
    answer_status,
    answer_reason,
    result_id,
    decided_at,
    registry_status,
    registry_reason,
    registry_basis,
    holder_citizen_id,
    name_difference,
    birth_difference,
    sex_difference,
    nationality,
    dose_records,
    last_recorded_at
from based
