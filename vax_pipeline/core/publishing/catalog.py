"""What a release holds, and what it must never hold.

`bi.duckdb` is for analysis: keys, codes, dates, counts. Names, id numbers, phones and addresses stay
in the warehouse or go into an authority's own files. A column that is not denied here by name is
still looked into by `privacy.find_personal_data` before a release becomes current.
"""

from dataclasses import dataclass

from vax_pipeline.core import schemas
from vax_pipeline.core.schemas import Relation

PERSONAL_COLUMNS = frozenset(
    {
        "citizen_id",
        "candidate_citizen_id",
        "full_name",
        "name_key",
        "name_exact_key",
        "birth_on",
        "birth_first_on",
        "birth_last_on",
        "birth_year",
        "date_of_birth",
        "id_number",
        "id_typed",
        "birth_typed",
        "phone",
        "email",
        "address",
        "hamlet",
        "complainant_name",
        "complainant_phone",
        "description",
        "previous_ids",
        "corrected_full_name",
        "corrected_citizen_id",
        "unknown_columns",  # headers as delivered: in a broken file a person may stand there
        "headers",  # a line of a file, as some sender wrote it
    }
)

# Of an agency or facility the mailbox and the counter's address are public: notices need them.
_OFFICE_COLUMNS = frozenset({"email", "address"})


@dataclass(frozen=True)
class Published:
    """One relation of bi.duckdb, under the same schema and name as in the warehouse."""

    relation: Relation
    allowed: frozenset[str] = frozenset()
    is_vocabulary: bool = False  # a seed of this project: written by its authors, about nobody
    order_by: str | None = None  # clusters the copy, so that a lookup reads few row groups

    @property
    def name(self) -> str:
        """As a manifest calls it."""
        return self.relation.dotted

    def keeps(self, column: str) -> bool:
        return column not in PERSONAL_COLUMNS or column in self.allowed


BI_TABLES: tuple[Published, ...] = (
    Published(schemas.FCT_DOSES, order_by="citizen_key"),
    Published(schemas.DIM_CITIZENS, order_by="citizen_key"),
    Published(schemas.MENTION_LINKS),
    Published(schemas.FORMER_CITIZEN_KEYS, order_by="former_key"),
    Published(schemas.FCT_COMPLAINTS, order_by="complaint_id"),
    Published(schemas.FCT_COMPLAINT_CLAIMS, order_by="complaint_id"),
    Published(schemas.COMPLAINT_CLOCKS, order_by="complaint_id"),
    Published(schemas.COMPLAINT_CLOCK_STATES, order_by="complaint_id"),
    Published(schemas.DIM_FACILITIES, allowed=_OFFICE_COLUMNS),
    Published(schemas.DIM_AGENCIES, allowed=_OFFICE_COLUMNS),
    Published(schemas.KPI_PROVINCE_DAILY),
    Published(schemas.KPI_VERIFICATION),
    Published(schemas.KPI_FACILITY_REVIEW),
    Published(schemas.KPI_IDENTITY_DAILY),
    Published(schemas.KPI_FACILITY_WEEKLY),
    Published(schemas.KPI_OPEN_COMPLAINTS),
    Published(schemas.KPI_COMPLAINT_HANDLERS),
    Published(schemas.KPI_REJECT_REASONS),
    Published(schemas.KPI_HOLDING_TIMES),
    Published(schemas.WL_ESCALATIONS),
    Published(schemas.FINDINGS, order_by="owner_code"),  # an owner asks for its own
    Published(schemas.RULE_COUNTS),
    Published(schemas.RECONCILIATION),
    Published(schemas.SECOND_DOSES),
    Published(schemas.SECOND_DOSE_CANDIDATES),
    Published(schemas.DELIVERIES),
    Published(schemas.FEED_DAYS),
    Published(schemas.CHECK_RESULTS),
    Published(schemas.ESCALATIONS),
    Published(schemas.ESCALATION_POLICY, is_vocabulary=True),
    Published(schemas.RULES, is_vocabulary=True),
    Published(schemas.RULE_TEXTS, is_vocabulary=True),
)

# Tables that also go out as parquet, split by injection month where there is one.
PARQUET_TABLES: tuple[tuple[Relation, str | None], ...] = (
    (schemas.FCT_DOSES, "injected_on"),
    (schemas.DIM_CITIZENS, None),
    (schemas.FCT_COMPLAINTS, None),
    (schemas.FCT_COMPLAINT_CLAIMS, None),
    (schemas.FINDINGS, None),
    (schemas.KPI_PROVINCE_DAILY, None),
)


# No vaccine against Covid-19 was given before: such days are slips of the keyboard, of hundreds of months.
_FIRST_DAY = "date '2020-01-01'"
_BEFORE = "before_2020"
_UNDATED = "unknown"


def month_sql(column: str) -> str:
    """The month a row's parquet file is named after."""
    return (
        f"case when \"{column}\" < {_FIRST_DAY} then '{_BEFORE}' "
        f"else coalesce(strftime(\"{column}\", '%Y-%m'), '{_UNDATED}') end"
    )


def in_month_sql(column: str, month: str) -> str:
    """Whether a row is of a month, as `month_sql` names it: said of the day, which a scan looks at first."""
    if month == _UNDATED:
        return f'"{column}" is null'
    if month == _BEFORE:
        return f'"{column}" < {_FIRST_DAY}'
    first = f"date '{month}-01'"
    return f'"{column}" between {first} and last_day({first})'
