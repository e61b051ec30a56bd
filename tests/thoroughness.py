"""How much of what can be tried is tried: some of it, more of it, or all of it.

Every run of the tests tries some places, `make faults` sets IBKR_SYNC_FAULTS and tries more,
`make torture` sets IBKR_SYNC_TORTURE and tries all. IBKR_SYNC_TORTURE_SEED takes other places, and
other random numbers.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

EVERYTHING = bool(os.environ.get("IBKR_SYNC_TORTURE"))
MORE = EVERYTHING or bool(os.environ.get("IBKR_SYNC_FAULTS"))

SEED = int(os.environ.get("IBKR_SYNC_TORTURE_SEED", "411"))


def some_of(everything: Sequence[T], count: int) -> Sequence[T]:
    """So many of them, or more, in their order: the first, the last, and some between.

    Of one alone, any of them may be the one.
    """
    if count < 1:
        raise ValueError(f"{count} of them would try nothing")
    if EVERYTHING:
        return everything
    wanted = _more(count)
    if len(everything) <= wanted:
        return everything
    if wanted == 1:
        return [seeded("sample").choice(everything)]
    inner = sorted(seeded("sample").sample(range(1, len(everything) - 1), wanted - 2))
    return [everything[0], *(everything[index] for index in inner), everything[-1]]


def how_many(usually: int, in_a_torture: int) -> int:
    """How often something random is tried."""
    return in_a_torture if EVERYTHING else min(_more(usually), in_a_torture)


def seeded(purpose: str) -> random.Random:
    """Random numbers that are the same in every run with the same seed."""
    return random.Random(f"{SEED} {purpose}")  # noqa: S311 - reproducible, not secret


def _more(count: int) -> int:
    return 2 * count if MORE else count
