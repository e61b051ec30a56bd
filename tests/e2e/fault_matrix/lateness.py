"""How long after its deadline a run may still be there, on a machine that may be busy.

Starting Python, reading the database and ending in order take the longer, the more else runs. How
long, a run with which nothing goes wrong shows: one made after the run that is judged, or in
`make test` earlier ones. The machine may have been busier then, so these excuse little, and what
seems late is measured by new ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from thoroughness import EVERYTHING

TOLERANCE = 1.0
"""Seconds by which a deadline may be missed."""

IS_STRICT = EVERYTHING or os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1") == "1"
"""Whether nothing but the matrix runs, or nothing beside it."""

UNDISTURBED_RUNS = 4 if IS_STRICT else 8
"""How many times as long as an undisturbed run a disturbed one may take besides waiting."""

CREDITED = 2.0
"""Seconds that an undisturbed run is believed to take which was made some time ago."""


def usual_duration(earlier: Iterable[float]) -> float:
    """Seconds that an undisturbed run takes at most, by those that some took earlier."""
    return min(CREDITED, *earlier)


def latest_end(deadline: float, undisturbed: float) -> float:
    """Seconds after its start by which a run is over.

    Args:
        deadline: how long it may wait.
        undisturbed: how long one takes that needn't wait.
    """
    return deadline + TOLERANCE + UNDISTURBED_RUNS * undisturbed
