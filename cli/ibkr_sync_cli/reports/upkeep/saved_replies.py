"""What of the raw replies was saved as a recording, and what was not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ibkr_sync.interchange.files.replaced_file import replace_file
from ibkr_sync_cli.invocation import refuse_database
from ibkr_sync_cli.messages.errors import exit_code_of
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.reports.errors import report_error
from ibkr_sync_cli.terminal.result_file import parse_result_file, refuse_folder
from ibkr_sync_cli.units.quantities import quantity_of

if TYPE_CHECKING:
    from ibkr_sync.application.services.kept_replies.recording import SavedReplies
    from ibkr_sync.domain.runs.future_update import FutureFailure
    from ibkr_sync_cli.invocation import Call


def place_of_recording(call: Call, typed: str | None) -> Path | None:
    """The file that was typed, None for stdout; raises BadParameter where none can be made."""
    path = parse_result_file(typed)
    if path is not None:
        refuse_folder(path)
        refuse_database(path, call.profile.database_file)
    return path


def report_saved_replies(
    call: Call, saved: SavedReplies, missing: Sequence[FutureFailure], path: Path | None
) -> ExitCode:
    """Write the recording, and say what is not in it; gives the exit code."""
    if saved.contracts:
        _write(call, saved.text, path)
        contracts = quantity_of(sum(saved.contracts.values()), "contract")
        replies = quantity_of(len(saved.contracts), "reply", "replies")
        call.output.remark(f"{replies} saved, with {contracts}")
    for product in saved.failed:
        call.output.remark(
            f"note: {product.asked} failed ({product.error}); no reply of it is kept"
        )
    for product in saved.refused:
        call.output.remark(
            f"note: {product.asked} failed ({product.error}); its reply is saved too"
        )
    for failure in missing:
        report_error(call.output, failure.error, str(failure.query))
    for error in saved.unusable:
        report_error(call.output, error)
    if path is not None and saved.contracts:
        serve = call.output.command("replay", "serve", "--port", "0", "--data", str(path))
        call.output.remark(f"next:  {serve}")
    errors = [*(failure.error for failure in missing), *saved.unusable]
    return exit_code_of(errors, all_failed=not saved.contracts)


def _write(call: Call, text: str, path: Path | None) -> None:
    if path is None:
        call.output.write_text(text)
        return
    try:
        replace_file(path, [text.encode("utf-8")])
    except OSError as error:
        call.output.complain_unwritten(f"The recording can't be written to {path}", error)
        raise typer.Exit(ExitCode.UNEXPECTED) from error
