"""What is said of an export."""

from __future__ import annotations

from pathlib import Path

import pytest

from example_products import ES
from ibkr_sync.domain.entities.catalogue import ProductFacts
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart, NoteKind
from ibkr_sync.interchange.exports.export_tally import ExportTally
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.reports.upkeep.export_tally import report_tally
from ibkr_sync_cli.terminal.output import Output


def test_notes_of_one_reason_are_one_line_and_what_is_left_out_is_the_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path("/it")
    unknown = [
        ExportNote(kind=NoteKind.UNKNOWN, reason="the tick is not known", subject=f"ES{number}")
        for number in range(7)
    ]
    lost = [
        ExportNote(kind=NoteKind.COLLISION, reason="a nearer one has its id", subject="ESZ36"),
        ExportNote(
            kind=NoteKind.LEFT_OUT, reason="it has no multiplier", subject="ESZ7", contracts=1
        ),
    ]
    tally = ExportTally()
    part = FilePart(content=b"1")
    product = ExportedProduct(product=ES, facts=ProductFacts(), ladders={})

    assert list(tally.counted([product], lambda *_: None)) == [product]
    assert list(tally.files([*unknown, part])) == [part]
    assert report_tally(Output(), path, tally) is ExitCode.OK
    assert list(tally.files(lost)) == []
    assert report_tally(Output(), path, tally) is ExitCode.PARTIAL
    assert capsys.readouterr().err.splitlines() == [
        "note: the tick is not known: ES0, ES1, ES2, ES3, ES4 and 2 more",
        "1 product, 2 contracts → /it",
        "note: the tick is not known: ES0, ES1, ES2, ES3, ES4 and 2 more",
        "warning: a nearer one has its id (1; --allow-collisions takes it for no failure): ESZ36",
        "warning: left out, as it has no multiplier: ESZ7",
        "1 product, 1 of 2 contracts → /it",
    ]


def test_all_collisions_are_named_and_may_be_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    tally = ExportTally()
    names = [f"ESZ{number}" for number in range(30, 39)]
    notes = [
        ExportNote(kind=NoteKind.COLLISION, reason="its id is taken", subject=name)
        for name in names
    ]
    assert list(tally.files(notes)) == []
    assert report_tally(Output(), None, tally) is ExitCode.PARTIAL
    assert report_tally(Output(), None, tally, allow_collisions=True) is ExitCode.OK
    assert capsys.readouterr().err.splitlines() == [
        f"warning: its id is taken (9{hint}): {', '.join(names)}"
        for hint in ("; --allow-collisions takes it for no failure", "")
    ]
