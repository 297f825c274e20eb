{{ config(tags=['after_linking']) }}

-- Accounting: current doses = doses in the mart + duplicates behind them, and each current record stands
-- behind exactly one dose. Told by number and sum of hashes, in one pass over each; the records are only
-- looked at when these differ. (That no record is current twice, its key says.)
with

current_doses as (
    select record_id from {{ ref('int_doses__current') }}
),

marts as (
    select unnest(source_record_ids) as record_id
    from {{ ref('fct_doses') }}
),

differing as (
    select 1 as difference
    where
        (select (count(*), sum(hash(record_id)::hugeint)) from current_doses)
        is distinct from (select (count(*), sum(hash(record_id)::hugeint)) from marts)
),

placed as (
    select
        record_id,
        1 as current_doses,
        0 as in_marts
    from current_doses
    cross join differing
    union all
    select
        record_id,
        0 as current_doses,
        1 as in_marts
    from marts
    cross join differing
)

select
    record_id,
    sum(current_doses) as current_doses,
    sum(in_marts) as in_marts
from placed
group by record_id
having sum(current_doses) <> 1 or sum(in_marts) <> 1
