"""What to do about a finding that is not an error, or not as its error advises."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from ibkr_sync.domain.runs.diagnosis.findings import Finding, Fix, Level
from ibkr_sync_cli.messages.errors import ErrorMessage, explain_error
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.installation import Installation, install_command, uninstall_command
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.messages.next_steps import (
    STEP_TO_START_GATEWAY,
    step_to_get_first,
    step_to_refresh,
    step_to_use_port,
)

_FIXES: dict[Fix, Callable[[str, NextCommand], str]] = {
    Fix.INSTALL_ONE_LIBRARY: lambda owners, _: _keep_one(owners.split(), "ibapi"),
    Fix.SETTLE_WARNINGS: lambda _, command: f"See: {command('config', 'check')}",
    Fix.RESTRICT_FILE: lambda path, _: f"chmod 600 {shlex.quote(path)}",
    Fix.CHECK_INTEGRITY: lambda _, command: f"Read it whole: {command('db', 'status')}",
    Fix.UPDATE_TIME_ZONES: lambda *_: install_command(
        Installation.here(), "tzdata", options=("--upgrade",)
    ),
    Fix.AWAIT_RUN: lambda _, command: f"Wait until it has ended; see: {command('runs')}",
    Fix.START_GATEWAY: lambda *_: STEP_TO_START_GATEWAY,
    Fix.USE_PORT: lambda port, command: step_to_use_port(int(port), command),
    Fix.FREE_CLIENT_ID: lambda free, command: (
        f"Runs take {free} by themselves. For good: gateway.client_id in the config; see:"
        f" {command('config', 'path')}"
    ),
    Fix.AWAIT_FARMS: lambda *_: (
        "Nothing, for ibkr-sync. If it stays, log TWS or IB Gateway out and in again."
    ),
    Fix.SET_CLOCK: lambda *_: (
        "Let both machines set their clocks by the network; on Linux: timedatectl set-ntp true"
    ),
    Fix.SCHEDULE_REFRESH: lambda _, command: (
        f"The demo needs none; it is played by: {command.demo}"
        if command.demo
        else f"Print one, unless something else runs it: {command('schedule', '--print', 'cron')}"
    ),
    Fix.SET_NOTIFIER: lambda _, command: (
        f"Correct it, or notify.command in the config; see: {command('config', 'show')}"
    ),
    Fix.SEE_RUN: lambda run, command: f"See: {command('runs', '--run', run)}",
    Fix.GET_FIRST: lambda _, command: step_to_get_first(command),
    Fix.REFRESH: lambda _, command: step_to_refresh(command),
}


def _keep_one(owners: list[str], kept: str) -> str:
    """The commands after which one distribution owns what several did."""
    here = Installation.here()
    steps = (uninstall_command(here, *owners), install_command(here, kept))
    return f"Keep one: {' && '.join(steps)}"


def explain_finding(finding: Finding, command: NextCommand | None = None) -> ErrorMessage:
    """What was found, what to do about it, and the exit code that it stands for."""
    command = command or NextCommand()
    sentence, step, code = finding.found, None, ExitCode.OK
    if finding.error is not None:
        message = explain_error(finding.error, command)
        sentence = " ".join(filter(None, (message.sentence, finding.found)))
        step = message.next_step
        code = message.exit_code if finding.level is Level.FAILURE else ExitCode.OK
    if finding.fix is not None:
        step = _FIXES[finding.fix](finding.subject, command)
    return ErrorMessage(sentence=sentence, next_step=step, exit_code=code)
