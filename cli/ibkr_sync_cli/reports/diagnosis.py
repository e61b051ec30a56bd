"""What a diagnosis came to, with what to do about it on stderr."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ibkr_sync.domain.runs.diagnosis.findings import Check
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.fixes import explain_finding
from ibkr_sync_cli.reports.progress import activity
from ibkr_sync_cli.views.runs.diagnosis import diagnosis_view

if TYPE_CHECKING:
    from ibkr_sync.domain.runs.diagnosis.findings import Finding
    from ibkr_sync_cli.terminal.output import Output, OutputFormat


def report_diagnosis(
    output: Output, making: Iterable[Finding], wanted: OutputFormat | None
) -> ExitCode:
    """Make all checks, show what was found, and give the exit code of the first failure."""
    findings = []
    with activity(output, "Checking") as show:
        for other in making:
            findings.append(other)
            show(f"Checking, {other.check} is {other.level}", len(findings), len(Check))
    messages = [explain_finding(other, output.command) for other in findings]
    codes = (message.exit_code for message in messages if message.exit_code)
    code = next(codes, ExitCode.OK)
    output.write(diagnosis_view(findings, output.command, code), wanted)
    for finding, message in zip(findings, messages, strict=True):
        if message.next_step:
            output.remark(f"next:  {finding.check}: {message.next_step}")
    return code
