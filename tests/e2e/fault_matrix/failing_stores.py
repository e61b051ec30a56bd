"""What must hold of a run that its database fails, or nearly so."""

from __future__ import annotations

from dataclasses import replace

from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.rig import Endured, Rig


def verdict(ordeal: Ordeal, endured: Endured) -> Ordeal:
    """What has ended well must have renewed the products; else it tells what to do next."""
    if endured.run.code == 0:
        return replace(ordeal, code=0, fate=Fate.RENEWED)
    assert "next: " in endured.run.message, endured.run
    return replace(ordeal, code=7, fate=Fate.OLD_OR_NEW)


def endure_failure(rig: Rig, ordeal: Ordeal) -> Endured:
    """Run on a store that may fail the run, and check all that must hold."""
    before = rig.store.tables()
    endured = rig.attempt(ordeal)
    rig.check(verdict(ordeal, endured), endured, before)
    return endured
