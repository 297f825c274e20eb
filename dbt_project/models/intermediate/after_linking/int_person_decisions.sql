{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'decision_id', 'notes': {'decided_mention': 'mention_id'}}
) }}

with

decisions as (
    select * from {{ source('ops', 'person_decisions') }}
),

citizens as (
    select
        citizen_id,
        citizen_key
    from {{ ref('int_citizens__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

standing as (
    select
        decisions.* replace (
            {{ as_key('decisions.mention_id') }} as mention_id,
            {{ as_key('decisions.from_key') }} as from_key,
            {{ as_key('decisions.into_key') }} as into_key
        )
    from decisions
    cross join run_context
    where
        decisions.decided_at <= run_context.as_of
        and coalesce(decisions.revoked_at > run_context.as_of, true)
    -- Of several about one mention and one person the last holds.
    qualify row_number() over (
        partition by
            decisions.mention_id,
            case
                when decisions.mention_id is null then decisions.decision_id::varchar
                else coalesce(decisions.into_key, decisions.from_key)
            end
        order by decisions.decided_at desc, decisions.decision_id desc
    ) = 1
)

select
    standing.decision_id,
    standing.kind,
    standing.mention_id,
    standing.from_key,
    standing.into_key,
    standing.decided_at,
    -- Of the person a mention is, or is not; null for a merge and for a person without a citizen.
    citizens.citizen_id,
    -- Of several people a mention is said to be, the last.
    standing.kind = 'link'
    and citizens.citizen_id is not null
    and row_number() over (
        partition by standing.mention_id, standing.kind
        order by citizens.citizen_id is null, standing.decided_at desc, standing.decision_id desc
    ) = 1 as is_link
from standing
left join citizens
    on
        case standing.kind
            when 'link' then standing.into_key
            when 'unlink' then standing.from_key
        end = citizens.citizen_key
