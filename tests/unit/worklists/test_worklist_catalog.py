"""The catalogue of worklists holds together: with the models it shows and the feeds it asks for."""

import re
from pathlib import Path

import pytest
import yaml

from checks.contracts import contract_of
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.spec import header_key
from vax_pipeline.core.settings import DBT_PROJECT_DIR
from vax_pipeline.core.worklists.catalog import COMMUNE_IDENTITY, WORKLISTS
from vax_pipeline.core.worklists.spec import Answer, Returns, Worklist, worklist_in
from vax_pipeline.core.worklists.words import choices, shown

RETURNING = [worklist for worklist in WORKLISTS if worklist.returns]
ANSWERS = [
    (worklist.returns, answer)
    for worklist in WORKLISTS
    if worklist.returns
    for answer in worklist.returns.answers
]
MAX_TITLE = 31


def columns_of_model(worklist: Worklist) -> set[str]:
    file = DBT_PROJECT_DIR / "models" / "marts" / f"{worklist.name}.yml"
    (model,) = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    return {column["name"] for column in model["columns"]}


@pytest.mark.parametrize("worklist", WORKLISTS, ids=lambda w: w.name)
def test_a_worklist_shows_columns_of_its_model(worklist: Worklist) -> None:
    needed = {shown.column for shown in worklist.shown} | {"owner_code", "province_code"}
    if worklist.tells_findings:
        needed = needed - {"findings"} | {"record_id"}
    if worklist.returns:
        needed |= worklist.returns.item.keys()
    needed |= set(re.findall(r"[a-z_]+", worklist.order_by)) - {"not", "desc"}
    needed |= set(re.findall(r"[a-z_]+", worklist.of_province or "")) - {"and"}
    assert needed <= columns_of_model(worklist)


@pytest.mark.parametrize("worklist", WORKLISTS, ids=lambda w: w.name)
def test_a_sheet_has_a_name_that_excel_takes_and_no_header_twice(worklist: Worklist) -> None:
    assert len(worklist.title) <= MAX_TITLE
    headers = [shown.header for shown in worklist.shown]
    headers += [answer.header for answer in worklist.returns.answers] if worklist.returns else []
    keys = [header_key(header) for header in headers]
    assert len(set(keys)) == len(keys)


def test_sheets_of_a_workbook_are_told_apart_also_when_they_go_on_in_a_further_one() -> None:
    assert len({worklist.title[: MAX_TITLE - 3] for worklist in WORKLISTS}) == len(WORKLISTS)


@pytest.mark.parametrize("worklist", RETURNING, ids=lambda w: w.name)
def test_answers_fill_columns_of_the_feed(worklist: Worklist) -> None:
    returns = worklist.returns
    assert returns is not None
    feed = FEEDS[returns.feed]
    filled = [column for answer in returns.answers for column in answer.columns]
    filled += [*returns.item.values(), *returns.given, returns.key]
    assert len(set(filled)) == len(filled)
    assert set(filled) <= set(feed.column_names)
    assert set(feed.required) <= set(filled)
    assert feed.key == (returns.key,)
    assert returns.moment.is_required


@pytest.mark.parametrize("worklist", RETURNING, ids=lambda w: w.name)
def test_the_hidden_id_is_repeated_by_the_first_column_shown(worklist: Worklist) -> None:
    assert worklist.returns is not None
    assert next(iter(worklist.returns.item)) == worklist.shown[0].column
    assert worklist_in(worklist.item_header) == worklist.name


@pytest.mark.parametrize(("returns", "answer"), ANSWERS, ids=lambda x: getattr(x, "header", ""))
def test_what_may_be_chosen_is_what_the_feed_s_contract_takes(
    returns: Returns, answer: Answer
) -> None:
    if answer.choices is None:
        return
    words = choices(answer.choices)
    assert words
    assert all(words.values())
    keys = [header_key(known) for pair in words.items() for known in dict.fromkeys(pair)]
    assert len(set(keys)) == len(keys)
    assert not [word for word in words.values() if ";" in word]
    fields = contract_of(returns.feed).model.to_schema().columns
    for column in answer.columns:
        (shape,) = [check.statistics["pattern"] for check in fields[column].checks]
        assert all(re.search(str(shape), code) for code in words)


def test_the_police_is_shown_no_vaccination_data() -> None:
    of_doses = re.compile("dose|vaccin|lot|inject|facility|tiêm|vắc|mũi|lô", re.IGNORECASE)
    told = [text for shown in COMMUNE_IDENTITY.shown for text in (shown.column, shown.header)]
    assert [text for text in [*told, COMMUNE_IDENTITY.task] if of_doses.search(text)] == []


def test_every_worklist_among_the_marts_is_in_the_catalogue() -> None:
    marts: Path = DBT_PROJECT_DIR / "models" / "marts"
    assert {file.stem for file in marts.glob("wl_*.sql")} == {w.name for w in WORKLISTS}


def test_hours_are_read_to_a_tenth() -> None:
    assert shown(678.5833333333334, None) == "678,6"
