"""How much of what can be tried is tried: some of it, or all of it.

`make faults` tries some places, `make torture` sets IBKR_SYNC_TORTURE and tries all.
IBKR_SYNC_TORTURE_SEED takes other places, and other random numbers.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

EVERYTHING = bool(os.environ.get("IBKR_SYNC_TORTURE"))

SEED = int(os.environ.get("IBKR_SYNC_TORTURE_SEED", "411"))


def some_of(everything: Sequence[T], count: int) -> Sequence[T]:
    """So many of them, or all, in their order: the first, the last, and some between.

    Of one alone, any of them may be the one.
    """
    if count < 1:
        raise ValueError(f"{count} of them would try nothing")
    if EVERYTHING or len(everything) <= count:
        return everything
    if count == 1:
        return [seeded("sample").choice(everything)]
    inner = sorted(seeded("sample").sample(range(1, len(everything) - 1), count - 2))
    return [everything[0], *(everything[index] for index in inner), everything[-1]]


def how_many(usually: int, in_a_torture: int) -> int:
    """How often something random is tried."""
    return in_a_torture if EVERYTHING else min(usually, in_a_torture)


def seeded(purpose: str) -> random.Random:
    """Random numbers that are the same in every run with the same seed."""
    return random.Random(f"{SEED} {purpose}")  # noqa: S311 - reproducible, not secret
