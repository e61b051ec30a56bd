"""A vendor writes how its products are acquired; delegation does the rest."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from contracts.examples import CRUDE_OIL, ES
from contracts.future_port import DRY_RUN, NOW_PLEASE, UNKNOWN, DelegatingTo, SourceContract
from contracts.future_port import by_symbol as asking_for
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import (
    GatewayUnreachableError,
    ProductLookupError,
    ReplyTimeoutError,
    ShrinkRefusedError,
    SourceFileError,
    UnreachableReason,
)
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, AcquiredLadders
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition, FutureSource, KnownFutures
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.domain.selection.product_choice import choose_product
from ibkr_sync.infrastructure.repositories.delegating import DelegatingFutureRepository

Local = InMemoryFutureRepository[Future]


class Vendor(FutureSource[Future]):
    name = "the vendor"
    origin = Origin.FILE

    def __init__(
        self, products: Iterable[Future], entity: type[Future], clock: Callable[[], datetime]
    ) -> None:
        self._products, self._entity, self._clock = tuple(products), entity, clock

    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[Future]]:
        del policy, known
        for query in queries:
            given = [other for other in self._products if query.matches(other)]
            now = self._clock()
            try:
                chosen = choose_product(query, given, self._entity, place=self.name, now=now)
            except ProductLookupError as error:
                yield query, error
            else:
                product = dataclasses.replace(chosen, origin=self.origin, synced_at=now)
                yield query, AcquiredFuture(product=product)


class TestVendor(SourceContract):
    """A source of twenty lines keeps the promises of every source."""

    @pytest.fixture
    def source_with(self, clock: FakeClock) -> DelegatingTo:
        def make(
            products: Iterable[Future], entity: type[Future] = Future
        ) -> DelegatingFutureRepository[Future]:
            local = InMemoryFutureRepository(entity, clock)
            return DelegatingFutureRepository(Vendor(products, entity, clock), local, clock)

        return make


class Scripted(FutureSource[Future]):
    """Gives what a test says, and raises it where it is to end the run."""

    name = "the script"
    origin = Origin.IBKR

    def __init__(
        self, *given: AcquiredFuture[Future] | Exception, has_ladders: bool = False
    ) -> None:
        self._given = given
        self._has_ladders = has_ladders
        self.asked_for: list[int] = []

    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[Future]]:
        del policy
        for query, given in zip(queries, self._given, strict=True):
            if isinstance(given, GatewayUnreachableError):
                raise given
            yield query, given  # type: ignore[misc]  # the others are domain errors
        self.asked_for += known.due_market_rules()
        if self._has_ladders:
            yield AcquiredLadders(rules=tuple(map(ladder, self.asked_for or [1])))


class OneThatIsUseless(Scripted):
    """Knows before it gives anything that it can give nothing."""

    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[Future]]:
        del queries, policy, known
        raise SourceFileError(self.name, None, "is gone")


def ladder(rule_id: int) -> MarketRule:
    step = PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.25"))
    return MarketRule(market_rule_id=rule_id, increments=(step,))


def acquired(
    product: Future, *, rule: int | None = None, remark: str = ""
) -> AcquiredFuture[Future]:
    """The product as acquired, all of its contracts on one ladder."""
    chain = (
        dataclasses.replace(
            contract,
            venues=(dataclasses.replace(contract.venues[0], market_rule_id=rule),),
        )
        for contract in product.contracts
    )
    product = dataclasses.replace(product, contracts=tuple(chain))
    return AcquiredFuture(product=product, remarks=(remark,) if remark else ())


@pytest.fixture
def local() -> Local:
    return InMemoryFutureRepository(Future, FakeClock())


def run(
    local: Local, source: FutureSource[Future], policy: SyncPolicy, *queries: FutureQuery
) -> list[FutureUpdate[Future] | FutureFailure]:
    repository = DelegatingFutureRepository(source, local, FakeClock())
    return list(repository.get_or_create_many(queries, policy))


ASK_BOTH = (asking_for(ES), asking_for(CRUDE_OIL))
UNREACHABLE = GatewayUnreachableError("host", 4002, UnreachableReason.REFUSED, "gone")


def test_what_a_query_came_to_is_recorded_in_the_run(local: Local) -> None:
    source = Scripted(acquired(ES), ReplyTimeoutError("late"))
    stored, failed = run(local, source, NOW_PLEASE, asking_for(ES), UNKNOWN)
    assert isinstance(stored, FutureUpdate)
    assert isinstance(failed, FutureFailure)
    (recorded,) = local.runs
    assert (recorded.run.origin, recorded.outcome) == (Origin.IBKR, "partial")
    assert recorded.outcomes == [("ES", "created", None), ("NOSUCH", "failed", "ReplyTimeoutError")]


def test_what_the_local_repository_refuses_is_a_failure_too(local: Local) -> None:
    run(local, Scripted(acquired(ES)), NOW_PLEASE, asking_for(ES))
    shrunken = dataclasses.replace(ES, contracts=ES.contracts[:1])
    (refused,) = run(local, Scripted(acquired(shrunken)), NOW_PLEASE, asking_for(ES))
    assert isinstance(refused, FutureFailure)
    assert isinstance(refused.error, ShrinkRefusedError)
    assert local.runs[1].outcomes == [("ES", "failed", "ShrinkRefusedError")]


def test_a_failure_holds_nothing_of_the_reply_that_was_refused(local: Local) -> None:
    run(local, Scripted(acquired(ES)), NOW_PLEASE, asking_for(ES))
    shrunken = Scripted(acquired(dataclasses.replace(ES, contracts=ES.contracts[:1])))
    (refused,) = run(local, shrunken, NOW_PLEASE, asking_for(ES))
    assert isinstance(refused, FutureFailure)
    assert list(traceback.walk_tb(refused.error.__traceback__)) == []


@pytest.mark.parametrize("policy", [NOW_PLEASE, DRY_RUN])
def test_what_a_source_remarks_reaches_the_user(local: Local, policy: SyncPolicy) -> None:
    (update,) = run(local, Scripted(acquired(ES, remark="odd")), policy, asking_for(ES))
    assert isinstance(update, FutureUpdate)
    assert update.remarks == ("odd",)


def test_what_ends_a_run_leaves_what_was_stored_before_and_fails_the_rest(local: Local) -> None:
    source = Scripted(acquired(ES), UNREACHABLE, acquired(ES))
    with pytest.raises(GatewayUnreachableError):
        run(local, source, NOW_PLEASE, *ASK_BOTH, UNKNOWN)
    assert list(local.products) == [ES.key]
    (recorded,) = local.runs
    assert recorded.outcome == "failed"
    assert recorded.outcomes == [
        ("ES", "created", None),
        *((name, "failed", "GatewayUnreachableError") for name in ("CL", "NOSUCH")),
    ]


def test_a_source_that_is_useless_from_the_start_opens_no_run(local: Local) -> None:
    with pytest.raises(SourceFileError):
        run(local, OneThatIsUseless(), NOW_PLEASE, asking_for(ES))
    assert local.runs == []


def test_only_ladders_of_stored_products_are_due(local: Local) -> None:
    run(local, Scripted(acquired(ES, rule=1)), NOW_PLEASE, asking_for(ES))
    shrunken = acquired(dataclasses.replace(ES, contracts=ES.contracts[:1]), rule=2)
    source = Scripted(shrunken, acquired(CRUDE_OIL, rule=3), has_ladders=True)
    run(local, source, NOW_PLEASE, *ASK_BOTH)
    assert source.asked_for == [3]
    assert local.market_rules == {3: ladder(3)}


@pytest.mark.parametrize(
    ("kind", "due"),
    [(RunKind.GET, [9]), (RunKind.REFRESH, [9, 3]), (RunKind.NAMED_REFRESH, [9, 3])],
)
def test_a_refresh_asks_again_for_ladders_after_those_not_stored_yet(
    local: Local, kind: RunKind, due: list[int]
) -> None:
    local.store_market_rules([ladder(3), ladder(4)])
    source = Scripted(acquired(ES, rule=9), acquired(CRUDE_OIL, rule=3))
    run(local, source, SyncPolicy(kind=kind), *ASK_BOTH)
    assert source.asked_for == due


def test_so_many_ladders_are_asked_for_and_no_more(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibkr_sync.infrastructure.repositories.stored_in_run.MAX_LADDERS", 1)
    source = Scripted(acquired(ES, rule=9), acquired(CRUDE_OIL, rule=3))
    run(local, source, NOW_PLEASE, *ASK_BOTH)
    assert source.asked_for == [9]


def test_a_dry_run_keeps_no_ladder(local: Local) -> None:
    source = Scripted(acquired(ES, rule=3), has_ladders=True)
    run(local, source, DRY_RUN, asking_for(ES))
    assert (source.asked_for, local.market_rules) == ([], {})
