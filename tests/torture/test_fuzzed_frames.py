"""Whatever a frame is made of, it is read as what it is, or refused.

Frames that once showed a defect are kept in `kept_frames.txt` and tried every time.
"""

from __future__ import annotations

import binascii
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.protocol_versions import SPOKEN
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from thoroughness import EVERYTHING, seeded
from torture.decoding import DECODED, NOW, QUERY, Decoding, frames_at, refuse_falsehood
from torture.mutations import mutated

KEPT = Path(__file__).with_name("kept_frames.txt")

VERSIONS = sorted({SPOKEN[0], *(version for version in SPOKEN if version in (187, 200, 201, 226))})
"""Text, text as newer gateways send it, and protobuf; as far as the installed ibapi goes."""

BATCHES = 8
FRAMES_OF_A_BATCH = (104_000 if EVERYTHING else 3_000) // BATCHES

STORED_OF = 40
"""One of so many products that were believed is stored and read back."""


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Every refusal is logged, which is a hundred thousand lines."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module", params=VERSIONS)
def decoding(request: pytest.FixtureRequest) -> Iterator[Decoding]:
    with Decoding(request.param) as decoding:
        yield decoding


@pytest.fixture
def store() -> Callable[[Future], None]:
    """Store a product in a database of its own, and look whether it comes back as it was."""

    def keep(product: Future) -> None:
        with Database(":memory:") as database:
            clock = FakeClock(NOW)
            local = LocalFutureRepository(database, Future, load_catalogue(), clock)
            with local.sync_run(Origin.IBKR) as run:
                local.get_or_create_entity(
                    AcquiredFuture(product=product), QUERY, SyncPolicy(), run
                )
            stored = local.get_by_symbol(QUERY)
        assert stored.contracts == product.contracts
        hours = [contract.schedule for contract in product.contracts]  # no part of what is compared
        assert [contract.schedule for contract in stored.contracts] == hours

    return keep


def test_what_is_unchanged_is_understood(decoding: Decoding) -> None:
    frames = frames_at(decoding.server_version)
    rows = [frame for kind, frame in frames.items() if kind.startswith("row")]
    product = decoding.product_of([*rows, frames["end"]])
    assert product is not None
    refuse_falsehood(product)
    assert len(product.contracts) == len(DECODED)


@pytest.mark.representative
@pytest.mark.timeout(1200 if EVERYTHING else 120)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_mutated_frame_is_read_as_what_it_is_or_refused(
    decoding: Decoding, store: Callable[[Future], None], batch: int
) -> None:
    chance = seeded(f"frames {decoding.server_version} {batch}")
    frames = frames_at(decoding.server_version)
    names, every = list(frames), list(frames.values())
    rows = [name for name in names if name.startswith("row")]
    believed = 0
    for _ in range(FRAMES_OF_A_BATCH):
        kind = chance.choice(rows if chance.random() < 0.8 else names)
        frame = mutated(chance, frames[kind], every)
        product = read(decoding, frames, frame)
        if product is not None:
            believed += 1
            if believed % STORED_OF == 0:
                attempt(decoding, frame, lambda product=product: store(product))  # type: ignore[misc]
    assert 0 < believed < FRAMES_OF_A_BATCH


def kept_frames() -> list[tuple[int, bytes]]:
    """What is in the file: a server version and the frame's bytes, one a line."""
    lines = [line.partition("#")[0].split() for line in KEPT.read_text("ascii").splitlines()]
    return [(int(line[0]), binascii.unhexlify(line[1])) for line in lines if line]


@pytest.mark.representative
def test_a_frame_that_once_showed_a_defect_shows_none(
    decoding: Decoding, store: Callable[[Future], None]
) -> None:
    frames = frames_at(decoding.server_version)
    for version, frame in kept_frames():
        if version == decoding.server_version:
            product = read(decoding, frames, frame)
            if product is not None:
                store(product)


def read(decoding: Decoding, frames: dict[str, bytes], frame: bytes) -> Future | None:
    """What comes of a frame amid others, checked; a failure tells which line to keep."""

    def look() -> Future | None:
        alone = decoding.product_of([frame, frames["end"]])
        among = decoding.product_of([frames["row 0"], frame, frames["end"]])
        for product in (alone, among):
            if product is not None:
                refuse_falsehood(product)
        return alone or among

    return attempt(decoding, frame, look)


def attempt(decoding: Decoding, frame: bytes, act: Callable[[], Future | None]) -> Future | None:
    """Do something with a frame; whatever it raises is a defect that the frame shows."""
    try:
        return act()
    except Exception as error:
        error.add_note(f"keep: {decoding.server_version} {frame.hex()}")
        raise
