with

doses as (
    select * from {{ ref('stg_doses') }}
),

facilities as (
    select * from {{ ref('int_facilities__current') }}
),

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

known as (
    select
        doses.*,
        {{ mention_key('doses') }} as mention_key,
        coalesce(doses.entered_at, doses.delivery_date::timestamptz) as version_at
    from doses
    cross join run_context
    where
        doses.delivery_date <= run_context.known_as_of::date
        and coalesce(doses.entered_at, doses.delivery_date::timestamptz) <= run_context.as_of
),

versioned as (
    select
        known.*,
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
    from known
    window record as (partition by record_id)
    qualify row_number() over (
        partition by record_id
        order by version_at desc, delivery_date desc, file desc, line desc
    ) = 1
),

current_doses as (
    select * from versioned where action <> 'delete'
),

named_facilities as (
    -- A name counts only if one facility of the whole register carries it.
    select
        facility_name_key,
        min(facility_code) as facility_code
    from facilities
    where facility_name_key is not null
    group by facility_name_key
    having count(*) = 1
)

select
    current_doses.* exclude (
        mention_key, version_at, first_added_at, first_seen_at, facility_code
    ),
    {{ pseudonym("'M|' || current_doses.mention_key") }} as mention_id,
    coalesce(current_doses.first_added_at, current_doses.first_seen_at) as first_entered_at,
    coalesce(current_doses.facility_code, named_facilities.facility_code) as facility_code,
    case
        when current_doses.facility_code is not null then 'code'
        when named_facilities.facility_code is not null then 'name'
        else 'none'
    end as facility_basis
from current_doses
cross join run_context
left join named_facilities
    on current_doses.facility_name_key = named_facilities.facility_name_key
