{{ config(tags=['after_linking']) }}

-- Each record points at a dose that stands. (That none is lost, the test
-- current_doses_are_chosen_or_behind_a_chosen_one counts from end to end.)
select records.record_id
from {{ ref('int_doses__deduplicated') }} as records
left join {{ ref('int_doses__sequenced') }} as doses on records.dose_id = doses.dose_id
where
    doses.dose_id is null
    or records.is_chosen <> (records.record_id = records.dose_id)
