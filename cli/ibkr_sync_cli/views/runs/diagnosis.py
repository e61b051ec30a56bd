"""What a diagnosis came to, as a table and records."""

from __future__ import annotations

from collections.abc import Sequence

from ibkr_sync.domain.runs.diagnosis.findings import Finding, Level
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.fixes import explain_finding
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import TableColumn, items_table

COLUMNS = ("check", "level", "found", "fix", "error")

_STYLES = {Level.OK: "", Level.WARNING: "yellow", Level.FAILURE: "red", Level.SKIPPED: "dim"}


def diagnosis_view(findings: Sequence[Finding], command: NextCommand, code: ExitCode) -> Result:
    """The findings in every format; `code` is the exit code that they lead to."""

    def record(finding: Finding) -> dict[str, object]:
        message = explain_finding(finding, command)
        return {
            "check": finding.check.value,
            "level": finding.level.value,
            "found": " ".join(message.sentence.split()),
            "fix": message.next_step and " ".join(message.next_step.split()),
            "error": type(finding.error).__name__ if finding.error else None,
        }

    columns: list[TableColumn[Finding] | None] = [
        TableColumn("Check", lambda item: item.check.value),
        TableColumn("Level", lambda item: item.level.value),
        TableColumn("Found", lambda item: explain_finding(item).sentence, fit="fold"),
    ]
    return records_view(
        findings,
        record,
        COLUMNS,
        lambda: items_table(findings, columns, style=lambda item: _STYLES[item.level]),
        schema="ibkr-sync/doctor/1",
        name="findings",
        head={"ok": code is ExitCode.OK, "exit_code": code.value},
    )
