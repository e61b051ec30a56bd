"""A frame recorded from a real gateway goes in as bytes and comes out of the database."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.gateway_rig import SERVER_VERSION, Connect, Serve
from fakes.recordings import RECORDED_ES, as_sent_at
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import Future, IndexFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.evidence.packed_frames import (
    PackedFrames,
    unpack_frames,
)
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from recorded_es import ES, ESM5, RECORDED_AT

ES_QUERY = FutureQuery(symbol="ES", exchange="CME")

LISTING = ContractListing(first_seen_at=RECORDED_AT, last_seen_at=RECORDED_AT)
STORED_ES = dataclasses.replace(
    ES, contracts=(dataclasses.replace(as_sent_at(SERVER_VERSION, ESM5), listing=LISTING),)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "futures.db"


@pytest.fixture
def synced(file: Path, serve: Serve, connect: Connect) -> Path:
    """The database after the recorded frame went through a socket into it."""
    replay = serve(recording=RECORDED_ES, now=FakeClock(RECORDED_AT))
    clock = FakeClock(RECORDED_AT)
    gateway = connect(replay, clock=clock)
    with Database(file) as database:
        local = LocalFutureRepository(database, Future, load_catalogue(), clock)
        repository = IbkrFutureRepository(gateway, local, Future, load_catalogue(), clock)
        repository.get_or_create(ES_QUERY, SyncPolicy())
    return file


@pytest.mark.text_protocol
def test_every_field_comes_back_as_it_was_recorded(synced: Path) -> None:
    with Database(synced) as database:
        stored = LocalFutureRepository(
            database, Future, load_catalogue(), FakeClock(RECORDED_AT)
        ).get_by_symbol(ES_QUERY)
    assert type(stored) is IndexFuture
    assert dataclasses.asdict(stored) == dataclasses.asdict(STORED_ES)


def test_the_tables_hold_plain_values_that_a_person_can_query(synced: Path) -> None:
    with closing(sqlite3.connect(synced)) as database:
        assert database.execute(
            "SELECT con_id, local_symbol, last_trade_date, contract_month, multiplier, min_tick,"
            " underlying_con_id, venues FROM contracts"
        ).fetchall() == [
            (
                620731015,
                "ESM5",
                "2025-06-20",
                "2025-06",
                "50",
                "0.25",
                11004968,
                '[["CME",67],["QBALGO",67]]',
            )
        ]
        assert database.execute(
            "SELECT market_rule_id, low_edge, increment FROM market_rule_increments"
        ).fetchall() == [(67, "0", "0.25")]


@pytest.mark.text_protocol
def test_the_very_bytes_are_kept_as_evidence(synced: Path) -> None:
    with closing(sqlite3.connect(synced)) as database:
        ((packed, digest, count),) = database.execute(
            "SELECT frames, sha256, frame_count FROM raw_replies"
        ).fetchall()
    row, end = unpack_frames(PackedFrames(frames=packed, sha256=digest, frame_count=count))
    fields = row.decode("ascii").split("\0")
    assert (fields[0], fields[1], end[:5]) == ("10", "8", b"52\x001\0")
    assert fields[3:10] == ["ES", "FUT", "20250620 08:30 US/Central", "0", "", "CME", "USD"]
    assert fields[10:15] == ["ESM5", "ES", "ES", "620731015", "0.25"]


def test_the_same_frame_again_changes_nothing(synced: Path, serve: Serve, connect: Connect) -> None:
    clock = FakeClock(RECORDED_AT)
    gateway = connect(serve(recording=RECORDED_ES, now=clock), clock=clock)
    with Database(synced) as database:
        local = LocalFutureRepository(database, Future, load_catalogue(), clock)
        repository = IbkrFutureRepository(gateway, local, Future, load_catalogue(), clock)
        update = repository.get_or_create(ES_QUERY, SyncPolicy())
    assert update.diff is not None
    assert update.diff.is_empty
