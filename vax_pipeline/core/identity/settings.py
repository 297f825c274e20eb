"""The Splink model as data: which fields are compared, and into which levels of agreement.

What was measured is not here: `training` measures m, u and the thresholds, `model.json` keeps them.
Candidates are found by dbt (int_mentions__candidates), vetoes are spelled in `decision`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

MODEL_PATH = Path(__file__).with_name("model.json")

# Splink looks columns up by table name alone, in all schemas: no table of ours may share these.
MENTIONS = "splink_mentions"
CITIZENS = "splink_citizens"

CANDIDATES_KEPT = 3

# Level 0 is "else"; the last level is the strongest. A null says nothing either way.
_COMPARISONS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "id": (
        # Numbers of different kinds (an old CMND beside a CCCD) can't be compared.
        (
            "id_number_l is null or id_number_r is null"
            " or (abs(len(id_number_l) - len(id_number_r)) > 1"
            " and not list_contains(previous_ids_r, id_number_l))"
        ),
        (
            (
                "same",
                "id_number_l = id_number_r or list_contains(previous_ids_r, id_number_l)",
            ),
            ("one_digit", "damerau_levenshtein(id_number_l, id_number_r) = 1"),
            ("two_digits", "damerau_levenshtein(id_number_l, id_number_r) = 2"),
        ),
    ),
    "name": (
        "name_key_l is null or name_key_r is null",
        (
            ("same", "name_exact_key_l = name_exact_key_r"),
            ("accents", "name_key_l = name_key_r"),
            (
                "middle_letter",
                "given_name_l = given_name_r and damerau_levenshtein(name_key_l, name_key_r) = 1",
            ),
            ("one_letter", "damerau_levenshtein(name_key_l, name_key_r) = 1"),
            ("order", "name_tokens_l = name_tokens_r"),
            ("ends", "family_name_l = family_name_r and given_name_l = given_name_r"),
            ("similar", "jaro_winkler_similarity(name_key_l, name_key_r) >= 0.92"),
        ),
    ),
    "birth": (
        "birth_first_on_l is null or birth_first_on_r is null",
        (
            ("same", "birth_day_l = birth_day_r"),
            ("day_month_swap", "birth_swapped_l = birth_day_r"),
            (
                "off_by_one_day",
                "abs(date_diff('day', birth_on_l, birth_on_r)) = 1",
            ),
            ("one_digit", "damerau_levenshtein(birth_day_l, birth_day_r) = 1"),
            (
                "year_only",
                (
                    "(birth_day_l is null or birth_day_r is null or birth_day_l like '%0101')"
                    " and birth_first_on_l <= birth_last_on_r"
                    " and birth_first_on_r <= birth_last_on_l"
                    " or birth_day_l like '%0101' and birth_year_l = birth_year_r"
                ),
            ),
            ("same_year", "birth_year_l = birth_year_r"),
        ),
    ),
    "sex": ("sex_l is null or sex_r is null", (("same", "sex_l = sex_r"),)),
    "phone": ("phone_l is null or phone_r is null", (("same", "phone_l = phone_r"),)),
    "commune": (
        "unit_code_l is null or unit_code_r is null",
        (("same", "unit_code_l = unit_code_r or unit_code_l = other_unit_code_r"),),
    ),
}

# Levels whose weight depends on how common the citizen's name is: "Nguyễn Thị Hoa" says less than
# "Quách Gia Khôi". A name held by fewer than one in a million counts as one in a million.
NAME_LEVELS_BY_FREQUENCY = ("same", "accents", "middle_letter", "one_letter", "order")
RAREST_NAME = 1e-6

# One input row is a pair: mention on the left, candidate on the right.
PAIR_RULE = "l.pair_id = r.pair_id"


def comparison_names() -> tuple[str, ...]:
    """The compared fields, in the order of the model."""
    return tuple(_COMPARISONS)


def level_names(comparison: str) -> tuple[str, ...]:
    """Names of a comparison's levels by their Splink value: 0 is `else`, the last the strongest."""
    levels = _COMPARISONS[comparison][1]
    return ("else", *(name for name, _ in reversed(levels)))


def splink_settings(
    parameters: Mapping[str, Mapping[str, tuple[float, float]]],
    prior: float,
    pair_rule: str = PAIR_RULE,
) -> dict[str, Any]:
    """Splink's settings with the given (m, u) of each comparison's level.

    Args:
        parameters: comparison -> level name -> (m, u).
        prior: probability that a random mention and a random citizen are one person.
        pair_rule: which rows of the two inputs are compared.
    """
    return {
        "link_type": "link_only",
        "probability_two_random_records_match": prior,
        "retain_matching_columns": True,  # without them Splink drops the gamma columns too
        "retain_intermediate_calculation_columns": True,
        "blocking_rules_to_generate_predictions": [pair_rule],
        "comparisons": [_comparison(name, parameters[name]) for name in _COMPARISONS],
    }


def _comparison(name: str, parameters: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    null_condition, levels = _COMPARISONS[name]
    described: list[dict[str, Any]] = [
        {
            "sql_condition": null_condition,
            "label_for_charts": "null",
            "is_null_level": True,
        }
    ]
    for level, condition in (*levels, ("else", "ELSE")):
        m, u = parameters[level]
        described.append(
            {
                "sql_condition": condition,
                "label_for_charts": level,
                "m_probability": m,
                "u_probability": u,
            }
        )
        if name == "name" and level in NAME_LEVELS_BY_FREQUENCY:
            # u of a name in particular is its share of the registry, at each of these levels.
            described[-1] |= {
                "tf_adjustment_column": "name_key",
                "tf_adjustment_weight": 1.0,
                "tf_minimum_u_value": RAREST_NAME,
                "disable_tf_exact_match_detection": True,
            }
    return {"output_column_name": name, "comparison_levels": described}
