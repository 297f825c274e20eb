"""The one partition of the pipeline: the day a delivery landed."""

import dagster as dg

FIRST_DELIVERY = "2021-01-01"

# end_offset: today's folder is taken in while the day is still running.
delivery_days = dg.DailyPartitionsDefinition(
    start_date=FIRST_DELIVERY, timezone="Asia/Ho_Chi_Minh", end_offset=1
)
