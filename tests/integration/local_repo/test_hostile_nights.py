"""Whatever comes and goes over many nights, and whatever the clock says, no evidence is made up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import examples
from contracts.future_port import query_for
from fakes.clock import FakeClock
from ibkr_sync.domain.canonical_text import TRACKED_OF_CONTRACT, TRACKED_OF_PRODUCT
from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract, Venue
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import ReplyError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.history.as_of import product_as_of
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.history.local_history import LocalHistory
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from integration.local_repo.products import repository
from integration.local_repo.test_history import emptied

DAX = examples.with_chain(examples.DAX, 5, first_con_id=1)
MINI = dataclasses.replace(examples.DAX_MINI, contracts=())
CON_IDS = tuple(contract.con_id for contract in DAX.contracts)
FIRST = datetime(2026, 12, 10, 12, tzinfo=UTC)
"""Eight days before the first of them ends."""

SILENT: dict[str, Any] = {
    "multiplier": None,
    "min_tick": None,
    "price_magnifier": None,
    "time_zone": None,
    "last_trade_at": None,
    "contract_month": None,
    "real_expiration_date": None,
    "long_name": None,
    "venues": (),
    "security_ids": (),
}
"""What a row that does not state a field makes of it."""

OTHERWISE: dict[str, Any] = {
    "multiplier": Decimal(5),
    "min_tick": Decimal("0.25"),
    "long_name": "DAX 40",
    "local_symbol": "FDAX",
    "venues": (Venue(exchange="EUREX", market_rule_id=7),),
    "last_trade_date": date(2027, 6, 1),
}
"""What a row may say instead."""

ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What a source gives one night, so many hours by our clock after the one before.

    Attributes:
        places: by conId the class of the product that a contract stands under, or `ABSENT`.
        values: by conId what its row says otherwise, or leaves out.
        gone: the absent ones that the source does not know by their conId.
    """

    hours: int
    is_file: bool
    places: dict[int, str]
    values: dict[int, dict[str, Any]]
    gone: frozenset[int]


@st.composite
def nights(draw: st.DrawFn) -> Night:
    places = {
        con_id: draw(st.sampled_from(["FDAX", "FDAX", "FDAX", "FDXM", ABSENT]))
        for con_id in CON_IDS
    }
    if "FDAX" not in places.values():
        places[CON_IDS[-1]] = "FDAX"
    values: dict[int, dict[str, Any]] = {}
    for con_id in CON_IDS:
        silent = draw(st.sets(st.sampled_from(sorted(SILENT)), max_size=3))
        other = draw(st.sets(st.sampled_from(sorted(OTHERWISE)), max_size=1))
        values[con_id] = {name: SILENT[name] for name in silent}
        values[con_id] |= {name: OTHERWISE[name] for name in other}
        if "last_trade_date" in other:  # a row that states both states one moment
            values[con_id]["last_trade_at"] = None
    absent = [con_id for con_id, place in places.items() if place == ABSENT]
    return Night(
        hours=draw(st.sampled_from([-30, -1, 0, 1, 19, 20, 24, 48])),
        is_file=draw(st.sampled_from([False, False, False, True])),
        places=places,
        values=values,
        gone=frozenset(draw(st.sets(st.sampled_from(absent)))) if absent else frozenset(),
    )


def acquired_on(night: Night, at: datetime) -> AcquiredFuture[Future]:
    def product(base: Future) -> Future:
        chain = tuple(
            dataclasses.replace(
                contract, trading_class=base.trading_class, **night.values[contract.con_id]
            )
            for contract in DAX.contracts
            if night.places[contract.con_id] == base.trading_class
        )
        origin = Origin.FILE if night.is_file else Origin.IBKR
        return dataclasses.replace(base, contracts=chain, origin=origin, synced_at=at)

    other = product(MINI)
    return AcquiredFuture(
        product=product(DAX),
        others=(other,) if other.contracts and not night.is_file else (),
        scope=None if night.is_file else FutureQuery(symbol="DAX", exchange="EUREX"),
        gone=frozenset() if night.is_file else night.gone,
    )


@dataclass(slots=True)
class Absences:
    """Since when, by our clock, a source has known a contract no more; a model of the rule."""

    since: dict[int, datetime] = field(default_factory=dict)

    def may_be_delisted(self, con_id: int, now: datetime) -> bool:
        since = self.since.get(con_id)
        return since is not None and now - since >= timedelta(hours=20)

    def note(self, night: Night, now: datetime) -> None:
        for con_id, place in night.places.items():
            if place != ABSENT:
                self.since.pop(con_id, None)
            elif con_id in night.gone and self.since.get(con_id, now) >= now:
                self.since[con_id] = now


class Story:
    """A database, and what is known of the nights that made it."""

    def __init__(self, database: Database) -> None:
        self.clock = FakeClock(FIRST)
        self.local: LocalFutureRepository[Future] = repository(database, self.clock)
        self.history = LocalHistory(database)
        self.absences = Absences()
        self.runs: list[tuple[datetime, dict[ProductKey, Future]]] = []

    def live_through(self, night: Night) -> None:
        self.clock.advance(hours=night.hours)
        before, now = self.stored(), self.clock.now
        acquired = acquired_on(night, now)
        with self.local.sync_run(acquired.product.origin) as run:
            try:
                self.local.get_or_create_entity(
                    acquired, query_for(DAX), SyncPolicy(allow_shrink=True), run
                )
            except ReplyError:
                assert self.stored() == before
                self.runs.append((run.started_at, before))
                return
        after = self.stored()
        self.runs.append((run.started_at, after))
        if not night.is_file or after != before:  # a file of equal age changes nothing
            self.refuse_absent(night, after, is_file=night.is_file)
        refuse_loss(before, after)
        self.refuse_rash_delisting(before, after)
        if not night.is_file:
            self.absences.note(night, now)

    def stored(self) -> dict[ProductKey, Future]:
        return {product.key: product for product in self.local.find_named(["DAX"])}

    def refuse_absent(
        self, night: Night, products: dict[ProductKey, Future], *, is_file: bool
    ) -> None:
        """Fail if a contract that was shown is held for missing, or is where it was not shown."""
        for key, contract in contracts_of(products):
            shown = night.places[contract.con_id]
            if shown == ABSENT or (is_file and shown != key.trading_class):
                continue
            assert contract.state(self.clock.now) in (ContractState.ACTIVE, ContractState.EXPIRED)
            assert key.trading_class == shown

    def refuse_rash_delisting(
        self, before: dict[ProductKey, Future], after: dict[ProductKey, Future]
    ) -> None:
        """Fail if a contract was delisted that was not gone twice, far enough apart."""
        known = {contract.con_id: contract for _, contract in contracts_of(before)}
        for _, contract in contracts_of(after):
            if is_delisted(contract) and not is_delisted(known[contract.con_id]):
                assert self.absences.may_be_delisted(contract.con_id, self.clock.now)

    def refuse_other_past(self) -> None:
        """Fail unless every past is as it was stored: at each instant what the newest run left."""
        for started_at, _ in self.runs:
            begun = [number for number, run in enumerate(self.runs) if run[0] <= started_at]
            for key, then in self.runs[begun[-1]][1].items():
                past = product_as_of(self.history.of_product(key), started_at)
                assert past is not None
                assert known_of(past, started_at) == known_of(then, started_at)


def contracts_of(
    products: dict[ProductKey, Future],
) -> Iterator[tuple[ProductKey, FuturesContract]]:
    for key, product in products.items():
        yield from ((key, contract) for contract in product.contracts)


def is_delisted(contract: FuturesContract) -> bool:
    return contract.listing is not None and contract.listing.delisted_at is not None


def refuse_loss(before: dict[ProductKey, Future], after: dict[ProductKey, Future]) -> None:
    """Fail if a contract is no more, or if a known value of it became unknown.

    The instant of the last trade is of its date, and goes when that moved without one.
    """
    now = {contract.con_id: contract for _, contract in contracts_of(after)}
    for _, old in contracts_of(before):
        new = now[old.con_id]
        for name in SILENT:
            if name == "last_trade_at" and old.last_trade_date != new.last_trade_date:
                continue
            if getattr(old, name) not in (None, ()):
                assert getattr(new, name) not in (None, ()), (old.con_id, name)


def known_of(product: Future, at: datetime) -> dict[Any, Any]:
    """All that has a history, remarks and states included."""
    own = {name: getattr(product, name) for name in TRACKED_OF_PRODUCT}
    return own | {
        contract.con_id: (
            contract.state(at),
            *(getattr(contract, name) for name in TRACKED_OF_CONTRACT),
        )
        for contract in product.contracts
    }


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.faults)],
)
def location(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ":memory:"
    return str(request.getfixturevalue("postgres_url"))


@settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=st.lists(nights(), min_size=2, max_size=8))
def test_no_night_makes_up_evidence(location: str, story: list[Night]) -> None:
    with Database(location) as database:
        message = Story(emptied(database))
        for night in story:
            message.live_through(night)
        message.refuse_other_past()
