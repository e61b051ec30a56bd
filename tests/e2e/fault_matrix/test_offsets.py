"""A fault at any place: every byte of the handshake, every field of a row, every row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.replies import rows_of
from e2e.fault_matrix.rig import SPEAKS_PROTOBUF, SPOKEN, Rig
from gateway.dialects import dialect_for
from gateway.faults import (
    CutRow,
    Fault,
    HangUpAfterRows,
    Occasion,
    PauseAfterBytes,
    TruncatedRow,
)
from thoroughness import some_of

LENGTH_OF_HANDSHAKE = len(b"\0\0\0\0157\x0020261123 07:00:00 America/New_York\0")
ROWS = len(rows_of("ES"))


def cuts_of(row: int) -> Sequence[Fault]:
    """A fault for each field of a row after which it ends; in protobuf, for each byte."""
    payload = dialect_for(SPOKEN).contract_data(rows_of("ES")[row], 2_000_000)
    if SPEAKS_PROTOBUF:
        return [CutRow(row=row, size=size, symbol="ES") for size in range(len(payload))]
    fields = payload.count(b"\0")
    return [TruncatedRow(row=row, fields=count, symbol="ES") for count in range(fields)]


def where(fault: object) -> str | None:
    if isinstance(fault, CutRow):
        return f"row {fault.row} byte {fault.size}"
    return f"row {fault.row} field {fault.fields}" if isinstance(fault, TruncatedRow) else None


@pytest.mark.parametrize("offset", some_of(range(1, LENGTH_OF_HANDSHAKE), 3))
def test_a_handshake_split_at_any_byte_is_understood(rig: Rig, offset: int) -> None:
    fault = PauseAfterBytes(occasion=Occasion.HELLO, count=offset, seconds=0.05)
    rig.endure(Ordeal(faults=[fault], fate=Fate.RENEWED, connections=1))


@pytest.mark.parametrize(
    "cut", [*some_of(cuts_of(0), 3), *some_of(cuts_of(ROWS - 1), 2)], ids=where
)
def test_a_row_that_ends_at_any_field_fails_its_product_alone(rig: Rig, cut: Fault) -> None:
    rig.endure(
        Ordeal(
            faults=[cut],
            code=4,
            symbols=("VIX", "ES", "CL"),
            spared=("ES",),
            fate=Fate.OLD_OR_NEW,  # a row that doesn't say whose it is fails all that is due
        )
    )


DROPS = list(product(range(ROWS + 1), ("closed", "reset"), ("once", "always")))


@pytest.mark.representative
@pytest.mark.parametrize(("rows", "how", "often"), some_of(DROPS, 5))
def test_a_line_that_drops_after_any_row_stores_all_or_nothing(
    rig: Rig, rows: int, how: str, often: str
) -> None:
    once = often == "once"
    fault = HangUpAfterRows(rows=rows, reset=how == "reset", first=1 if once else None)
    code, fate = (0, Fate.RENEWED) if once else (3, Fate.UNCHANGED)
    rig.endure(Ordeal(faults=[fault], code=code, fate=fate, connections=2))
