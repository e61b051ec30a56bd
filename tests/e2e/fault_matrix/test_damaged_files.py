"""A file with damage in it is told of, or harmless; never shown wrong, never replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from e2e.fault_matrix.disks import PAGE
from e2e.fault_matrix.rig import Rig, asking, gateway_with, refuse_indiscretion
from thoroughness import how_many, seeded, some_of

HEADER = 100
"""Bytes of the first page that tell what the file is."""


def random_bytes(count: int) -> bytes:
    return seeded("page").randbytes(count)


def no_bytes(count: int) -> bytes:
    return bytes(count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a sound file shows: of the product that is asked for, then and before, and another."""

    asked_for: Any
    renewed: Any
    other: Any


@pytest.fixture
def known(rig: Rig, refill: Callable[[Rig], None]) -> Known:
    """What the file shows as long as it is sound."""
    asked_for, other = shown(rig, "ES"), shown(rig, "CL")
    with gateway_with() as gateway:
        rig.run(*asking(["ES"], gateway.port))
    renewed = shown(rig, "ES")
    assert None not in (asked_for, other, renewed)
    assert asked_for != renewed
    refill(rig)
    return Known(asked_for=asked_for, renewed=renewed, other=other)


@pytest.mark.timeout(1800)
def test_any_page_that_is_lost_is_reported_or_does_not_matter(
    rig: Rig, filled: Path, known: Known
) -> None:
    sound = filled.read_bytes()
    losses = list(product(range(len(sound) // PAGE), (random_bytes, no_bytes)))
    codes = set()
    for page, others in some_of(losses, 3):
        begin, end = page * PAGE or HEADER, (page + 1) * PAGE
        damaged = sound[:begin] + others(end - begin) + sound[end:]
        codes.add(live_with(rig, damaged, known))
    assert 7 in codes


@pytest.mark.timeout(1800)
def test_any_byte_of_the_header_that_is_wrong_is_reported_or_does_not_matter(
    rig: Rig, filled: Path, known: Known
) -> None:
    sound = filled.read_bytes()
    for place in some_of(range(HEADER), 2):
        damaged = sound[:place] + bytes([sound[place] ^ 0xFF]) + sound[place + 1 :]
        live_with(rig, damaged, known)


@pytest.mark.representative
@pytest.mark.parametrize("seed", range(how_many(2, 60)))
def test_pages_that_were_overwritten_are_reported_and_never_crash(rig: Rig, seed: int) -> None:
    """What is not on those pages may still be read; what is repaired is for the user to say."""
    chance = seeded(f"pages {seed}")
    size = rig.store.path.stat().st_size
    with rig.store.path.open("r+b") as file:
        for _ in range(chance.randint(1, 4)):
            file.seek(chance.randrange(size // 4096) * 4096 + chance.randrange(4000))
            file.write(chance.randbytes(chance.randint(1, 96)))
    with gateway_with() as gateway:
        endured = rig.run(*asking(["ES"], gateway.port), gateway=gateway)
    shown = rig.run("show", "ES", "--json")
    refuse_indiscretion(endured)
    assert endured.run.code in (0, 4, 7), endured
    assert shown.run.code in (0, 5, 7), shown


def live_with(rig: Rig, damaged: bytes, known: Known) -> int:
    """Look at a damaged file, write to it and look again; gives the exit code of the write."""
    path = rig.store.path
    for leftover in path.parent.glob(f"{path.name}-*"):
        leftover.unlink()
    path.write_bytes(damaged)
    file = path.stat().st_ino

    asked_for, other = shown(rig, "ES"), shown(rig, "CL")
    assert asked_for in (None, known.asked_for)
    assert other in (None, known.other)
    assert path.read_bytes() == damaged

    with gateway_with() as gateway:
        endured = rig.run(*asking(["ES"], gateway.port), gateway=gateway)
    refuse_indiscretion(endured)
    assert endured.run.code in (0, 7), endured
    assert endured.run.code == 0 or "next: " in endured.run.message, endured.run
    assert path.stat().st_ino == file
    assert shown(rig, "ES") in (None, known.renewed, *([asked_for] if endured.run.code else []))
    assert shown(rig, "CL") == other
    return endured.run.code


def shown(rig: Rig, symbol: str) -> Any:
    """What is told of a product, but for when that was learned; None if it can't be read."""
    done = rig.run("show", symbol, "--json", verbose=False).run
    if done.code == 7:
        assert "next: " in done.message, done
        return None
    message = done.json
    del message["synced_at"]
    for contract in message["contracts"]:
        del contract["listing"]
    return message
