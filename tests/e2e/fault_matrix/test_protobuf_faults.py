"""What only protobuf can get wrong: parts that ibapi skips, bytes that are no text or number."""

from __future__ import annotations

import pytest

from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.rig import Rig
from gateway.faults import (
    CutRow,
    DroppedField,
    EndWithExtraField,
    EndWithoutRequestId,
    Fault,
    ReplacedField,
)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(DroppedField(row=4, field="contract", symbol="ES"), id="no-contract"),
        pytest.param(DroppedField(row=4, field="contract_details", symbol="ES"), id="no-details"),
        pytest.param(DroppedField(row=4, field="req_id", symbol="ES"), id="no-request-id"),
        pytest.param(
            ReplacedField(row=4, field="long_name", value=b"\xff\xfe", symbol="ES"), id="no-UTF-8"
        ),
        pytest.param(CutRow(row=4, size=300, symbol="ES"), id="cut"),
        pytest.param(ReplacedField(row=4, field="min_tick", value="abc", symbol="ES"), id="tick"),
        pytest.param(ReplacedField(row=4, field="min_size", value="", symbol="ES"), id="size"),
        pytest.param(EndWithoutRequestId(symbol="ES"), id="end-without-id"),
    ],
)
def test_a_row_that_is_not_whole_refuses_the_reply_and_keeps_the_line(
    rig: Rig, fault: Fault
) -> None:
    settings = {"idle_timeout": 0.5}  # an end that doesn't say whose it is ends nothing
    rig.endure(Ordeal(faults=[fault], code=4, connections=1, settings=settings, seconds=0.5))


def test_an_end_with_a_field_of_a_later_version_is_understood(rig: Rig) -> None:
    fault = EndWithExtraField(value="new")
    rig.endure(Ordeal(faults=[fault], fate=Fate.RENEWED, connections=1))
