{#- A record changes with its versions, when one of them falls due, and with the facilities it names. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='by_key',
    meta={'key': 'record_id', 'notes': {'mention': 'mention_id'}},
    pre_hook=[
        "{{ note_due('record', ref('stg_doses'), 'record_id', 'entered_at') }}",
        "{{ note_records_of_changed_facilities() }}",
        "{{ hold_changed('record') }}"
    ]
) }}

with

doses as not materialized (
    select * from {{ ref('stg_doses') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

-- A name that is only similar to one of the register is no resolution.
named_facilities as (
    select * from {{ ref('int_facility_names__resolved') }} where basis <> 'words'
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

known as not materialized (
    select
        -- What nothing after this reads stays in staging: each text more is written with each copy.
        doses.* exclude (
            source_system, source_record_id, health_insurance_number, occupation, priority_group, address,
            injected_at, reaction
        ),
        coalesce(doses.entered_at, doses.delivery_date::timestamptz) as version_at
    from doses
    {{ only_changed('doses.record_id') }}
    cross join run_context
    where
        doses.delivery_date <= run_context.known_as_of::date
        and coalesce(doses.entered_at, doses.delivery_date::timestamptz) <= run_context.as_of
),

-- Few records have several versions: only those are sorted, which of all columns of all records is dear.
-- Told by hash, which is faster; that of two records may be the same, and a record sorted alone is as it was.
repeated as materialized (
    select hash(record_id) as record_hash
    from known
    group by record_hash
    having count(*) > 1
),

repeatedly_known as (
    select
        known.*,
        {{ mention_key('known') }} as mention_key
    from known
    semi join repeated on hash(known.record_id) = repeated.record_hash
),

versioned as (
    select
        *,
        count(*) over record as versions,
        -- DOSE-012 counts lateness from the first `add`, not from a later correction.
        min(version_at) filter (where action = 'add') over record as first_added_at,
        min(version_at) over record as first_seen_at,
        -- A police answer older than this spoke of other identity fields.
        min(version_at) over (
            partition by record_id, mention_key
        ) as identity_entered_at,
        min(delivery_date) over (
            partition by record_id, mention_key
        ) as identity_delivered_on
    from repeatedly_known
    window record as (partition by record_id)
    qualify row_number() over (
        partition by record_id
        order by version_at desc, delivery_date desc, file desc, line desc
    ) = 1
    union all by name
    select
        known.*,
        {{ mention_key('known') }} as mention_key,
        1 as versions,
        case when action = 'add' then version_at end as first_added_at,
        version_at as first_seen_at,
        version_at as identity_entered_at,
        delivery_date as identity_delivered_on
    from known
    anti join repeated on hash(known.record_id) = repeated.record_hash
),

current_doses as (
    select * from versioned where action <> 'delete'
)

select
    current_doses.* exclude (
        mention_key, version_at, first_added_at, first_seen_at, facility_code
    ),
    {{ key_of("'M|' || current_doses.mention_key") }} as mention_id,
    coalesce(current_doses.first_added_at, current_doses.first_seen_at) as first_entered_at,
    coalesce(current_doses.facility_code, by_name.facility_code) as facility_code,
    case
        when current_doses.facility_code is not null then 'code'
        when by_name.facility_code is not null then 'name'
        else 'none'
    end as facility_basis
from current_doses
cross join run_context
left join facilities as entering
    on current_doses.entered_by_facility_code = entering.facility_code
left join named_facilities as by_name
    on
        current_doses.facility_name_key = by_name.facility_name_key
        and entering.province_code = by_name.province_code
        and entering.district_code = by_name.district_code
        and entering.unit_code = by_name.unit_code
