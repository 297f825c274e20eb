"""What facilities and agencies are called, in one row a code."""

from vax_pipeline.core import schemas

# SQL: code, name. A code that stands in both registers is the facility's.
OWNER_NAMES_SQL = f"""(
    select code, arg_min(name, register) as name from (
        select facility_code as code, facility_name as name, 1 as register from {schemas.DIM_FACILITIES.sql}
        union all
        select agency_code, agency_name, 2 from {schemas.DIM_AGENCIES.sql}
    ) group by code
)"""
