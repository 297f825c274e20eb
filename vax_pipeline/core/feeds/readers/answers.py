"""What was written into a worklist, as values of the feed's columns: words to codes, days to ISO text.

A row is judged by itself: a wrong word, a missing date or a shifted id costs this row alone. Sentences
name columns and the words to choose from, never what was written.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import polars as pl

from vax_pipeline.core.feeds.rejects import SENTENCES, Reason
from vax_pipeline.core.feeds.spec import header_key
from vax_pipeline.core.spreadsheets import MADE_SAFE
from vax_pipeline.core.worklists.spec import Answer, Returns, Worklist
from vax_pipeline.core.worklists.words import choices

IS_ANSWERED, PROBLEM, SENTENCE = "is_answered", "problem", "sentence"
MOST_LISTED = 6  # words that a sentence may name
YEARS = range(2021, 2100)  # nothing was decided before the campaign
_MOMENTS = (
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%H:%M %d/%m/%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
)
_DAYS = ("%d/%m/%Y", "%Y-%m-%d")


class AnswerSheet:
    """How the answers of one sheet are read.

    Args:
        places: of the sheet's columns, by `header_key` of their headers.
    """

    def __init__(self, worklist: Worklist, returns: Returns, places: Mapping[str, int]) -> None:
        self._worklist = worklist
        self._returns = returns
        self._places = places

    def read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Columns of the feed by name, and of each row whether it is answered and what is wrong with it.

        Args:
            frame: columns `c0..cn` as text.

        Returns:
            Rows in the order of `frame`; `problem` (a reason code) and `sentence` are null where all is
            right.
        """
        written = {
            answer.header: self._written(frame, answer.header) for answer in self._returns.answers
        }
        read = {
            answer.header: _each(written[answer.header], reader_of(answer))
            for answer in self._returns.answers
        }
        item = self._item(frame)
        values = {
            **{column: pl.lit(value) for column, value in self._returns.given.items()},
            **item,
            **{column: read[a.header] for a in self._returns.answers for column in a.columns},
        }
        parts = [pl.lit(self._worklist.name), *item.values(), read[self._returns.moment.header]]
        judged = pl.DataFrame({"row": range(frame.height)}).with_columns(
            **values,
            **{self._returns.key: pl.concat_str(parts, separator="|")},
            **{IS_ANSWERED: pl.any_horizontal([text.is_not_null() for text in written.values()])},
        )
        return self._with_problems(judged, frame, written, read, item).drop("row")

    def _with_problems(
        self,
        judged: pl.DataFrame,
        frame: pl.DataFrame,
        written: Mapping[str, pl.Series],
        read: Mapping[str, pl.Series],
        item: Mapping[str, pl.Series],
    ) -> pl.DataFrame:
        """The first thing that is wrong with each row."""
        about, *_ = item.values()
        visible = _unmade_safe(self._written(frame, self._worklist.shown[0].header))
        found: list[tuple[pl.Series, Reason, str]] = [
            (
                visible.ne_missing(about) | about.is_null(),
                Reason.MIXED_UP_ITEM,
                SENTENCES[Reason.MIXED_UP_ITEM],
            )
        ]
        for answer in self._returns.answers:
            text, code = written[answer.header], read[answer.header]
            reason = Reason.UNREADABLE_MOMENT if answer.when else Reason.UNKNOWN_ANSWER
            found.append((text.is_not_null() & code.is_null(), reason, _not_read(answer)))
            if answer.is_required:
                sentence = (
                    f"Column “{answer.header}” is empty while others of the row are filled in: fill it in, "
                    "or clear the row's answers."
                )
                found.append((text.is_null(), Reason.INCOMPLETE_ANSWER, sentence))
            if answer.required_by is not None:
                header, value = answer.required_by
                words = next(a.choices or "" for a in self._returns.answers if a.header == header)
                sentence = f"“{choices(words)[value]}” needs column “{answer.header}”: fill it in."
                is_missing = read[header].eq_missing(pl.Series([value])) & text.is_null()
                found.append((is_missing, Reason.INCOMPLETE_ANSWER, sentence))
        code = pl.coalesce([pl.when(bad).then(pl.lit(str(reason))) for bad, reason, _ in found])
        sentence = pl.coalesce([pl.when(bad).then(pl.lit(text)) for bad, _, text in found])
        return judged.with_columns(code.alias(PROBLEM), sentence.alias(SENTENCE))

    def _item(self, frame: pl.DataFrame) -> dict[str, pl.Series]:
        """The parts of the hidden ids, by column of the feed; null where a cell holds none."""
        ids = frame[f"c{self._places[header_key(self._worklist.item_header)]}"]
        return {
            column: ids.str.json_path_match(f"$[{number}]")
            for number, column in enumerate(self._returns.item.values())
        }

    def _written(self, frame: pl.DataFrame, header: str) -> pl.Series:
        """A column without blanks around its values; null where nothing stands."""
        text = frame[f"c{self._places[header_key(header)]}"].str.strip_chars()
        return text.set(text == "", None)


def reader_of(answer: Answer) -> Callable[[str], str | None]:
    """What a text in a column of answers means; null for nothing that may stand there."""
    if answer.when is not None:
        return read_moment if answer.when == "moment" else read_day
    if answer.choices is None:
        return lambda text: text
    codes = {
        header_key(known): code
        for code, word in choices(answer.choices).items()
        for known in (code, word)
    }
    if not answer.is_list:
        return lambda text: codes.get(header_key(text))

    def read_list(text: str) -> str | None:
        found = [codes.get(header_key(part)) for part in re.split(r"[;\n]", text) if part.strip()]
        said = [code for code in found if code is not None]
        return ";".join(dict.fromkeys(said)) if said and len(said) == len(found) else None

    return read_list


def read_moment(text: str) -> str | None:
    """A day and a time as ISO text; null when one is missing, or the day was before the campaign."""
    moment = _parsed(text, _MOMENTS)
    return moment.isoformat(sep=" ") if moment else None


def read_day(text: str) -> str | None:
    """A day, perhaps with a time behind it, as ISO text; null when it is none."""
    moment = _parsed(text, (*_DAYS, *_MOMENTS))
    return moment.date().isoformat() if moment else None


def _parsed(text: str, forms: Sequence[str]) -> datetime | None:
    """Day first. `14h30` is how a time is written in Vietnam; a cell that is a date comes as ISO text."""
    plain = re.sub(r"\.\d+$", "", " ".join(text.replace("T", " ").split()))
    plain = re.sub(r"\b(\d{1,2}) ?[hg] ?(\d{2})\b", r"\1:\2", plain)
    plain = re.sub(r"\b(\d{1,2})[.-](\d{1,2})[.-](\d{4})\b", r"\1/\2/\3", plain)
    for form in forms:
        try:
            moment = datetime.strptime(plain, form)  # noqa: DTZ007, no zone is Vietnam's
        except ValueError:
            continue
        return moment if moment.year in YEARS else None
    return None


def _not_read(answer: Answer) -> str:
    if answer.when == "moment":
        return (
            f"Column “{answer.header}” holds no day and time of this campaign: write day/month/year "
            "hour:minute, as 08/11/2021 14:30."
        )
    if answer.when == "day":
        return f"Column “{answer.header}” holds no day: write day/month/year, as 08/11/2021."
    words = list(choices(answer.choices).values()) if answer.choices else []
    listed = f" ({', '.join(words)})" if len(words) <= MOST_LISTED else ""
    return f"Column “{answer.header}” holds a word that is none of its list{listed}: choose from the list."


def _each(texts: pl.Series, read: Callable[[str], str | None]) -> pl.Series:
    """Every text read; few differ, and each is read once."""
    distinct = texts.drop_nulls().unique()
    if distinct.is_empty():
        return texts
    meanings = pl.Series([read(text) for text in distinct], dtype=pl.String)
    return texts.replace_strict(distinct, meanings, default=None, return_dtype=pl.String)


def _unmade_safe(texts: pl.Series) -> pl.Series:
    is_safe = texts.str.contains(MADE_SAFE).fill_null(value=False)
    return texts.zip_with(~is_safe, texts.str.slice(1))
