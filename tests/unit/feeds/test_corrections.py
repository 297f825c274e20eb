"""A reject goes out to its sender and comes back corrected; meanwhile nothing of it is lost."""

import csv as csv_module
import io
import json

from exported import COMPLAINT, corrected, deliver, exported, listed, planned, read
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from landing_home import DAY, HEADER, Home, attestation, csv, ndjson

from vax_pipeline.core.feeds.reject_columns import HEADERS, REJECT
from vax_pipeline.core.feeds.reject_files import write_exports
from vax_pipeline.core.feeds.reject_list import Choice, as_document, find_rejects


def test_a_corrected_export_loads_and_closes_the_reject_it_answers(home: Home) -> None:
    home.put(csv(attestation("A1"), attestation("")))
    home.load()
    before = home.rows("select * from raw.rejects"), home.delivery()
    (row,) = exported(home)
    deliver(home, [corrected(row, attestation_id="A2")])
    assert home.loaded_keys() == ["A1", "A2"]
    assert listed(home) == [(3, "empty_key", "corrected")]
    (reject,) = find_rejects(home.connection, Choice()).iter_rows(named=True)
    assert as_document(reject, reveal=False)["corrected_by"] == {
        "file": "attestations/2021-11-08/back.csv",
        "line": 2,
    }
    assert (home.rows("select * from raw.rejects"), home.delivery()) == before
    assert home.rows("select marks, extra from raw.attestations where attestation_id = 'A2'") == [
        (json.dumps({"corrects": [reject["reject_id"]]}, separators=(",", ":")), None)
    ]
    assert home.delivery("back.csv")["unknown_columns"] is None


def test_a_correction_that_is_withdrawn_leaves_the_reject_open_again(home: Home) -> None:
    home.put(csv(attestation("")))
    home.load()
    (row,) = exported(home)
    deliver(home, [corrected(row, attestation_id="A2")]).unlink()
    home.load()
    assert listed(home) == [(2, "empty_key", "open")]


def test_an_export_that_comes_back_as_it_went_is_rejected_again(home: Home) -> None:
    home.put(csv(attestation(""), "too,few", attestation("A1") + ",many", 'A"1,"b', "\x00"))
    home.load()
    rows = exported(home)
    assert len(rows) == 5
    deliver(home, rows)
    assert home.loaded_keys() == []
    assert home.delivery("back.csv")["rejected"] == 5
    assert [state for _, _, state in listed(home)] == ["open"] * 10


def test_what_was_corrected_at_the_second_try_closes_both(home: Home) -> None:
    home.put(csv(attestation("", signer_code="=1+1")))
    home.load()
    (row,) = exported(home)
    path = deliver(home, [row])
    (again,) = exported(home, "back.csv")
    assert again.keys() == row.keys()
    assert again[HEADERS[REJECT]].split()[1:] == row[HEADERS[REJECT]].split()
    deliver(home, [corrected(again, attestation_id="A1")], "again.csv")
    assert [state for _, _, state in listed(home)] == ["corrected", "corrected"]
    assert home.rows("select signer_code from raw.attestations") == [("=1+1",)]
    assert path.exists()


def test_another_record_at_the_same_place_is_another_reject(home: Home) -> None:
    """The file is delivered anew with something else wrong in the same line."""
    home.put(csv(attestation("")))
    home.load()
    (row,) = exported(home)
    deliver(home, [corrected(row, attestation_id="A1")])
    home.put(csv(attestation("", kind="signature")))
    home.load()
    assert listed(home) == [(2, "empty_key", "open")]


def test_records_that_are_alike_are_corrected_one_by_one(home: Home) -> None:
    child = {"claim_no": 1}
    home.put(ndjson(COMPLAINT | {"doses": [child, child, child]}), "a.ndjson", "complaints")
    home.load("complaints")
    rows = exported(home, "a.ndjson", "complaint_doses")
    assert len({row[HEADERS[REJECT]] for row in rows}) == 2
    deliver(home, [corrected(rows[0], claim_no="2")], feed="complaint_doses")
    assert sorted(state for _, _, state in listed(home)) == ["corrected", "open"]


VALUES = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
) | st.text(alphabet=st.sampled_from("=+-@'\t\r\n\",;ộ1"), min_size=1, max_size=5)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(st.lists(VALUES, min_size=4, max_size=4), st.sampled_from(",;\t"))
def test_whatever_a_record_holds_no_cell_runs_and_the_text_comes_back(
    home: Home, values: list[str], delimiter: str
) -> None:
    for path in home.settings.landing.glob("*/*/*"):
        path.unlink()
    text = io.StringIO()
    writer = csv_module.writer(text, delimiter=delimiter)
    writer.writerow(HEADER.split(","))
    writer.writerow(["", *values])
    home.put(text.getvalue().encode())
    home.load()
    assume(listed(home) == [(2, "empty_key", "open")])
    folder = home.settings.root / f"out-{home.loads}"
    write_exports(planned(home), folder)
    (row,) = read(folder / "attestations" / str(DAY) / "a.csv.rejects.csv", delimiter)
    assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]
    deliver(home, [corrected(row, attestation_id="A1")])
    ((_, *loaded),) = home.rows(f"select {HEADER} from raw.attestations")
    assert [cell or "" for cell in loaded] == values


def test_a_file_of_the_sender_s_own_is_never_taken_for_an_answer(home: Home) -> None:
    home.put(csv(attestation("A1", signer_code="'=1")), "own.csv")
    home.load()
    assert home.rows("select signer_code, marks from raw.attestations") == [("'=1", None)]


def test_the_headers_of_the_file_are_those_of_its_export(home: Home) -> None:
    header = HEADER.replace("kind", "=note,kind") + ","
    home.put(csv(",075,=1,minutes,75-001,2021-11-07,x", header=header))
    home.load()
    (row,) = exported(home)
    assert [name for name in row if not name.startswith("vax_")] == [
        "attestation_id", "citizen_id", "'=note", "kind", "signer_code", "signed_at", "column_7",
    ]  # fmt: skip
    deliver(home, [corrected(row, attestation_id="A1")])
    ((extra, unknown),) = home.rows(
        "select extra, unknown_columns from raw.attestations join raw.deliveries using (file)"
    )
    assert json.loads(extra) == {"=note": "=1", "column_7": "x"}
    assert json.loads(unknown) == ["=note", "column_7"]


def test_what_a_sender_adds_of_their_own_is_a_record_like_any_other(home: Home) -> None:
    home.put(csv(attestation("")))
    home.load()
    (row,) = exported(home)
    added = dict.fromkeys(row, "") | {
        "attestation_id": "A9", "kind": "'=x", "signed_at": "2021-11-07", HEADERS[REJECT]: "by me",
    }  # fmt: skip
    deliver(home, [corrected(row, attestation_id="A1"), added])
    assert home.rows(
        "select kind, marks, extra from raw.attestations order by line desc limit 1"
    ) == [("'=x", None, '{"vax_reject":"by me"}')]
