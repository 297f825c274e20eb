{{ config(tags=['after_linking']) }}

-- Accounting: current doses = doses in the mart + duplicates behind them, and
-- each current record stands behind exactly one dose.
with

current_doses as (
    select record_id from {{ ref('int_doses__current') }}
),

marts as (
    select
        dose_id,
        unnest(source_record_ids) as record_id
    from {{ ref('fct_doses') }}
)

select
    current_doses.record_id as current_record_id,
    marts.record_id as mart_record_id,
    count(*) as places
from current_doses
full join marts on current_doses.record_id = marts.record_id
group by all
having count(*) > 1 or current_doses.record_id is null or marts.record_id is null
