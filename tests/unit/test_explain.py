"""What `vax explain` hides of a person, and what it does not."""

from vax_pipeline.core.explain import masked


def test_values_are_masked_and_how_they_compare_is_not() -> None:
    candidate = {
        "citizen_id": "075085000123",
        "compared": {"phone": "same", "full_name": "accents"},
        "weights": {"phone": -3.2},
    }
    assert masked({"full_name": "Nguyễn Văn An", "candidates": [candidate]}) == {
        "full_name": "N***** V** A*",
        "candidates": [candidate | {"citizen_id": "0***********"}],
    }
