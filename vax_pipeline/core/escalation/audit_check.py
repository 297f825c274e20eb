"""The audit as a check: its verdict for quality.check_results, and word to the operator.

It never blocks: a release is right or wrong whatever became of its notices.
"""

from checks.outcome import CheckOutcome, broken, measured
from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.auditor import AuditReport, audit
from vax_pipeline.core.escalation.channels import DeliveryError
from vax_pipeline.core.escalation.operator import tell_operator
from vax_pipeline.core.publishing.release import NoReleaseError
from vax_pipeline.core.settings import Settings

AUDIT_CHECK = "escalations_as_the_ladder_says"


def check_escalations(settings: Settings) -> tuple[CheckOutcome, float | None]:
    """Audit the ledger; returns the outcome and the audit's seconds (null when it could not run)."""
    key = schemas.ESCALATIONS.asset_key
    try:
        report = audit(settings)
    except NoReleaseError as error:
        return broken(AUDIT_CHECK, "sql", key, str(error)), None
    told = ""
    if report.failed:
        try:
            subject, body = _word(report)
            tell_operator(settings, subject, body, report.sample_ids, (_kinds(report),))
        except DeliveryError as error:
            told = f"; the operator could not be told: {error}"
    outcome = measured(
        AUDIT_CHECK,
        "sql",
        key,
        evaluated=max(report.evaluated, report.failed),
        failed=report.failed,
        sample_ids=report.sample_ids,
        message=f"{_kinds(report)}{told}" if report.failed else "",
    )
    return outcome, report.duration_seconds


def _word(report: AuditReport) -> tuple[str, str]:
    through = report.evaluated_through.isoformat() if report.evaluated_through else "never"
    subject = f"[vax_pipeline] {report.failed} escalations differ from the ladder"
    body = (
        f"The audit of the escalation ledger found {report.failed} differences among "
        f"{report.evaluated} levels: {_kinds(report)}.\n"
        f"Evaluated through {through}, on release {report.release}.\n"
        "What each kind means is written in docs/escalation.md. Run `vax escalate` first: what is "
        "only late goes out then; what stays different is a fault of the pipeline.\n"
    )
    return subject, body


def _kinds(report: AuditReport) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in report.differences.items())
