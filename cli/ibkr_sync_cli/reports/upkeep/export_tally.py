"""What is said of an export: what it has, and what could not be written as it is."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ibkr_sync.interchange.exports.export_parts import NoteKind
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.units.quantities import first_names, quantity_of

if TYPE_CHECKING:
    from pathlib import Path

    from ibkr_sync.interchange.exports.export_tally import ExportTally
    from ibkr_sync_cli.terminal.output import Output


def report_tally(
    output: Output, path: Path | None, tally: ExportTally, *, allow_collisions: bool = False
) -> ExitCode:
    """Say on stderr what was exported, and what was not; gives the exit code.

    All collisions are named, as nothing else shows which contract has the name.
    """
    by_reason: defaultdict[tuple[NoteKind, str], list[str]] = defaultdict(list)
    for note in tally.notes:
        by_reason[note.kind, note.reason].append(note.subject)
    is_partial = False
    for (kind, reason), subjects in by_reason.items():
        if kind is NoteKind.UNKNOWN:
            output.note(f"{reason}: {first_names(subjects)}")
        elif kind is NoteKind.COLLISION:
            is_partial |= not allow_collisions
            hint = "" if allow_collisions else "; --allow-collisions takes it for no failure"
            output.warn(f"{reason} ({len(subjects)}{hint}): {', '.join(subjects)}")
        else:
            is_partial = True
            output.warn(f"left out, as {reason}: {first_names(subjects)}")
    if tally.is_sample:
        output.note("this is sample data")
    if path is not None:
        products = quantity_of(tally.products, "product")
        contracts = quantity_of(tally.contracts, "contract")
        if left_out := sum(note.contracts for note in tally.notes):
            contracts = f"{tally.contracts - left_out} of {contracts}"
        output.remark(f"{products}, {contracts} → {path}")
    return ExitCode.PARTIAL if is_partial else ExitCode.OK
