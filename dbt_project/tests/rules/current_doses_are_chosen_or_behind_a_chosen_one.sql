{{ config(tags=['after_linking']) }}

-- Accounting: current doses = doses in the mart + duplicates behind them, and
-- each current record stands behind exactly one dose. Counted by hash; the ids only of what is amiss.
with

current_doses as (
    select record_id from {{ ref('int_doses__current') }}
),

marts as (
    select unnest(source_record_ids) as record_id
    from {{ ref('fct_doses') }}
),

placed as (
    select
        hash(record_id) as record_hash,
        1 as current_doses,
        0 as in_marts
    from current_doses
    union all
    select
        hash(record_id) as record_hash,
        0 as current_doses,
        1 as in_marts
    from marts
),

suspects as (
    select record_hash
    from placed
    group by record_hash
    having sum(current_doses) <> 1 or sum(in_marts) <> 1
),

named as (
    select
        record_id,
        1 as current_doses,
        0 as in_marts
    from current_doses
    where hash(record_id) in (select record_hash from suspects)
    union all
    select
        record_id,
        0 as current_doses,
        1 as in_marts
    from marts
    where hash(record_id) in (select record_hash from suspects)
)

select
    record_id,
    sum(current_doses) as current_doses,
    sum(in_marts) as in_marts
from named
group by record_id
having sum(current_doses) <> 1 or sum(in_marts) <> 1
