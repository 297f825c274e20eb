{{ config(
    materialized='incremental',
    incremental_strategy='by_difference',
    meta={'key': 'subject_id', 'notes': {'found_subject': 'subject_id'}}
) }}

with

files as not materialized (
    select * from {{ ref('int_deliveries__examined') }}
),

columns_compared as not materialized (
    select * from {{ ref('int_feed_columns__compared') }}
),

days as (
    select
        *,
        feed || '/' || delivery_date as day_id,
        round(usual_records)::bigint as usual_rounded
    from {{ ref('feed_days') }}
),

missing as (
    select
        'FEED-001' as rule_id,
        day_id as subject_id,
        due_at as first_held_at,
        {{ evidence_json({
            'feed': 'feed',
            'weekday': 'weekday',
            'files': 'files',
            'quarantined': 'files_quarantined',
            'usual': 'usual_rounded',
        }) }} as evidence
    from days
    where is_missing
),

far_from_usual as (
    select
        'FEED-002' as rule_id,
        day_id as subject_id,
        {{ from_wall_clock('delivery_date') }} as first_held_at,
        {{ evidence_json({
            'feed': 'feed',
            'volume': 'lower(volume_state)',
            'records': 'records',
            'usual': 'usual_rounded',
            'weeks_compared': 'weeks_compared',
            'quarantined': 'files_quarantined',
        }) }} as evidence
    from days
    where volume_state in ('LOW', 'HIGH')
),

file_rejected as (
    select
        'FEED-003' as rule_id,
        file as subject_id,
        {{ from_wall_clock('delivery_date') }} as first_held_at,
        {{ evidence_json({
            'feed': 'feed',
            'records': 'records',
            'rejected': 'rejected',
            'nested_records': 'nested_records',
            'nested_rejected': 'nested_rejected',
            'rate': 'round(reject_rate, 4)',
        }) }} as evidence
    from files
    where has_many_rejects
),

day_rejected as (
    -- The whole day is named only where no file of it explains the rate.
    select
        'FEED-003' as rule_id,
        day_id as subject_id,
        {{ from_wall_clock('delivery_date') }} as first_held_at,
        {{ evidence_json({
            'feed': 'feed',
            'files': 'files',
            'rejected': 'rejected',
            'rate': 'round(reject_rate, 4)',
        }) }} as evidence
    from days
    where has_many_rejects and files_with_many_rejects = 0
),

new_column as (
    select
        'FEED-004' as rule_id,
        file as subject_id,
        {{ from_wall_clock('delivery_date') }} as first_held_at,
        {{ evidence_json({
            'feed': 'feed',
            'columns': 'new_headers',
            'not_shown': 'new_columns - len(new_headers)',
        }) }} as evidence
    from files
    where new_columns > 0
),

emptied as (
    select
        feed || '/' || delivery_date as place,
        *
    from columns_compared
    where is_emptied
    union all
    select
        {{ each_of('emptied_files') }} as place,
        *
    from columns_compared
),

emptied_column as (
    select
        'FEED-005' as rule_id,
        place || '#' || column_name as subject_id,
        {{ from_wall_clock('delivery_date') }} as first_held_at,
        {{ evidence_json({
            'feed': 'feed',
            'column': 'column_name',
            'day_rows': 'row_count',
            'day_filled': 'filled',
            'usual_rate': 'round(usual_fill_rate, 4)',
            'days_compared': 'days_compared',
        }) }} as evidence
    from emptied
),

not_closed as (
    select
        'FEED-006' as rule_id,
        file as subject_id,
        {{ from_wall_clock('delivery_date') }} as first_held_at,
        {{ evidence_json({
            'feed': 'feed',
            'records': 'records',
            'loaded': 'loaded',
            'rejected': 'rejected',
            'rejects_kept': 'rejects_kept',
            'nested_rejected': 'nested_rejected',
            'nested_rejects_kept': 'nested_rejects_kept',
        }) }} as evidence
    from files
    where not is_closed
),

quarantined as (
    select
        'FEED-007' as rule_id,
        file as subject_id,
        {{ from_wall_clock('delivery_date') }} as first_held_at,
        {{ evidence_json({'feed': 'feed', 'reason': 'reason_code'}) }} as evidence
    from files
    where state = 'failed'
),

raised as (
    select * from missing
    union all
    select * from far_from_usual
    union all
    select * from file_rejected
    union all
    select * from day_rejected
    union all
    select * from new_column
    union all
    select * from emptied_column
    union all
    select * from not_closed
    union all
    select * from quarantined
)

select
    rule_id,
    'delivery' as subject_type,
    subject_id,
    {{ as_key('null') }} as citizen_key,
    null::varchar as facility_code,
    first_held_at,
    evidence,
    'data_engineer' as owner_code
from raised
