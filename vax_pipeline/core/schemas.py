"""Names and shapes of the tables that Python writes, and the names of those it reads.

The only Python module that spells a schema or table name. Tables built by dbt are described in
dbt_project; here they are only named. Feeds' own columns live in `core.feeds.catalog`.
"""

from dataclasses import dataclass, field
from types import MappingProxyType

RAW = "raw"
STAGING = "staging"
INTERMEDIATE = "intermediate"
QUALITY = "quality"
MARTS = "marts"
OPS = "ops"
SCHEMAS = (RAW, STAGING, INTERMEDIATE, QUALITY, MARTS, OPS)


@dataclass(frozen=True)
class Relation:
    """A table or view of the warehouse, by schema and name."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """The quoted, schema-qualified name for use in SQL text."""
        return f'"{self.schema}"."{self.name}"'

    @property
    def dotted(self) -> str:
        """The plain `schema.table`, for people and accounts."""
        return f"{self.schema}.{self.name}"

    @property
    def asset_key(self) -> tuple[str, str]:
        """The Dagster asset key parts: always (schema, table)."""
        return (self.schema, self.name)


@dataclass(frozen=True)
class Table(Relation):
    """A table whose shape Python owns: created empty by `warehouse.bootstrap`."""

    columns: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    description: str = ""

    def create_sql(self) -> str:
        """`create table if not exists` with every column; DuckDB types."""
        columns = [f'"{name}" {kind}' for name, kind in self.columns.items()]
        return f"create table if not exists {self.sql} ({', '.join(columns)})"


def _table(schema: str, name: str, description: str, columns: dict[str, str]) -> Table:
    return Table(schema, name, MappingProxyType(columns), description)


RAW_LINEAGE = MappingProxyType(
    {
        "extra": "VARCHAR",  # json object of columns the feed does not know, as delivered
        "marks": "VARCHAR",  # json: what reading noticed or mended in this row; mostly null
        "file": "VARCHAR",  # path below the landing folder
        "line": "BIGINT",  # 1-based: physical line of a text file, row number of a parquet file or sheet
        "delivery_date": "DATE",
        "load_id": "VARCHAR",
    }
)

DELIVERIES = _table(
    RAW,
    "deliveries",
    "One row per file of a delivery, by feed and file; a changed file replaces its row.",
    {
        "feed": "VARCHAR",
        "delivery_date": "DATE",
        "file": "VARCHAR",
        "file_sha256": "VARCHAR",
        "file_bytes": "BIGINT",
        "file_mtime_ns": "BIGINT",  # since 1970; with name and size it tells a touched file
        "file_version": "VARCHAR",  # of a remote file: hash of its etag or checksum
        "format": "VARCHAR",
        "encoding": "VARCHAR",
        "delimiter": "VARCHAR",
        "compression": "VARCHAR",
        "sheet": "VARCHAR",  # of a workbook: the sheet, or sheets of a worklist, that were read
        "header_line": "BIGINT",  # physical line, or row of the sheet, of the headers
        "hidden_rows": "BIGINT",  # of a workbook: rows loaded although hidden there
        "unanswered_rows": "BIGINT",  # of a worklist that came back: rows without an answer, no records
        "repaired_values": "BIGINT",  # doubly encoded text that was mended; see marks of the rows
        "records": "BIGINT",
        "loaded": "BIGINT",
        "rejected": "BIGINT",
        "children_loaded": "BIGINT",
        "children_rejected": "BIGINT",
        "unknown_columns": "VARCHAR",
        "headers": "VARCHAR",  # json list: the header row as delivered; not published
        "state": "VARCHAR",  # loaded | failed | withdrawn
        "reason_code": "VARCHAR",
        "reason": "VARCHAR",
        "load_id": "VARCHAR",
        "loaded_at": "TIMESTAMPTZ",
    },
)

REJECTS = _table(
    RAW,
    "rejects",
    "One row per record, or quarantined file (line null), that could not be loaded, verbatim.",
    {
        "feed": "VARCHAR",
        "delivery_date": "DATE",
        "file": "VARCHAR",
        "line": "BIGINT",
        "is_child": "BOOLEAN",
        "reason_code": "VARCHAR",
        "reason": "VARCHAR",
        "record": "VARCHAR",
        "load_id": "VARCHAR",
    },
)

DELIVERY_FILL = _table(
    RAW,
    "delivery_fill",
    "One row per loaded file, feed it brought rows of (its own or nested ones) and column of that feed.",
    {
        "feed": "VARCHAR",
        "delivery_date": "DATE",
        "file": "VARCHAR",
        "column_name": "VARCHAR",
        "rows": "BIGINT",
        "filled": "BIGINT",  # rows with a value in this column
        "load_id": "VARCHAR",
    },
)

RUN_CONTEXT = _table(
    OPS,
    "run_context",
    "One row: the clock and the switches of the run in progress; models join it.",
    {
        "run_id": "VARCHAR",
        "as_of": "TIMESTAMPTZ",
        "known_as_of": "TIMESTAMPTZ",
        "rule_pack": "VARCHAR",
        "is_full": "BOOLEAN",  # every table is made anew
        "since": "TIMESTAMPTZ",  # else: the as_of of the run whose tables are brought up to date
        "pseudonym_ipad": "BLOB",
        "pseudonym_opad": "BLOB",
        "portal_ipad": "BLOB",  # of the key made from it that the portal looks answers up with
        "portal_opad": "BLOB",
        "inputs": "VARCHAR",  # of all the run rests on but the time; see core.standing
        "code": "VARCHAR",  # the part of it that no delivery changes
    },
)

STANDING = _table(
    OPS,
    "standing",
    "At most one row: what the last whole run rested on, and until when time alone changes nothing.",
    {
        "run_id": "VARCHAR",
        "as_of": "TIMESTAMPTZ",
        "inputs": "VARCHAR",
        "code": "VARCHAR",  # the part of it that no delivery changes
        "stands_until": "TIMESTAMPTZ",  # a run at this instant or later gives other tables
    },
)

BUILT_FILES = _table(
    OPS,
    "built_files",
    "One row per file that the run in ops.standing knew, as raw.deliveries had it.",
    {"feed": "VARCHAR", "file": "VARCHAR", "state": "VARCHAR", "load_id": "VARCHAR"},
)

CHANGED_FILES = _table(
    OPS,
    "changed_files",
    "One row per file whose rows came, went or were replaced since the run in ops.standing.",
    {"feed": "VARCHAR", "file": "VARCHAR"},
)

CHANGED_KEYS = _table(
    OPS,
    "changed_keys",
    "One row per thing touched since the run in ops.standing; emptied when the next one is done.",
    {
        "subject": "VARCHAR",  # record | facility_name | ...: what a table is brought up to date by
        "key": "VARCHAR",
    },
)

CHANGED_TABLES = _table(
    OPS,
    "changed_tables",
    "One row per table or view that may hold other rows than after the run in ops.standing; emptied with "
    "ops.changed_keys. The clock is two of them: instant, and day.",
    {"name": "VARCHAR"},  # schema.table
)
CHANGED_ROWS = _table(
    OPS,
    "changed_rows",
    "One row per key of a published table that is kept from run to run, where its rows are not those after "
    "the run in ops.standing; emptied with ops.changed_keys.",
    {
        "name": "VARCHAR",  # schema.table
        "key_column": "VARCHAR",
        "key": "VARCHAR",
    },
)

ESCALATIONS = _table(
    OPS,
    "escalations",
    "One row per escalation in the ledger, copied at the start of each run.",
    {
        "complaint_id": "VARCHAR",
        "clock": "VARCHAR",
        "starts_at": "TIMESTAMPTZ",
        "level": "VARCHAR",
        "recipient_code": "VARCHAR",
        "due_at": "TIMESTAMPTZ",
        "escalated_at": "TIMESTAMPTZ",
        "message_key": "VARCHAR",
        "delivery_state": "VARCHAR",  # pending | sent | dead | struck | jumped | closed | retracted
    },
)

IDENTITY_REQUESTS = _table(
    OPS,
    "identity_requests",
    "One row per identity request in the ledger, copied at the start of each run.",
    {
        "request_id": "VARCHAR",
        "mention_id": "VARCHAR",
        "owner_code": "VARCHAR",
        "unit_code": "VARCHAR",
        "verification_status": "VARCHAR",
        "verification_reason": "VARCHAR",
        "differs": "VARCHAR",
        "requested_at": "TIMESTAMPTZ",
    },
)

PERSON_DECISIONS = _table(
    OPS,
    "person_decisions",
    "One row per decision of an officer about who somebody is, copied at the start of each run.",
    {
        "decision_id": "BIGINT",
        "kind": "VARCHAR",  # link | unlink | merge
        "mention_id": "VARCHAR",
        "from_key": "VARCHAR",
        "into_key": "VARCHAR",
        "decided_at": "TIMESTAMPTZ",
        "revoked_at": "TIMESTAMPTZ",
    },
)

SPLINK_LINKS = _table(
    INTERMEDIATE,
    "mention_links",
    "One row per mention that Splink compared with the registry; kept from run to run.",
    {
        "mention_id": "VARCHAR",  # as text: see int_mentions__undecided
        "citizen_id": "VARCHAR",  # best candidate; null when none reached the review threshold
        "decision": "VARCHAR",  # LINKED | REVIEW | UNLINKED
        "score": "DOUBLE",  # match probability of the best candidate
        "match_weight": "DOUBLE",
        "margin": "DOUBLE",  # bits between the best candidate and the next; null without a next
        "vetoes": "VARCHAR",  # json list: what speaks against linking the best candidate
        "candidates": "VARCHAR",  # json: the best candidates with weights per field and vetoes
        "model_version": "VARCHAR",
        "fingerprint": "VARCHAR",  # of all the decision rests on; the row stands while it is the same
    },
)

CHECK_RESULTS = _table(
    QUALITY,
    "check_results",
    "One row per check and run, whichever engine evaluated it.",
    {
        "run_id": "VARCHAR",
        "as_of": "TIMESTAMPTZ",
        "check_name": "VARCHAR",
        "engine": "VARCHAR",  # pandera | gx | dbt | sql
        "rule_id": "VARCHAR",
        "asset_key": "VARCHAR",
        "status": "VARCHAR",  # passed | failed | broken
        "evaluated": "BIGINT",
        "failed": "BIGINT",
        "ratio": "DOUBLE",
        "threshold": "DOUBLE",
        "severity": "VARCHAR",
        "sample_ids": "VARCHAR",  # json list of at most 10 record ids
        "message": "VARCHAR",
    },
)

OWNED_TABLES = (
    DELIVERIES,
    REJECTS,
    DELIVERY_FILL,
    RUN_CONTEXT,
    STANDING,
    BUILT_FILES,
    CHANGED_FILES,
    CHANGED_KEYS,
    CHANGED_TABLES,
    CHANGED_ROWS,
    ESCALATIONS,
    IDENTITY_REQUESTS,
    PERSON_DECISIONS,
    SPLINK_LINKS,
    CHECK_RESULTS,
)

# Tables of the ledger that the warehouse reads back, under the same names.
LEDGER_MIRRORS = (ESCALATIONS, IDENTITY_REQUESTS, PERSON_DECISIONS)

# Tables dbt builds that Python reads.
DOSES_FEED = "doses"
COMPLAINTS_FEED = "complaints"
INT_DOSES = Relation(INTERMEDIATE, "int_doses__current")
INT_DOSES_DEDUPLICATED = Relation(INTERMEDIATE, "int_doses__deduplicated")
INT_COMPLAINTS = Relation(INTERMEDIATE, "int_complaints__current")
INT_MENTIONS_LINKED = Relation(INTERMEDIATE, "int_mentions__linked")
INT_MENTIONS_VERIFIED = Relation(INTERMEDIATE, "int_mentions__verified")
INT_PERSONS = Relation(INTERMEDIATE, "int_persons")
INT_MENTIONS = Relation(INTERMEDIATE, "int_mentions")
INT_MENTION_RECORDS = Relation(INTERMEDIATE, "int_mention_records")
INT_MENTIONS_ID_COMPARED = Relation(INTERMEDIATE, "int_mentions__id_compared")
INT_MENTIONS_CLUSTERED = Relation(INTERMEDIATE, "int_mentions__clustered")
INT_UNLINKED_KEYS = Relation(INTERMEDIATE, "int_unlinked_keys")
INT_MENTIONS_TIERED = Relation(INTERMEDIATE, "int_mentions__tiered")
INT_MENTIONS_CANDIDATES = Relation(INTERMEDIATE, "int_mentions__candidates")
INT_MENTIONS_UNDECIDED = Relation(INTERMEDIATE, "int_mentions__undecided")
INT_MENTIONS_SHARING_NUMBER = Relation(INTERMEDIATE, "int_mentions__sharing_number")
INT_PERSON_DECISIONS = Relation(INTERMEDIATE, "int_person_decisions")
INT_PERSON_MERGES = Relation(INTERMEDIATE, "int_person_merges")
INT_MENTIONS_DECIDED = Relation(INTERMEDIATE, "int_mentions__decided")
INT_DOSES_LINKED = Relation(INTERMEDIATE, "int_doses__linked")
INT_DOSES_SEQUENCED = Relation(INTERMEDIATE, "int_doses__sequenced")
INT_CITIZEN_PREVIOUS_IDS = Relation(INTERMEDIATE, "int_citizen_previous_ids")
INT_IDENTITY_REQUESTS = Relation(INTERMEDIATE, "int_identity_requests")
INT_CITIZENS = Relation(INTERMEDIATE, "int_citizens__current")
ESCALATION_POLICY = Relation(OPS, "escalation_policy")
RULE_SETTINGS = Relation(OPS, "rule_settings")
CLOCK_POLICY = Relation(OPS, "clock_policy")
PROVINCES = Relation(OPS, "provinces")
ROOT_CAUSES = Relation(OPS, "root_causes")
REJECT_REASONS = Relation(OPS, "reject_reasons")
RULES = Relation(OPS, "rules")
RULE_TEXTS = Relation(OPS, "rule_texts")
# Families of findings that are about one person's doses and identity.
FLAGS_OF_PEOPLE = tuple(
    Relation(QUALITY, f"flag_{family}")
    for family in ("identity", "dose_fields", "series", "duplicates", "missing")
)
FINDINGS = Relation(QUALITY, "findings")
RULE_COUNTS = Relation(QUALITY, "rule_counts")
RECORD_EVIDENCE = Relation(QUALITY, "record_evidence")
RECONCILIATION = Relation(QUALITY, "reconciliation")
SECOND_DOSES = Relation(QUALITY, "second_doses")
SECOND_DOSE_CANDIDATES = Relation(QUALITY, "second_dose_candidates")
FEED_DAYS = Relation(QUALITY, "feed_days")
NEXT_CHANGES = Relation(QUALITY, "next_changes")
FCT_DOSES = Relation(MARTS, "fct_doses")
FCT_COMPLAINTS = Relation(MARTS, "fct_complaints")
FCT_COMPLAINT_CLAIMS = Relation(MARTS, "fct_complaint_claims")
COMPLAINT_CLOCKS = Relation(MARTS, "complaint_clocks")
COMPLAINT_CLOCK_STATES = Relation(MARTS, "complaint_clock_states")
DIM_CITIZENS = Relation(MARTS, "dim_citizens")
DIM_FACILITIES = Relation(MARTS, "dim_facilities")
DIM_AGENCIES = Relation(MARTS, "dim_agencies")
MENTION_LINKS = Relation(MARTS, "mention_links")
FORMER_CITIZEN_KEYS = Relation(MARTS, "former_citizen_keys")
KPI_VERIFICATION = Relation(MARTS, "kpi_verification")
WL_FACILITY_COMPLAINTS = Relation(MARTS, "wl_facility_complaints")
WL_COMMUNE_IDENTITY = Relation(MARTS, "wl_commune_identity")
WL_AGENCY_POOL = Relation(MARTS, "wl_agency_pool")
WL_FACILITY_REVIEW = Relation(MARTS, "wl_facility_review")
WL_CDC_LOTS = Relation(MARTS, "wl_cdc_lots")
KPI_FACILITY_REVIEW = Relation(MARTS, "kpi_facility_review")
PUBLIC_CELLS = Relation(MARTS, "public_cells")
PUBLIC_FIGURES = Relation(MARTS, "public_figures")
OUTREACH_SMS = Relation(MARTS, "outreach_sms")
INT_SMS_TEXTS = Relation(INTERMEDIATE, "int_sms_texts")
CITIZEN_NOTICES = Relation(MARTS, "citizen_notices")
PUBLIC_LOOKUP = Relation(MARTS, "public_lookup")
WL_ESCALATIONS = Relation(MARTS, "wl_escalations")
WL_RETURNING_CITIZENS = Relation(MARTS, "wl_returning_citizens")
KPI_PROVINCE_DAILY = Relation(MARTS, "kpi_province_daily")
KPI_IDENTITY_DAILY = Relation(MARTS, "kpi_identity_daily")
KPI_FACILITY_WEEKLY = Relation(MARTS, "kpi_facility_weekly")
KPI_OPEN_COMPLAINTS = Relation(MARTS, "kpi_open_complaints")
KPI_COMPLAINT_HANDLERS = Relation(MARTS, "kpi_complaint_handlers")
KPI_REJECT_REASONS = Relation(MARTS, "kpi_reject_reasons")
KPI_HOLDING_TIMES = Relation(MARTS, "kpi_holding_times")


def raw(feed: str) -> Relation:
    """The raw table of a feed."""
    return Relation(RAW, feed)


def staged(feed: str) -> Relation:
    """The staging model of a feed."""
    return Relation(STAGING, f"stg_{feed}")


def built_by_dbt() -> list[Relation]:
    """What Python reads and dbt makes."""
    named = (value for value in globals().values() if isinstance(value, Relation))
    return [relation for relation in named if not isinstance(relation, Table)]
