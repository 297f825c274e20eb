{{ config(tags=['after_linking']) }}

-- Each record points at a dose that stands. (That none is lost, the test
-- current_doses_are_chosen_or_behind_a_chosen_one counts from end to end.) Those that are chosen are the
-- doses: told by number and sum of hashes, and only looked for one by one when these differ.
with

records as (
    select * from {{ ref('int_doses__deduplicated') }}
),

doses as (
    select dose_id from {{ ref('int_doses__sequenced') }}
),

differing as (
    select 1 as difference
    where
        (select (count(*), sum(hash(record_id)::hugeint)) from records where is_chosen)
        is distinct from (select (count(*), sum(hash(dose_id)::hugeint)) from doses)
),

in_question as (
    select
        record_id,
        dose_id
    from records
    where not is_chosen
    union all
    select
        records.record_id,
        records.dose_id
    from records
    cross join differing
    where records.is_chosen
)

select record_id
from records
where is_chosen is distinct from (record_id = dose_id)
union
select in_question.record_id
from in_question
anti join doses on in_question.dose_id = doses.dose_id
