"""What `vax status` warns of: deliveries of the last days, no others, the newest first."""

import duckdb

from vax_pipeline.core.status import delivery_warnings

TABLES = """
create schema quality; create schema ops;
create table ops.rules (rule_id varchar, title_en varchar, title_vi varchar);
insert into ops.rules values
    ('FEED-001', 'Delivery missing', 'Thiếu đợt giao dữ liệu'), ('CMP-001', 'Duplicate', 'Trùng');
create table quality.findings (
    rule_id varchar, severity varchar, subject_type varchar, subject_id varchar,
    first_held_at timestamptz);
insert into quality.findings values
    ('FEED-001', 'error', 'delivery', 'doses/2021-11-30', '2021-11-30 08:00+07'),
    ('FEED-001', 'error', 'delivery', 'doses/2021-12-01', '2021-12-01 08:00+07'),
    ('FEED-001', 'error', 'delivery', 'doses/2021-12-08', '2021-12-08 08:00+07'),
    ('CMP-001', 'warn', 'complaint', 'PA1', '2021-12-08 08:00+07');
"""


def test_deliveries_of_the_last_seven_days_are_warned_of_the_newest_first() -> None:
    with duckdb.connect() as bi:
        bi.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
        bi.execute(TABLES)
        warned = delivery_warnings(bi, "2021-12-08 08:00:00+07")
    assert [warning["subject"] for warning in warned] == ["doses/2021-12-08", "doses/2021-12-01"]
    assert warned[0]["title_vi"] == "Thiếu đợt giao dữ liệu"
