"""A file and a server come to hold the same, whatever has become of a chain."""

from __future__ import annotations

from datetime import timedelta

from e2e.fault_matrix.launchers import launching
from e2e.fault_matrix.replies import gone_after, rows_of
from e2e.fault_matrix.rig import Rig, asking, gateway_with
from e2e.fault_matrix.stores import Tables, contents
from gateway.faults import Fault, ReplacedField

EVERYTHING = ("ES", "VIX", "CL", "NQ", "GC")


def shortened(symbol: str) -> tuple[Fault, ...]:
    """The chain of a product lacks its last contract."""
    return gone_after(symbol, len(rows_of(symbol)) - 1)


RUNS: tuple[tuple[timedelta, tuple[Fault, ...]], ...] = (
    (timedelta(0), (*shortened("ES"), ReplacedField(row=0, field="min_tick", value="0.5"))),
    (timedelta(hours=21), (*shortened("ES"), *shortened("VIX"))),
    (timedelta(hours=42), (*shortened("VIX"), *shortened("CL"))),
)
"""ES lacks a contract that returns, VIX one that is delisted, and CL one for now."""


def live_through(rig: Rig) -> Tables:
    """Everything that becomes of chains; gives every row."""
    for off, faults in RUNS:
        clock = launching("shifted_clock.py", off.total_seconds(), off.total_seconds(), 0)
        with gateway_with(*faults) as gateway:
            endured = rig.run(*asking(EVERYTHING, gateway.port), launcher=clock)
        assert endured.run.code == 0, endured
    rig.store.refuse_damage()
    return rig.store.tables()


def test_a_file_and_a_server_come_to_hold_the_same(rig: Rig, server_rig: Rig) -> None:
    in_file, on_server = live_through(rig), live_through(server_rig)

    assert contents(in_file) == contents(on_server)
    for name, rows in in_file.items():
        assert len(rows) == len(on_server[name]), name
    changes = [row for row in in_file["field_changes"] if row["field"] == "listing"]
    assert {row["new"] for row in changes} == {"listed", "missing", "delisted"}
    absent = [row for row in in_file["contracts"] if row["missing_since"]]
    assert {bool(row["delisted_at"]) for row in absent} == {False, True}
    assert in_file["market_rules"]
    assert in_file["market_rule_increments"]
