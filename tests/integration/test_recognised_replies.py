"""A reply that says nothing new is recognised, and leaves the very rows that reading it leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from contracts import examples
from fakes.clock import FakeClock
from fakes.recordings import contract_row, received_frame
from ibkr_sync.bootstrap.services import delivery_book
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import (
    IbkrSyncError,
    InvalidReplyError,
    ProductLookupError,
    ReplyError,
    RequestRejectedError,
    StorageError,
)
from ibkr_sync.domain.evidence.recognition import LONGEST_RECOGNISED, RememberedProduct
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition, FutureSource, KnownFutures
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.delegating import DelegatingFutureRepository
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.dialogues import Dialogues
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.known_contracts import KnownContracts
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReply,
    ContractReplyRows,
    ReplyRow,
    SentRows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import ReplyReader
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.products import recognition
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

DAX = examples.with_chain(examples.DAX, 4, first_con_id=1)
ROWS = tuple(map(contract_row, DAX.contracts))
MINI = contract_row(dataclasses.replace(DAX.contracts[2], con_id=9, trading_class="FDXM"))
QUERY = FutureQuery(symbol="DAX", exchange="EUREX")
_VERSION = 157
FIRST = datetime(2026, 12, 5, 22, tzinfo=UTC)
"""Twelve days before the first of them ends."""
BOOK = cache(delivery_book)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What IBKR says one night, so many hours by our clock after the one before.

    Attributes:
        said: by number of the contract, the fields that its row has otherwise; None: no row.
        is_known: whether IBKR knows by its conId what has no row.
        by_hand: what somebody else's hand does to the database before.
    """

    hours: int = 24
    said: tuple[tuple[int, tuple[tuple[str, str], ...] | None], ...] = ()
    is_known: bool = False
    is_other_shown: bool = False
    by_hand: str | None = None


UNREADABLE = ((1, (("con_id", "no number"),)),)
"""A row on which ibapi stumbles."""


class Replies(FutureSource[Future]):
    """Asks what a gateway would be asked, and has the answers of one night.

    `decoded` counts the rows that were decoded.
    """

    name = "IBKR"
    origin = Origin.IBKR

    def __init__(self, clock: FakeClock) -> None:
        self.night = Night()
        self.decoded = 0
        self._clock = clock
        self._count = 0

    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[Future]]:
        catalogue = load_catalogue()
        dialogues = Dialogues(
            cast("Any", SimpleNamespace(disturbances=0)),
            KnownContracts(known, self._clock),
            catalogue,
            policy,
            ReplyReader(Future, catalogue),
        )
        for query in queries:
            dialogue = dialogues.about(query)
            try:
                request = next(dialogue)
                while True:
                    try:
                        reply = self._reply(request)
                    except RequestRejectedError as refusal:
                        request = dialogue.throw(refusal)
                    else:
                        request = dialogue.send(reply)
            except StopIteration as end:
                yield query, end.value
            except (ReplyError, ProductLookupError) as error:
                yield query, error

    def _reply(self, request: ContractRequest) -> ContractReply:
        self._count += 1
        said = dict(self.night.said)
        rows = []
        for number, row in enumerate(ROWS):
            other = said.get(number, ())
            is_asked_for = request.con_id == int(row.con_id)
            if other is None and not (is_asked_for and self.night.is_known):
                continue
            if request.con_id is None or is_asked_for:
                rows.append(_otherwise(row, self._hours() | dict(other or ())))
        if self.night.is_other_shown and request.con_id is None:
            rows.append(_otherwise(MINI, self._hours()))
        if not rows:
            raise RequestRejectedError(200, "No security definition has been found")
        return ContractReply(
            request=request,
            rows=ContractReplyRows(
                SentRows(map(_frame, rows[:: 1 if self._count % 2 else -1])), self._decode
            ),
            end_frame=b"52\x001\x001\x00",
            received_at=self._clock(),
            server_version=_VERSION,
            client_version="9.81.1",
        )

    def _decode(self, frame: bytes) -> ReplyRow:
        self.decoded += 1
        try:
            return received_frame(frame, _VERSION)
        except MalformedFrameError as error:
            raise InvalidReplyError("DAX@EUREX", "contract row", "", str(error)) from error

    def _hours(self) -> dict[str, str]:
        days = [self._clock.now + timedelta(days=number) for number in range(7)]
        hours = ";".join(f"{day:%Y%m%d}:0900-{day:%Y%m%d}:1700" for day in days)
        return {"trading_hours": hours, "liquid_hours": hours}


def _frame(row: ContractRow) -> bytes:
    return wire_from_fields(ContractDataLayout(_VERSION).encode(row, "1"))


def _otherwise(row: ContractRow, texts: dict[str, Any]) -> ContractRow:
    return dataclasses.replace(row, **texts)


class ReadingAll(LocalFutureRepository[Future]):
    """Recognises nothing."""

    def remembered(self, queries: Collection[FutureQuery]) -> dict[FutureQuery, RememberedProduct]:
        del queries
        return {}


class World:
    """A database, and the nights that it lives through."""

    def __init__(self, database: Database, local: type[LocalFutureRepository[Future]]) -> None:
        self.database = database
        self.clock = FakeClock(FIRST)
        self.source = Replies(self.clock)
        self.local = local(database, Future, load_catalogue(), self.clock, deliveries=BOOK)
        self._repository = DelegatingFutureRepository(self.source, self.local, self.clock)

    def live_through(self, night: Night, **policy: Any) -> FutureUpdate[Future] | FutureFailure:
        (outcome,) = self.ask_for([QUERY], night, **policy)
        return outcome

    def ask_for(
        self, queries: list[FutureQuery], night: Night, **policy: Any
    ) -> list[FutureUpdate[Future] | FutureFailure]:
        self.clock.advance(hours=night.hours)
        if night.by_hand is not None:
            with writing(self.database) as connection:
                connection.execute(text(night.by_hand))
        self.source.night = night
        return list(self._repository.get_or_create_many(queries, SyncPolicy(**policy)))

    def rows(self) -> dict[str, list[Any]]:
        """All that is stored, but for that by which replies are recognised."""
        with reading(self.database) as connection:
            return {
                table.name: sorted(
                    map(repr, connection.execute(select(*columns))),
                )
                for table in metadata.sorted_tables
                if (columns := [column for column in table.c if column.name != "reply_digest"])
            }


def is_recognised(outcome: FutureUpdate[Future] | FutureFailure) -> bool:
    assert isinstance(outcome, FutureUpdate), outcome
    return outcome.is_recognised


BY_HAND = (
    "UPDATE contracts SET min_tick = '9' WHERE con_id = 2",
    "UPDATE contracts SET long_name = NULL WHERE con_id = 3",
    "UPDATE contracts SET missing_since = '2026-12-01 00:00:00.000000' WHERE con_id = 4",
    "UPDATE contracts SET hold_until_long = '2026-12-02'",
    "UPDATE products SET name = 'By hand'",
    "DELETE FROM contract_deliveries WHERE con_id = 3",
    "UPDATE products SET reply_digest = 'by hand'",
    "UPDATE products SET synced_at = '2026-11-01 00:00:00.000000'",
    "UPDATE products SET schedule_id = NULL",
)
SAID: tuple[tuple[tuple[str, str], ...] | None, ...] = (
    None,
    (("long_name", "DAX 40"),),
    (("multiplier", "5"),),
    (("multiplier", ""),),
    (("min_tick", "odd"),),
    (("order_types", "LMT"),),
    (("trading_hours", "20261201:CLOSED"),),
    (("trading_hours", ""), ("liquid_hours", "")),
    (("time_zone_id", ""),),
    (("valid_exchanges", "EUREX"), ("market_rule_ids", "1")),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Night]:
    """Nights of which most say what the one before said."""
    story: list[Night] = []
    for _ in range(draw(st.integers(3, 8))):
        before = story[-1] if story else Night()
        night = dataclasses.replace(
            before,
            hours=draw(st.sampled_from([24, 24, 24, 1, 20, 72, 24 * 8, 24 * 40, -2])),
            by_hand=draw(st.sampled_from([None, None, None, None, *BY_HAND])) if story else None,
        )
        if draw(st.integers(0, 2)) == 0:
            numbers = draw(st.sets(st.integers(0, 3), max_size=1 if story else 0))
            night = dataclasses.replace(
                night,
                said=tuple((number, draw(st.sampled_from(SAID))) for number in numbers),
                is_known=draw(st.booleans()),
                is_other_shown=draw(st.sampled_from([False, False, False, True])),
            )
        story.append(night)
    return story


@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=stories())
def test_recognising_and_reading_leave_the_same_rows(story: list[Night]) -> None:
    with Database(":memory:") as one, Database(":memory:") as other:
        recognising, reading_all = World(one, LocalFutureRepository), World(other, ReadingAll)
        for night in story:
            outcome, read = recognising.live_through(night), reading_all.live_through(night)
            assert recognising.rows() == reading_all.rows(), night
            if isinstance(outcome, FutureUpdate) and isinstance(read, FutureUpdate):
                assert (outcome.product, outcome.diff) == (read.product, read.diff)


def test_what_is_asked_for_twice_in_a_run_is_compared_with_what_the_run_has_stored() -> None:
    queries = [QUERY, FutureQuery(**DAX.key._asdict())]
    changed = Night(said=((1, (("long_name", "DAX 40"),)),))
    with Database(":memory:") as one, Database(":memory:") as other:
        recognising, reading_all = World(one, LocalFutureRepository), World(other, ReadingAll)
        for night in (Night(), Night(), changed, changed, Night()):
            found = recognising.ask_for(queries, night)
            reading_all.ask_for(queries, night)
            assert recognising.rows() == reading_all.rows(), night
    assert [is_recognised(outcome) for outcome in found] == [False, True]


@pytest.fixture
def world() -> Iterator[World]:
    with Database(":memory:") as database:
        world = World(database, LocalFutureRepository)
        assert not is_recognised(world.live_through(Night()))
        yield world


def test_an_unchanged_night_is_recognised_until_a_contract_comes_near_its_end(world: World) -> None:
    nights = [is_recognised(world.live_through(Night())) for _ in range(10)]
    assert nights == [True] * 6 + [False] * 4


def test_rows_are_decoded_only_where_their_reply_is_not_recognised(world: World) -> None:
    source = world.source
    before = source.decoded
    assert is_recognised(world.live_through(Night()))
    assert source.decoded == before
    assert not is_recognised(world.live_through(Night(said=((1, (("long_name", "DAX 40"),)),))))
    assert source.decoded == before + len(ROWS)


def test_a_row_that_can_t_be_decoded_fails_a_product_that_would_be_recognised(
    world: World,
) -> None:
    before = world.local.get_by_symbol(QUERY)
    outcome = world.live_through(Night(said=UNREADABLE))
    assert isinstance(outcome, FutureFailure)
    assert "can't decode" in str(outcome.error)
    assert world.local.get_by_symbol(QUERY).contracts == before.contracts
    assert is_recognised(world.live_through(Night()))


def test_what_says_the_same_is_read_in_full_again_after_some_weeks(world: World) -> None:
    for _ in range(30):  # the first contract has ended, the next does in months
        world.live_through(Night(said=((0, None),)))
    nights = [
        is_recognised(world.live_through(Night(said=((0, None),))))
        for _ in range(2 * LONGEST_RECOGNISED)
    ]
    assert nights.count(False) == 2


@pytest.mark.parametrize("by_hand", BY_HAND[:-1])
def test_rows_that_were_altered_are_read_and_the_reply_wins(world: World, by_hand: str) -> None:
    world.live_through(Night())
    before = world.local.get_by_symbol(QUERY)
    outcome = world.live_through(Night(hours=0, by_hand=by_hand))
    assert not is_recognised(outcome)
    after = world.local.get_by_symbol(QUERY)
    assert [item.min_tick for item in after.contracts] == [
        item.min_tick for item in before.contracts
    ]
    assert is_recognised(world.live_through(Night()))


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE products SET reply_digest = 'by hand'",
        "UPDATE products SET reply_digest = NULL",
        "UPDATE products SET reply_digest = x'00ff'",
    ],
)
def test_a_digest_that_was_altered_says_nothing(world: World, by_hand: str) -> None:
    world.live_through(Night())
    before = world.rows()["contracts"]
    assert not is_recognised(world.live_through(Night(by_hand=by_hand)))
    assert world.rows()["contracts"] == before
    assert is_recognised(world.live_through(Night()))


OF_ANOTHER_TYPE = (
    "UPDATE products SET name = x'00ff'",
    "UPDATE products SET synced_at = 'garbage'",
    "UPDATE products SET origin = 5",
    "UPDATE contracts SET venues = 'garbage'",
    "UPDATE contracts SET venues = x'00ff'",
    "UPDATE contracts SET min_tick = 'garbage'",
    "UPDATE contracts SET last_trade_date = 5",
    "UPDATE schedules SET trading_sessions = 'garbage'",
    "UPDATE schedules SET liquid_sessions = 5",
)


def test_a_value_of_another_type_fails_what_it_fails_when_all_is_read() -> None:
    recognising = _outcomes_over(OF_ANOTHER_TYPE, LocalFutureRepository)
    assert recognising == _outcomes_over(OF_ANOTHER_TYPE, ReadingAll)


def _outcomes_over(
    spoilt: Iterable[str], local: type[LocalFutureRepository[Future]]
) -> dict[str, object]:
    """What comes of a night over the sound database that was altered so; all that it raises too."""
    outcomes: dict[str, object] = {}
    with Database(":memory:") as database:
        world = World(database, local)
        world.live_through(Night())
        with reading(database) as connection:
            driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA ignore_check_constraints = 1")
        sound = driver.serialize()
        for by_hand in spoilt:
            driver.deserialize(sound)
            try:
                outcome = world.live_through(Night(hours=0, by_hand=by_hand))
            except (IbkrSyncError, ValueError, TypeError, LookupError) as error:
                outcomes[by_hand] = repr(error)
            else:
                outcomes[by_hand] = (
                    outcome.diff if isinstance(outcome, FutureUpdate) else str(outcome.error)
                )
    return outcomes


def test_what_is_renamed_in_mid_run_is_stored_the_next_night(
    world: World,
) -> None:
    world.live_through(Night())
    store_again = world.local.store_again

    def altered_before(*args: Any, **options: Any) -> tuple[FutureUpdate[Future], ...]:
        with writing(world.database) as connection:
            connection.execute(text("UPDATE products SET trading_class = 'FDXS'"))
        return store_again(*args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.local, "store_again", altered_before)
        with pytest.raises(StorageError, match="was renamed while its reply was awaited"):
            world.live_through(Night())
    assert world.live_through(Night()).query == QUERY


def test_a_dry_run_recognises_nothing_and_an_import_is_looked_at(world: World) -> None:
    assert not is_recognised(world.live_through(Night(), dry_run=True))
    assert not is_recognised(world.live_through(Night(by_hand=imported_at("2026-12-01"))))
    assert is_recognised(world.live_through(Night()))


def imported_at(day: str) -> str:
    return (
        "INSERT INTO delivery_imports (run_id, origin, source, con_id, first_notice_date,"  # noqa: S608 - no value of a user's
        " learnt_on, imported_at) VALUES (1, 'exchange', 'mail', 2, '2026-12-20', '2026-12-01',"
        f" '{day} 00:00:00.000000')"
    )


def test_an_import_that_took_the_place_of_a_lost_one_is_looked_at(world: World) -> None:
    world.live_through(Night(by_hand=imported_at("2026-12-01")))
    with writing(world.database) as connection:
        connection.execute(text("DELETE FROM delivery_imports"))
    assert not is_recognised(world.live_through(Night(by_hand=imported_at("2026-12-02"))))
    assert is_recognised(world.live_through(Night()))


def test_another_release_of_the_calendars_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "_versions", lambda: ("other",))
    assert not is_recognised(world.live_through(Night()))
    assert is_recognised(world.live_through(Night()))
