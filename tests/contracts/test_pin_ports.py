"""Every keeper of pins, the in-memory fake included, keeps the promises of its port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.pin_port import FULL_SIZE, PinPortContract
from fakes.clock import FakeClock
from fakes.pins import InMemoryPins
from ibkr_sync.domain.ports.pins import PinPort
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.pins import LocalPins


class TestInMemoryPins(PinPortContract):
    @pytest.fixture
    def pins(self) -> PinPort:
        return InMemoryPins()


class TestSqliteFile(PinPortContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "futures.db"

    @pytest.fixture
    def pins(self, path: Path) -> Iterator[PinPort]:
        with Database(path) as database:
            yield LocalPins(database, FakeClock())

    def test_pins_outlive_the_process(self, pins: PinPort, path: Path) -> None:
        pins.pin(FULL_SIZE)
        with Database(path) as again:
            assert LocalPins(again, FakeClock()).all_pins() == (FULL_SIZE,)

    def test_asking_creates_no_file(self, pins: PinPort, path: Path) -> None:
        pins.pinned("DAX")
        pins.all_pins()
        pins.unpin("DAX")
        assert not path.exists()


class TestPostgres(PinPortContract):
    @pytest.fixture
    def pins(self, postgres_database: Database) -> PinPort:
        return LocalPins(postgres_database, FakeClock())
