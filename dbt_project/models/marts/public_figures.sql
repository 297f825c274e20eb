with

cells as (
    select * from {{ ref('public_cells') }}
),

provinces as (
    select
        province_code,
        province_name
    from {{ ref('provinces') }}
),

settings as (
    select * from {{ rule_pack('rule_settings') }}
),

limits as (
    select
        {{ setting('disclosure_suppressed_up_to', 'bigint') }} as suppressed_up_to,
        {{ setting('disclosure_rounded_to', 'bigint') }} as rounded_to
),

protected as (
    -- Small enough to be somebody: such a count is not shown, nor whether it is nought.
    select
        cells.table_name,
        cells.province_code,
        cells.category,
        case
            when cells.cell_count > limits.suppressed_up_to
                then (cells.cell_count + limits.rounded_to // 2) // limits.rounded_to * limits.rounded_to
        end as shown
    from cells
    cross join limits
),

counted as (
    -- Each cell four times: for itself, its row, its column and all of its table.
    select
        table_name,
        unnest([province_code, province_code, '*', '*']) as province_code,
        unnest([category, '*', category, '*']) as category,
        shown
    from protected
)

select
    counted.table_name,
    counted.province_code,
    provinces.province_name,
    counted.category,
    sum(counted.shown)::bigint as shown_count
from counted
left join provinces on counted.province_code = provinces.province_code
group by all
