{# Feeds in which a later delivery of a key replaces the earlier, and where the current rows are. #}
{% set replaced = {
    'citizens': ('int_citizens__current', 'citizen_id'),
    'complaints': ('int_complaints__current', 'complaint_id'),
    'facilities': ('int_facilities__current', 'facility_code'),
    'agencies': ('int_agencies__current', 'agency_code'),
} %}

with

run_context as (
    select * from {{ source('ops', 'run_context') }}
),

doses as not materialized (
    select
        doses.record_id,
        doses.action,
        doses.delivery_date <= run_context.known_as_of::date
        and coalesce(doses.entered_at, doses.delivery_date::timestamptz) <= run_context.as_of
            as is_known
    from {{ ref('stg_doses') }} as doses
    cross join run_context
),

current_doses as not materialized (
    select
        record_id,
        versions
    from {{ ref('int_doses__current') }}
),

-- Few records are ever deleted: only theirs are looked at again.
ever_deleted as (
    select distinct record_id
    from doses
    where is_known and action = 'delete'
),

deleted as (
    select count(*) as deleted
    from doses
    semi join ever_deleted on doses.record_id = ever_deleted.record_id
    anti join current_doses on doses.record_id = current_doses.record_id
    where doses.is_known
),

kept as (
    select
        count(*) as current_records,
        sum(versions - 1)::bigint as superseded
    from current_doses
),

delivered as (
    select
        count(*) as delivered,
        count(*) filter (where not is_known) as not_yet_known
    from doses
)

select
    'doses' as feed,
    delivered.delivered,
    delivered.not_yet_known,
    kept.current_records,
    coalesce(kept.superseded, 0) as superseded,
    deleted.deleted
from delivered
cross join kept
cross join deleted
{% for feed, (current, key) in replaced.items() %}
union all
select
    '{{ feed }}' as feed,
    count(*) as delivered,
    count(*) filter (where not known.is_known) as not_yet_known,
    (select count(*) from {{ ref(current) }}) as current_records,
    count(*) filter (where known.is_known)
    - count(distinct known.{{ key }}) filter (where known.is_known) as superseded,
    0 as deleted
from (
    select
        staged.{{ key }},
        staged.delivery_date <= run_context.known_as_of::date
        {% if feed == 'complaints' %}and staged.received_at <= run_context.as_of{% endif %} as is_known
    from {{ ref('stg_' ~ feed) }} as staged
    cross join run_context
) as known
{% endfor %}
