"""How much of what can be tried is tried: a sample of it, or all of it.

`make torture` sets IBKR_SYNC_TORTURE, and everything is tried. IBKR_SYNC_TORTURE_SEED takes
another sample, and other random numbers.
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
    """So many of them, the first and the last included; all of them in a torture."""
    if EVERYTHING or len(everything) <= count:
        return everything
    inner = sorted(seeded("sample").sample(range(1, len(everything) - 1), count - 2))
    return [everything[0], *(everything[index] for index in inner), everything[-1]]


def how_many(usually: int, in_a_torture: int) -> int:
    """How often something random is tried."""
    return in_a_torture if EVERYTHING else usually


def seeded(purpose: str) -> random.Random:
    """Random numbers that are the same in every run with the same seed."""
    return random.Random(f"{SEED} {purpose}")  # noqa: S311 - reproducible, not secret
