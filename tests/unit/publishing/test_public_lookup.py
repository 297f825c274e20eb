"""The portal finds an answer by what the sender knows, and the file tells nobody else anything."""

from datetime import date
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.publishing.public_lookup import (
    key_by_identity,
    key_by_phone,
    portal_key,
    write_public_lookup,
)


def test_the_portal_computes_the_keys_the_table_holds() -> None:
    """The same hashes stand in the unit test of the model public_lookup."""
    assert key_by_phone("portal", "C1", "0912000101") == (
        "8b1a0de60fea42a338c413b07a07f27512ae9aa07ac8c70caaa58ba693366bc0"
    )
    assert key_by_identity("portal", "C1", "075190000101", date(1990, 2, 1)) == (
        "7b3f637fa3ed2e4654568165f3820a32ad583ffb93b3a0683d8b71742fd970f7"
    )


def test_one_phone_under_two_complaints_has_two_keys() -> None:
    assert key_by_phone("portal", "C1", "0912000101") != key_by_phone("portal", "C2", "0912000101")


def test_the_portals_key_is_what_openssl_makes_of_the_ministrys() -> None:
    """printf portal | openssl dgst -sha256 -hmac "a key of this test" """
    assert portal_key(b"a key of this test") == (
        "d78d359a889065ad38713cd4ff95a4476363caff42f2736efb3d6a9eb9c1c670"
    )


def test_the_file_holds_the_answers_in_the_order_of_their_keys(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute(f"create schema {schemas.MARTS}")
    connection.execute(
        f"create table {schemas.PUBLIC_LOOKUP.sql} as "
        "select unnest(['c', 'a', 'b']) as lookup_key, 'REJECTED' as outcome"
    )
    assert write_public_lookup(connection, tmp_path) == 3
    found = connection.execute(f"from '{tmp_path}/portal/public_lookup.parquet'").fetchall()
    assert found == [("a", "REJECTED"), ("b", "REJECTED"), ("c", "REJECTED")]
