"""The warehouse of a home: made ready, and carried along as its tables grow columns."""

import duckdb

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS


def test_an_older_home_gets_the_columns_it_lacks_and_keeps_its_rows() -> None:
    table = FEEDS["attestations"].raw_table
    with duckdb.connect() as connection:
        warehouse.bootstrap(connection)
        connection.execute(f"insert into {table.sql} (attestation_id) values ('AT1')")
        connection.execute(f"alter table {table.sql} drop column marks")
        connection.execute(f"alter table {schemas.DELIVERIES.sql} drop column sheet")
        warehouse.bootstrap(connection)
        rows = connection.execute(f"select attestation_id, marks from {table.sql}").fetchall()
        assert rows == [("AT1", None)]
        connection.execute(f"select sheet from {schemas.DELIVERIES.sql}").fetchall()
