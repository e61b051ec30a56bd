"""Kept replies, read again: the present becomes what a fresh reply would have made it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from databases import dump
from fakes.clock import FakeClock
from fakes.gateway_rig import CRUDE_OIL, ES, NOW, RECORDING, SERVER_VERSION, Connect, Serve
from fakes.protocol_versions import SPOKEN
from ibkr_sync.application.services.kept_replies.renormalising import RenormalisingService
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import CommodityFuture, Future, Origin
from ibkr_sync.domain.entities.schedules import ScheduleEntries, TradingSession
from ibkr_sync.domain.errors import AlreadyRunningError, RawReplyError
from ibkr_sync.domain.evidence.renormalisation import Renormalised
from ibkr_sync.domain.history.events import EventType, event_of
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import CLIENT_VERSIONS
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising import row_reader as reading_rows
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import (
    TranslatedRow,
    translate_row,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.raw_reply_reader import IbkrReplyReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.repository import IbkrFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.evidence import evidence_rows
from ibkr_sync.infrastructure.repositories.local_repo.evidence.packed_frames import pack_frames
from ibkr_sync.infrastructure.repositories.local_repo.history.local_history import LocalHistory
from ibkr_sync.infrastructure.repositories.local_repo.products.kept_hours import LocalKeptHours
from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.runs.local_runs import LocalRuns
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    field_changes,
    raw_replies,
    sync_runs,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

KEY = ES.key
LATER = NOW + timedelta(days=3)
OF_NO_READING = ("sync_runs", "run_products", "field_changes")
"""What a run leaves even when nothing is read otherwise."""


def badly(row: Any, **known: Any) -> TranslatedRow:
    """Translate as an older version might have: no instant, half the size, no venues."""
    read = translate_row(row, **known)
    contract = read.contract
    assert contract is not None
    contract = dataclasses.replace(
        contract,
        last_trade_at=None,
        multiplier=contract.multiplier and contract.multiplier / 2,
        long_name="E-mini S\\u0026P",
        min_size=None,
        venues=(),
    )
    return dataclasses.replace(read, contract=contract)


class Rig:
    """A gateway to fetch from, and databases to fetch into and to renormalise."""

    def __init__(self, connect: Connect, serve: Serve, version: int) -> None:
        self._connect = connect
        self._serve = serve
        self._version = version

    def fetch(
        self,
        database: Database,
        *symbols: str,
        recording: Recording = RECORDING,
        at: datetime = NOW,
    ) -> None:
        replay = self._serve(recording=recording, server_version=self._version)
        clock, catalogue = FakeClock(at), load_catalogue()
        local = LocalFutureRepository(database, Future, catalogue, clock)
        gateway = self._connect(replay, clock)
        repository = IbkrFutureRepository(gateway, local, Future, catalogue, clock)
        queries = [FutureQuery(symbol=symbol) for symbol in symbols]
        outcomes = list(repository.get_or_create_many(queries, SyncPolicy()))
        assert all(isinstance(outcome, FutureUpdate) for outcome in outcomes), outcomes


@pytest.fixture(autouse=True)
def _beside_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pack every later reply beside the first: with so small ones it is a matter of bytes."""
    monkeypatch.setattr(evidence_rows, "_WORTH_A_BASE", 0)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "futures.db") as database:
        yield database


@pytest.fixture
def rig(connect: Connect, serve: Serve) -> Rig:
    return Rig(connect, serve, SERVER_VERSION)


def without_hours(row: Any, **known: Any) -> TranslatedRow:
    """Translate as a version might have that could read no hours."""
    return with_entries(translate_row(row, **known), lambda _: None)


def an_hour_late(row: Any, **known: Any) -> TranslatedRow:
    """Translate as a version might have that took the hours to be in another zone."""

    def late(entries: ScheduleEntries | None) -> ScheduleEntries | None:
        hour = timedelta(hours=1)
        return entries and tuple(
            TradingSession(opens_at=entry.opens_at + hour, closes_at=entry.closes_at + hour)
            for entry in entries
            if isinstance(entry, TradingSession)
        )

    return with_entries(translate_row(row, **known), late)


def with_entries(
    read: TranslatedRow, change: Callable[[ScheduleEntries | None], ScheduleEntries | None]
) -> TranslatedRow:
    contract = read.contract
    assert contract is not None
    assert contract.schedule is not None
    schedule = dataclasses.replace(
        contract.schedule,
        trading_sessions=change(contract.schedule.trading_sessions),
        liquid_sessions=change(contract.schedule.liquid_sessions),
    )
    return dataclasses.replace(read, contract=dataclasses.replace(contract, schedule=schedule))


@contextmanager
def older_rules(translate: Callable[..., TranslatedRow] = badly) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading_rows, "translate_row", translate)
        yield


def service(database: Database) -> RenormalisingService:
    replies = LocalRawReplies(database, FakeClock(LATER))
    return RenormalisingService(replies, IbkrReplyReader(load_catalogue()))


def renormalise(database: Database, *, dry_run: bool = False) -> list[Renormalised | FutureFailure]:
    renormalising = service(database)
    return list(renormalising.renormalise(renormalising.products(), LATER, dry_run=dry_run))


def stored(database: Database, symbol: str) -> dict[str, Any]:
    """A product with all that is known of it, what equality leaves out included."""
    local = LocalFutureRepository(database, Future, load_catalogue(), FakeClock(LATER))
    return dataclasses.asdict(local.get_by_symbol(FutureQuery(symbol=symbol)))


def updates(outcomes: list[Renormalised | FutureFailure]) -> list[Renormalised]:
    assert all(isinstance(outcome, Renormalised) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Renormalised)]


def failure(outcomes: list[Renormalised | FutureFailure]) -> str:
    (failed,) = [outcome for outcome in outcomes if isinstance(outcome, FutureFailure)]
    assert isinstance(failed.error, RawReplyError)
    return failed.error.detail


@pytest.mark.parametrize("version", SPOKEN)
def test_what_was_read_badly_becomes_what_a_fresh_reply_gives(
    connect: Connect, serve: Serve, database: Database, tmp_path: Path, version: int
) -> None:
    rig = Rig(connect, serve, version)
    with older_rules():
        rig.fetch(database, "ES", "CL")
    before = stored(database, "ES")
    outcomes = updates(renormalise(database))

    with Database(tmp_path / "fresh.db") as fresh:
        rig.fetch(fresh, "ES", "CL")
        for symbol in ("ES", "CL"):
            assert stored(database, symbol) == stored(fresh, symbol)
    assert stored(database, "ES") != before
    assert [outcome.update.product.symbol for outcome in outcomes] == ["CL", "ES"]
    fields = {change.field for change in outcomes[1].update.history}
    assert {"multiplier", "last_trade_at", "long_name", "venues", "name"} <= fields


def test_what_a_person_wrote_into_the_tables_is_mended_too(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES")
    right = stored(database, "ES")
    with writing(database) as connection:
        connection.execute(update(contracts).values(multiplier=None, local_symbol="nonsense"))
        connection.execute(text("UPDATE products SET asset_class = 'commodity', name = 'Oil'"))
        connection.execute(text("UPDATE schedules SET trading_hours = 'never'"))
    (outcome,) = updates(renormalise(database))
    assert stored(database, "ES") == right
    assert {change.field for change in outcome.update.history} == {
        *("asset_class", "name", "multiplier", "local_symbol"),
    }


def test_history_says_what_changed_in_a_run_of_its_own_kind(rig: Rig, database: Database) -> None:
    with older_rules():
        rig.fetch(database, "ES")
    (outcome,) = updates(renormalise(database))
    with reading(database) as connection:
        runs = connection.execute(select(sync_runs).order_by(sync_runs.c.id)).all()
        last = runs[-1]
        rows = connection.execute(
            select(field_changes).where(field_changes.c.run_id == last.id)
        ).all()
    assert (last.kind, last.outcome.value) == (RunKind.RENORMALISE, "ok")
    assert [(row.con_id, row.field, row.old, row.new) for row in rows] == [
        (change.con_id, change.field, change.old, change.new) for change in outcome.update.history
    ]
    assert {row.seen_at for row in rows} == {LATER}


def test_a_second_time_nothing_changes(rig: Rig, database: Database) -> None:
    with older_rules():
        rig.fetch(database, "ES", "CL")
    renormalise(database)
    before = dump(database)
    again = updates(renormalise(database))
    after = dump(database)
    assert [renormalised.update.diff.is_empty for renormalised in again] == [True, True]
    assert after["field_changes"] == before["field_changes"]
    assert {name for name in before if after[name] != before[name]} == {
        "sync_runs",
        "run_products",
    }


def test_nothing_counts_as_seen_again(rig: Rig, database: Database) -> None:
    with older_rules():
        rig.fetch(database, "ES")
    gone = ES.contracts[2].con_id
    with writing(database) as connection:
        connection.execute(
            update(contracts).where(contracts.c.con_id == gone).values(missing_since=NOW)
        )
    renormalise(database)
    product = LocalFutureRepository(
        database, Future, load_catalogue(), FakeClock(LATER)
    ).get_by_symbol(FutureQuery(symbol="ES"))
    assert product.synced_at == NOW
    listings = {contract.con_id: contract.listing for contract in product.contracts}
    assert {other.last_seen_at for other in listings.values() if other} == {NOW}
    missing = [con_id for con_id, other in listings.items() if other and other.missing_since]
    assert missing == [gone]


def test_contracts_that_are_not_in_the_reply_stay_as_they_are(rig: Rig, database: Database) -> None:
    with older_rules():
        rig.fetch(database, "ES")
    extra = 999_999
    with writing(database) as connection:
        row = connection.execute(select(contracts).limit(1)).one()._asdict()
        connection.execute(contracts.insert(), row | {"con_id": extra})
    before = next(
        contract for contract in stored(database, "ES")["contracts"] if contract["con_id"] == extra
    )
    renormalise(database)
    assert before in stored(database, "ES")["contracts"]


def test_a_contract_that_has_moved_to_another_product_is_left_there(
    rig: Rig, database: Database
) -> None:
    rig.fetch(database, "ES", "CL")
    moved = ES.contracts[0].con_id
    with writing(database) as connection:
        owner = connection.execute(
            select(contracts.c.product_id).where(
                contracts.c.con_id == CRUDE_OIL.contracts[0].con_id
            )
        ).scalar_one()
        connection.execute(
            update(contracts).where(contracts.c.con_id == moved).values(product_id=owner)
        )
    updates(renormalise(database))
    with reading(database) as connection:
        chosen = select(contracts.c.product_id).where(contracts.c.con_id == moved)
        assert connection.execute(chosen).scalar_one() == owner


def test_a_dry_run_says_the_same_and_writes_nothing(rig: Rig, database: Database) -> None:
    with older_rules():
        rig.fetch(database, "ES")
    before = dump(database)
    (planned,) = updates(renormalise(database, dry_run=True))
    assert dump(database) == before
    (done,) = updates(renormalise(database))
    assert (planned.applied, done.applied) == (False, True)
    assert planned.update == done.update


def test_the_newest_of_two_replies_with_the_same_rows_is_read(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES")
    rig.fetch(database, "ES", at=LATER)
    local = LocalRawReplies(database, FakeClock(LATER))
    assert local.usage().replies == 2
    (key,) = local.products()
    assert local.kept(key).replies[-1].received_at == LATER
    (outcome,) = updates(renormalise(database))
    assert outcome.update.diff.is_empty
    assert outcome.update.product.synced_at == LATER


def test_a_renamed_product_that_the_catalogue_does_not_know_keeps_its_asset_class(
    rig: Rig, database: Database
) -> None:
    names: dict[str, Any] = {"symbol": "WTI", "trading_class": "WTI"}
    rows = (
        dataclasses.replace(
            row, **names, market_name="WTI", industry="", category="", subcategory=""
        )
        for row in RECORDING.contracts
        if row.symbol == "CL"
    )
    rig.fetch(database, "CL")
    rig.fetch(database, "WTI", recording=Recording(contracts=tuple(rows)), at=LATER)
    before = stored(database, "WTI")
    (outcome,) = updates(renormalise(database))
    assert outcome.update.diff.is_empty
    assert isinstance(outcome.update.product, CommodityFuture)
    assert stored(database, "WTI") == before


def rows_without_size() -> Recording:
    """The recording, of whose ES contracts all but the last leave out the multiplier."""
    last = max(ES.contracts, key=lambda item: item.last_trade_date)
    return Recording(
        contracts=tuple(
            row
            if row.symbol != "ES" or row.con_id == str(last.con_id)
            else dataclasses.replace(row, multiplier="")
            for row in RECORDING.contracts
        )
    )


def sizes(database: Database, symbol: str) -> set[int]:
    return {int(contract["multiplier"]) for contract in stored(database, symbol)["contracts"]}


def test_what_the_newest_reply_leaves_out_is_read_from_those_before(
    rig: Rig, database: Database
) -> None:
    with older_rules():
        rig.fetch(database, "ES")
        rig.fetch(database, "ES", recording=rows_without_size(), at=LATER)
    assert sizes(database, "ES") == {25}
    renormalise(database)
    assert sizes(database, "ES") == {50}


def test_what_can_not_be_read_of_the_past_is_named(rig: Rig, database: Database) -> None:
    days = [NOW + number * timedelta(days=1) for number in range(4)]
    for day in days:
        rig.fetch(database, "ES", at=day)
    with writing(database) as connection:
        row = raw_replies.c
        spoilt = update(raw_replies).where(row.received_at == days[2])
        connection.execute(spoilt.values(frames=b"damaged"))
    (outcome,) = updates(renormalise(database))
    assert outcome.left == ("1 of 4 replies can't be read",)
    with writing(database) as connection:
        connection.execute(update(raw_replies).values(base_id=None))
        connection.execute(raw_replies.delete().where(row.received_at < days[2]))
    assert "can't be decompressed" in failure(renormalise(database))


def test_what_a_reply_said_that_is_no_longer_kept_is_left(rig: Rig, database: Database) -> None:
    """The first is kept longer than the second, as the third was packed beside it."""
    resized = Recording(
        contracts=tuple(
            dataclasses.replace(row, multiplier="7") if row.symbol == "ES" else row
            for row in RECORDING.contracts
        )
    )
    days = [NOW + number * timedelta(days=1) for number in range(3)]
    for day, recording in zip(days, (RECORDING, resized, rows_without_size()), strict=True):
        rig.fetch(database, "ES", recording=recording, at=day)
    before = sizes(database, "ES")
    assert LocalRawReplies(database, FakeClock(LATER)).prune(days[2]).replies == 1
    (outcome,) = updates(renormalise(database))
    assert sizes(database, "ES") == before == {7, 50}
    reason = "some replies are no longer kept, or are another product's"
    assert outcome.left == (f"before {days[2]:%Y-%m-%d} {reason}",)


def rolling(day: date) -> Recording:
    """The recording with the hours that are sent on a day: of five days, closed at the weekend."""
    days = [day + timedelta(days=number) for number in range(5)]
    trading = ";".join(
        f"{other:%Y%m%d}:CLOSED"
        if other.weekday() >= _SATURDAY
        else f"{other:%Y%m%d}:0100-{other:%Y%m%d}:0800;{other:%Y%m%d}:0830-{other:%Y%m%d}:1500"
        for other in days
    )
    return Recording(
        contracts=tuple(
            dataclasses.replace(row, trading_hours=trading, liquid_hours=trading)
            for row in RECORDING.contracts
        )
    )


_SATURDAY = 5
NIGHTS = [NOW + timedelta(days=number) for number in (0, 1, 2, 4)]


@pytest.mark.parametrize("older", [translate_row, without_hours, an_hour_late])
def test_hours_by_day_become_what_fresh_replies_give(
    rig: Rig, database: Database, tmp_path: Path, older: Callable[..., TranslatedRow]
) -> None:
    with older_rules(older):
        for night in NIGHTS:
            rig.fetch(database, "ES", recording=rolling(night.date()), at=night)
    before = LocalKeptHours(database).hours_by_day(KEY)
    (planned,) = updates(renormalise(database, dry_run=True))
    assert LocalKeptHours(database).hours_by_day(KEY) == before
    (outcome,) = updates(renormalise(database))
    hours = LocalKeptHours(database).hours_by_day(KEY)
    with Database(tmp_path / "fresh.db") as fresh:
        for night in NIGHTS:
            rig.fetch(fresh, "ES", recording=rolling(night.date()), at=night)
        assert hours == LocalKeptHours(fresh).hours_by_day(KEY)
    assert planned.days == outcome.days == sum(hours[day] != before.get(day) for day in hours)
    assert (outcome.days == 0) == (older is translate_row)
    assert len(hours) == 8  # of the last window all but the last day, which may not be whole
    (again,) = updates(renormalise(database))
    assert again.days == 0


def test_hours_of_days_that_only_a_lost_reply_spoke_of_are_left(
    rig: Rig, database: Database
) -> None:
    with older_rules(an_hour_late):
        for night in NIGHTS:
            rig.fetch(database, "ES", recording=rolling(night.date()), at=night)
    before = LocalKeptHours(database).hours_by_day(KEY)
    with writing(database) as connection:
        spoilt = update(raw_replies).where(raw_replies.c.received_at == NIGHTS[2])
        connection.execute(spoilt.values(frames=b"damaged"))
    (outcome,) = updates(renormalise(database))
    hours = LocalKeptHours(database).hours_by_day(KEY)
    reread = {day for day in hours if hours[day] != before[day]}
    assert outcome.days == len(reread)
    assert reread == {day for day in hours if day >= NIGHTS[3].date()}


def test_replies_under_a_former_name_are_read_too(rig: Rig, database: Database) -> None:
    renamed = tuple(
        dataclasses.replace(row, symbol="WTI", trading_class="WTI", multiplier="")
        for row in RECORDING.contracts
        if row.symbol == "CL"
    )
    with older_rules():
        rig.fetch(database, "CL")
        rig.fetch(database, "WTI", recording=Recording(contracts=renamed), at=LATER)
    (outcome,) = updates(renormalise(database))
    assert sizes(database, "WTI") == {1000}
    assert (outcome.left, outcome.update.product.symbol) == ((), "WTI")


def test_what_is_read_otherwise_is_no_event_of_the_market(rig: Rig, database: Database) -> None:
    with older_rules():
        rig.fetch(database, "ES")
    renormalise(database)
    period = LocalHistory(database).period(NOW + timedelta(days=1), LATER)
    found = {(event.type, event.severity) for event in map(event_of, period.changes)}
    assert found == {(EventType.CORRECTED, Severity.INFO)}


def test_it_is_no_attempt_to_ask_for_anything(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES", "CL")
    before = LocalRuns(database).last_attempts()
    spoil(database, "ES", frames=b"damaged")
    renormalise(database)
    assert LocalRuns(database).last_attempts() == before
    assert len(before) == 2


# --- what can't be read any more


def spoil(database: Database, symbol: str, **values: object) -> None:
    owner = text(f"product_id = (SELECT id FROM products WHERE symbol = '{symbol}')")  # noqa: S608
    with writing(database) as connection:
        connection.execute(update(raw_replies).where(owner).values(**values))


def frames_of(database: Database, symbol: str) -> tuple[bytes, ...]:
    local = LocalRawReplies(database, FakeClock(LATER))
    (key,) = (product for product in local.products() if product.symbol == symbol)
    return local.evidence(key, local.kept(key).replies[-1]).frames


def repacked(*frames: bytes) -> dict[str, object]:
    packed = pack_frames(frames)
    return {name: getattr(packed, name) for name in ("frames", "sha256", "frame_count")}


def refused(database: Database) -> str:
    """Renormalise, of which ES must fail and CL not; gives why, after looking at the tables."""
    before = dump(database)
    outcomes = renormalise(database)
    assert len(outcomes) == 2
    after = dump(database)
    assert {name for name in before if after[name] != before[name]} <= set(OF_NO_READING)
    assert [row.outcome.value for row in after["run_products"]][-2:] == ["unchanged", "failed"]
    assert after["sync_runs"][-1].outcome.value == "partial"
    return failure(outcomes)


def test_a_damaged_reply_fails_its_product_alone(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES", "CL")
    spoil(database, "ES", frames=b"damaged")
    assert "can't be decompressed" in refused(database)
    spoil(database, "ES", **(repacked(*frames_of(database, "CL")) | {"sha256": "0" * 64}))
    assert "do not match their checksum" in refused(database)


def test_a_server_version_beyond_the_installed_ibapi_is_named(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES", "CL")
    spoil(database, "ES", server_version=CLIENT_VERSIONS[1] + 1, client_version="99.9")
    message = refused(database)
    assert f"of server version {CLIENT_VERSIONS[1] + 1}, and the installed ibapi" in message
    assert "received with ibapi 99.9" in message
    spoil(database, "ES", server_version=99)
    assert "99 is not supported" in refused(database)


def test_a_reply_without_its_end_or_with_strange_frames_is_not_believed(
    rig: Rig, database: Database
) -> None:
    rig.fetch(database, "ES", "CL")
    *rows, end = frames_of(database, "ES")
    spoil(database, "ES", **repacked(*rows))
    assert "no end" in refused(database)
    spoil(database, "ES", **repacked())
    assert "it is empty" in refused(database)
    spoil(database, "ES", **repacked(*rows[:-1], rows[-1][: len(rows[-1]) // 2], end))
    refused(database)
    spoil(database, "ES", **repacked(b"", end))
    refused(database)


def test_the_reply_of_another_product_is_not_believed(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES", "CL")
    spoil(database, "ES", **repacked(*frames_of(database, "CL")))
    assert "ES was asked for" in refused(database)


def test_a_product_that_came_from_a_file_since_is_not_read_again(
    rig: Rig, database: Database
) -> None:
    rig.fetch(database, "ES")
    (key,) = service(database).products()
    with writing(database) as connection:
        connection.execute(text("UPDATE products SET origin = 'file'"))
    assert service(database).products() == ()
    outcomes = list(service(database).renormalise([key], LATER))
    assert "came from a file since" in failure(outcomes)


def test_without_a_kept_reply_there_is_nothing_to_read(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES")
    (key,) = service(database).products()
    with writing(database) as connection:
        connection.execute(raw_replies.delete())
    assert renormalise(database) == []
    assert "none is kept" in failure(list(service(database).renormalise([key], LATER)))


def test_while_another_run_is_open_nothing_is_read(rig: Rig, database: Database) -> None:
    rig.fetch(database, "ES")
    local = LocalFutureRepository(database, Future, load_catalogue(), FakeClock(LATER))
    with local.sync_run(Origin.IBKR), pytest.raises(AlreadyRunningError):
        renormalise(database)
