{#- What this table holds is not computed from today's data alone: a key once given is kept. It is
    therefore never rebuilt, not even by a full run. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='by_own_keys',
    meta={'key': 'mention_id'},
    pre_hook="{{ keep_keys() }}",
    full_refresh=false
) }}

with

clustered as not materialized (
    select * from {{ ref('int_mentions__clustered') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

held as (
    {%- if is_incremental() %}
    select keys.*
    from {{ this }} as keys
    cross join run_context
    where keys.assigned_at <= run_context.as_of
    {%- else %}
    select
        {{ as_key('null') }} as mention_id,
        {{ as_key('null') }} as citizen_key,
        {{ as_key('null') }} as founder_id,
        null::timestamptz as assigned_at
    where false
    {%- endif %}
),

claims as (
    -- A cluster claims each key one of its mentions ever had.
    select
        clustered.founder_id as cluster_id,
        held.citizen_key,
        held.founder_id,
        min(held.assigned_at) as assigned_at,
        min(clustered.first_delivered_on) as first_delivered_on,
        bool_or(clustered.mention_id = held.founder_id) as has_founder
    from held
    inner join clustered on held.mention_id = clustered.mention_id
    group by all
),

granted as (
    -- Of the parts of a cluster that fell apart, the founder's keeps the key.
    select *
    from claims
    qualify row_number() over (
        partition by citizen_key
        order by has_founder desc, first_delivered_on asc, cluster_id asc
    ) = 1
),

kept as (
    -- Of two clusters that became one, the older key stays.
    select *
    from granted
    qualify row_number() over (
        partition by cluster_id
        order by assigned_at, first_delivered_on, founder_id
    ) = 1
),

current_keys as (
    select
        clustered.mention_id,
        coalesce(kept.founder_id, clustered.founder_id) as founder_id,
        coalesce(
            kept.citizen_key, {{ key_of("'U|' || " ~ key_text('clustered.founder_id')) }}
        ) as citizen_key
    from clustered
    cross join run_context
    left join kept on clustered.founder_id = kept.cluster_id
)

select
    coalesce(current_keys.mention_id, held.mention_id) as mention_id,
    coalesce(current_keys.citizen_key, held.citizen_key) as citizen_key,
    coalesce(current_keys.founder_id, held.founder_id) as founder_id,
    coalesce(held.assigned_at, run_context.as_of) as assigned_at,
    current_keys.mention_id is not null as is_current
from current_keys
full join held
    on
        current_keys.mention_id = held.mention_id
        and current_keys.citizen_key = held.citizen_key
cross join run_context
