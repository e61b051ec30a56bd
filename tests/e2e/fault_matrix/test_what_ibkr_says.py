"""What TWS says besides rows: refusals, outages, shrunken chains, and news that is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.replies import EXCHANGES, con_ids_of, gone_after, rows_of
from e2e.fault_matrix.rig import Rig, asking, gateway_with
from gateway.faults import (
    ErrorReply,
    Fault,
    KeptRows,
    Notice,
    PauseAfterRows,
    ReplacedField,
)
from thoroughness import some_of

FIVE = tuple(sorted(EXCHANGES))
SHIFTED_CLOCK = (sys.executable, str(Path(__file__).with_name("shifted_clock.py")))
HOUR = 3600
IMPATIENT = {"idle_timeout": 0.5}


def test_error_200_for_one_of_five_makes_it_missing_and_the_others_are_saved(
    any_rig: Rig,
) -> None:
    con_ids = con_ids_of("ES")
    fault = ErrorReply(code=200, symbol="ES", con_ids=con_ids)
    ordeal = Ordeal(faults=[fault], code=4, symbols=FIVE, fate=Fate.OTHERWISE, connections=1)
    before = any_rig.store.tables()
    endured = any_rig.attempt(ordeal)
    rows = any_rig.store.tables()["contracts"]
    any_rig.check(ordeal, endured, before)
    known = {row["con_id"]: row for row in before["contracts"] if row["con_id"] in con_ids}
    now = {row["con_id"]: row for row in rows if row["con_id"] in con_ids}
    assert any(row["missing_since"] for row in now.values())
    for con_id, row in now.items():
        assert {**row, "missing_since": None} == known[con_id]
    assert len({row["product_id"] for row in rows}) == len(FIVE)


def test_error_200_for_everything_is_believed_of_nothing_that_is_stored(any_rig: Rig) -> None:
    ordeal = Ordeal(faults=[ErrorReply(code=200)], code=8, symbols=("ES", "VIX", "CL"))
    any_rig.endure(ordeal)


def test_error_200_that_an_outage_explains_is_asked_again_when_it_is_over(rig: Rig) -> None:
    faults: list[Fault] = [
        ErrorReply(code=200, first=1),
        Notice(code=2157, first=1),
        PauseAfterRows(rows=1, seconds=0.5, first=1),
        Notice(code=2158, before_row=None, first=1),
    ]
    rig.endure(Ordeal(faults=faults, fate=Fate.RENEWED, connections=1))


def test_error_200_during_an_outage_that_does_not_end_is_an_outage(any_rig: Rig) -> None:
    faults = [ErrorReply(code=200), Notice(code=2157)]
    any_rig.endure(
        Ordeal(faults=faults, code=8, symbols=("ES", "VIX"), settings=IMPATIENT, seconds=1)
    )


@pytest.mark.representative
@pytest.mark.parametrize(("kept", "code"), [(0, 8), (10, 4)], ids=["empty", "half"])
def test_a_reply_that_lacks_too_much_changes_nothing(any_rig: Rig, kept: int, code: int) -> None:
    any_rig.endure(Ordeal(faults=[KeptRows(count=kept)], code=code, message="Nothing was changed"))


def test_a_reply_that_lacks_too_much_is_taken_when_that_is_wanted(any_rig: Rig) -> None:
    ordeal = Ordeal(
        faults=[*gone_after("ES", 10)],
        options=["--allow-shrink"],
        fate=Fate.OTHERWISE,
        connections=1,
    )
    before = any_rig.store.tables()
    endured = any_rig.attempt(ordeal)
    missing = {row["con_id"] for row in any_rig.store.tables()["contracts"] if row["missing_since"]}
    any_rig.check(ordeal, endured, before)
    assert missing == {int(row.con_id) for row in rows_of("ES")[10:]}


@pytest.mark.parametrize(
    ("lost", "restored"), some_of([(1100, 1102), (1100, 1101), (2110, 1102), (2157, 2158)], 3)
)
def test_a_reply_that_an_outage_falls_into_is_asked_for_again(
    rig: Rig, lost: int, restored: int
) -> None:
    faults: list[Fault] = [
        KeptRows(count=12, first=1),  # what the outage swallowed
        Notice(code=lost, before_row=4, first=1),
        PauseAfterRows(rows=8, seconds=0.5, first=1),
        Notice(code=restored, before_row=None, first=1),
    ]
    rig.endure(Ordeal(faults=faults, fate=Fate.RENEWED, connections=1))


@pytest.mark.parametrize("lost", some_of([1100, 2110, 2157], 2))
def test_an_outage_that_does_not_end_changes_nothing(any_rig: Rig, lost: int) -> None:
    fault = Notice(code=lost, before_row=5)
    any_rig.endure(
        Ordeal(
            faults=[fault],
            code=8,
            message=str(lost),
            settings=IMPATIENT,
            seconds=1,
            connections=1,
        )
    )


def test_farms_that_flap_disturb_nothing_and_fill_no_log(rig: Rig) -> None:
    codes = (2103, 2104, 2105, 2106, 2107, 2108, 2119, 2158)
    faults: list[Fault] = [
        *(Notice(code=code, before_row=2, times=63) for code in codes),
        *(Notice(code=code, before_row=None, times=63) for code in codes),
    ]
    endured = rig.endure(Ordeal(faults=faults, fate=Fate.RENEWED, connections=1))
    assert len([line for line in endured.log.splitlines() if "TWS 2" in line]) <= 20


@pytest.mark.parametrize(
    ("code", "for_request", "ends"),
    some_of(
        [(10999, False, 0), (2104, True, 0), (10167, True, 0), (321, True, 4), (10999, True, 4)], 3
    ),
)
def test_an_error_fails_the_request_that_it_names_and_none_else(
    rig: Rig, code: int, for_request: bool, ends: int
) -> None:
    fault = Notice(code=code, text="No.", before_row=3, for_request=for_request, symbol="ES")
    rig.endure(
        Ordeal(
            faults=[fault],
            code=ends,
            symbols=("ES", "VIX"),
            spared=("ES",) if ends else (),
            fate=Fate.RENEWED,
            connections=1,
        )
    )


def test_the_same_again_changes_nothing(any_rig: Rig) -> None:
    any_rig.endure(Ordeal(fate=Fate.RENEWED))
    endured = any_rig.endure(Ordeal(fate=Fate.RENEWED))
    assert "unchanged" in endured.run.out


def test_hours_that_roll_on_are_no_history(any_rig: Rig) -> None:
    any_rig.endure(Ordeal(fate=Fate.RENEWED))
    changes = any_rig.store.tables()["field_changes"]
    rolled = ReplacedField(row=None, field="trading_hours", value="20981223:0900-20981223:1700")
    ordeal = Ordeal(faults=[rolled], fate=Fate.OTHERWISE)
    before = any_rig.store.tables()
    endured = any_rig.attempt(ordeal)
    after = any_rig.store.tables()
    any_rig.check(ordeal, endured, before)
    assert after["field_changes"] == changes
    assert {row["trading_hours"] for row in after["schedules"]} >= {rolled.value}


def test_an_absent_contract_is_delisted_by_a_second_reply_a_day_later_and_may_return(
    any_rig: Rig,
) -> None:
    absent = int(rows_of("ES")[-1].con_id)
    faults = gone_after("ES", len(rows_of("ES")) - 1)
    states = []
    with other_products_unchanged(any_rig):
        for hours, present in ((0, False), (19, False), (40, False), (60, True)):
            states.append(state_after(any_rig, hours, absent, () if present else faults))
    assert states == ["missing", "missing", "delisted", "listed"]
    changes = any_rig.store.tables()["field_changes"]
    assert len([row for row in changes if row["con_id"] == absent]) >= 3


def state_after(rig: Rig, hours: int, con_id: int, faults: Sequence[Fault]) -> str:
    """What becomes of a contract when the products are brought up to date so much later."""
    off = hours * HOUR
    with gateway_with(*faults, now=lambda: datetime.now(UTC) + timedelta(seconds=off)) as gateway:
        clock = (*SHIFTED_CLOCK, str(off), str(off), "0")
        endured = rig.run(*asking(["ES"], gateway.port), gateway=gateway, launcher=clock)
    assert endured.run.code == 0, endured
    rig.store.refuse_damage()
    (row,) = [
        contract for contract in rig.store.tables()["contracts"] if contract["con_id"] == con_id
    ]
    if row["delisted_at"] is not None:
        return "delisted"
    return "listed" if row["missing_since"] is None else "missing"


@contextmanager
def other_products_unchanged(rig: Rig) -> Iterator[None]:
    """Fail if a contract of another product differs afterwards."""
    others = [row for row in rig.store.tables()["contracts"] if row["symbol"] != "ES"]
    yield
    assert [row for row in rig.store.tables()["contracts"] if row["symbol"] != "ES"] == others
