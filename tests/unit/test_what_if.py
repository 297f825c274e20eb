"""The SQL of a kept model, read back as that of a table made anew."""

from vax_pipeline.core.what_if import made_anew

KEPT = """
with doses as  materialized (
    select doses.*
    from "w"."intermediate"."int_doses" as doses
    semi join keys_held on doses.citizen_key = keys_held.key
),
links as (
    select links.* replace (cast(links.mention_id as uuid) as mention_id)
    from "w"."intermediate"."mention_links" as links
    semi join keys_held on cast(links.mention_id as uuid) = keys_held.key
),
labels as materialized (
    select label from doses
)
select * from doses
"""


def test_nothing_of_what_a_run_left_out_or_put_aside_is_left() -> None:
    anew = made_anew(KEPT)
    assert "keys_held" not in anew
    assert "with doses as not materialized (" in anew
    assert "labels as materialized (" in anew
