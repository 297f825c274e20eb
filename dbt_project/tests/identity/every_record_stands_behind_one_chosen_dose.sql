{{ config(tags=['after_linking']) }}

-- Accounting of the deduplication: no record is lost, and each points at a dose that stands.
select records.record_id
from {{ ref('int_doses__deduplicated') }} as records
left join {{ ref('int_doses__sequenced') }} as doses on records.dose_id = doses.dose_id
where
    doses.dose_id is null
    or records.is_chosen <> (records.record_id = records.dose_id)
union all
select records.record_id
from {{ ref('int_doses__linked') }} as records
anti join {{ ref('int_doses__deduplicated') }} as kept on records.record_id = kept.record_id
