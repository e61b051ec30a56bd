"""What every repository of futures products promises.

The local repository's tests inherit `FuturePortContract`, those of a source with the local
repository `SourceContract`, and override the fixture `source_with`; where a source can't hold
the example products as they are, they override those fixtures too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

import pytest

from contracts import examples
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import CommodityFuture, Future, IndexFuture
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    AssetClassMismatchError,
    ProductNotFoundError,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.futures import FuturePort
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.infrastructure.repositories.delegating import DelegatingFutureRepository

SourceWith: TypeAlias = Callable[..., FuturePort[Future]]
DelegatingTo: TypeAlias = Callable[..., DelegatingFutureRepository[Future]]

NOW_PLEASE = SyncPolicy()
DRY_RUN = SyncPolicy(dry_run=True)
UNLESS_FRESH = SyncPolicy(max_age=timedelta(days=1))
DRY_RUN_UNLESS_FRESH = dataclasses.replace(UNLESS_FRESH, dry_run=True)
UNKNOWN = FutureQuery(symbol="NOSUCH")


def query_for(product: Future) -> FutureQuery:
    """The query that means this product and no other."""
    return FutureQuery(
        symbol=product.symbol, exchange=product.exchange, trading_class=product.trading_class
    )


def by_symbol(product: Future) -> FutureQuery:
    """The query that a person who knows only the symbol makes."""
    return FutureQuery(symbol=product.symbol)


def as_given(found: Future, given: Future) -> Future:
    """The product as found, but for what a source says of itself: its name and the time."""
    return dataclasses.replace(found, origin=given.origin, synced_at=given.synced_at)


class FuturePortContract:
    """The promises of `FuturePort`; inherit and override `source_with`."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def source_with(self, clock: FakeClock) -> SourceWith:
        """Make a port whose source holds exactly these products.

        Called as `source_with(products, entity=Future)`; `entity` is what the port covers.
        """
        raise NotImplementedError

    @pytest.fixture
    def product(self) -> Future:
        """An index future."""
        return examples.ES

    @pytest.fixture
    def other_product(self) -> Future:
        """A commodity future."""
        return examples.CRUDE_OIL

    @pytest.fixture
    def twins(self) -> tuple[Future, Future]:
        """Two products of one symbol that their trading class tells apart."""
        return examples.DAX, examples.DAX_MINI

    def test_gives_the_very_product_that_the_source_holds(
        self, source_with: SourceWith, product: Future, other_product: Future
    ) -> None:
        port = source_with([product, other_product])
        update = port.get_or_create(by_symbol(product), NOW_PLEASE)
        assert type(update.product) is type(product)
        assert as_given(update.product, product) == product
        assert update.applied

    def test_gives_the_chain_in_order_of_last_trade_date(
        self, source_with: SourceWith, product: Future
    ) -> None:
        shuffled = dataclasses.replace(product, contracts=product.contracts[::-1])
        update = source_with([shuffled]).get_or_create(by_symbol(product), NOW_PLEASE)
        assert update.product.contracts == product.contracts

    def test_keeps_what_it_brought_up_to_date(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product])
        update = port.get_or_create(by_symbol(product), NOW_PLEASE)
        assert port.get_by_symbol(by_symbol(product)) == update.product

    def test_answers_the_same_when_asked_twice(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product])
        first = port.get_or_create(by_symbol(product), NOW_PLEASE)
        second = port.get_or_create(by_symbol(product), NOW_PLEASE)
        assert second.product == first.product
        assert second.diff is None or second.diff.is_empty

    def test_says_whether_a_product_was_stored_before(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product])
        was_stored = product.key in {other.key for other in port.list_products()}
        policies = (DRY_RUN, NOW_PLEASE, NOW_PLEASE, UNLESS_FRESH, DRY_RUN)
        updates = [port.get_or_create(by_symbol(product), policy) for policy in policies]
        assert [update.is_new for update in updates] == [not was_stored] * 2 + [False] * 3

    def test_says_that_a_product_is_not_found(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product])
        with pytest.raises(ProductNotFoundError) as created:
            port.get_or_create(UNKNOWN, NOW_PLEASE)
        with pytest.raises(ProductNotFoundError) as shown:
            port.get_by_symbol(UNKNOWN)
        assert created.value.symbol == shown.value.symbol == UNKNOWN.symbol

    def test_names_the_candidates_instead_of_picking_one(
        self, source_with: SourceWith, twins: tuple[Future, Future]
    ) -> None:
        port = source_with(twins)
        with pytest.raises(AmbiguousProductError) as caught:
            port.get_or_create(by_symbol(twins[0]), NOW_PLEASE)
        candidates = {other.key: other for other in caught.value.candidates}
        assert candidates.keys() == {twin.key for twin in twins}
        for twin in twins:
            candidate = candidates[twin.key]
            assert candidate.currency == twin.currency
            assert candidate.multiplier == twin.multiplier
            assert candidate.next_expiry == twin.contracts[0].last_trade_date
            assert candidate.contract_count == len(twin.contracts)

    def test_finds_a_product_by_the_con_id_of_one_of_its_contracts(
        self, source_with: SourceWith, twins: tuple[Future, Future]
    ) -> None:
        port = source_with(twins)
        for twin in twins:
            con_id = twin.contracts[-1].con_id
            query = FutureQuery(symbol=str(con_id), con_id=con_id)
            update = port.get_or_create(query, NOW_PLEASE)
            assert as_given(update.product, twin) == twin
            assert port.get_by_symbol(query) == update.product

    def test_says_that_a_con_id_is_not_found(
        self, source_with: SourceWith, product: Future
    ) -> None:
        unknown = FutureQuery(symbol="2147483646", con_id=2147483646)
        with pytest.raises(ProductNotFoundError) as caught:
            source_with([product]).get_or_create(unknown, NOW_PLEASE)
        assert caught.value.symbol == unknown.symbol

    def test_a_con_id_does_not_find_a_product_that_the_query_excludes(
        self, source_with: SourceWith, product: Future
    ) -> None:
        con_id = product.contracts[0].con_id
        query = FutureQuery(symbol=str(con_id), con_id=con_id, exchange="NOSUCH")
        with pytest.raises(ProductNotFoundError):
            source_with([product]).get_or_create(query, NOW_PLEASE)

    def test_gives_one_of_several_when_the_query_says_them_apart(
        self, source_with: SourceWith, twins: tuple[Future, Future]
    ) -> None:
        port = source_with(twins)
        for twin in twins:
            update = port.get_or_create(query_for(twin), NOW_PLEASE)
            assert as_given(update.product, twin) == twin

    def test_gives_one_of_several_by_the_size_of_its_contracts(
        self, source_with: SourceWith, twins: tuple[Future, Future]
    ) -> None:
        port = source_with(twins)
        for twin in twins:
            query = dataclasses.replace(by_symbol(twin), multiplier=twin.multiplier)
            update = port.get_or_create(query, NOW_PLEASE)
            assert as_given(update.product, twin) == twin

    @pytest.mark.parametrize(
        "narrowed",
        [{"exchange": "NOSUCH"}, {"currency": "XXX"}, {"multiplier": Decimal("0.123")}],
    )
    def test_a_query_that_contradicts_the_product_does_not_find_it(
        self, source_with: SourceWith, product: Future, narrowed: dict[str, object]
    ) -> None:
        port = source_with([product])
        with pytest.raises(ProductNotFoundError):
            port.get_or_create(
                dataclasses.replace(by_symbol(product), **narrowed),  # type: ignore[arg-type]
                NOW_PLEASE,
            )

    def test_refuses_a_product_of_another_asset_class(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product], entity=CommodityFuture)
        with pytest.raises(AssetClassMismatchError) as caught:
            port.get_or_create(by_symbol(product), NOW_PLEASE)
        assert caught.value.found is product.asset_class

    def test_gives_a_product_of_the_asset_class_it_covers(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product], entity=IndexFuture)
        update = port.get_or_create(by_symbol(product), NOW_PLEASE)
        assert as_given(update.product, product) == product

    def test_a_dry_run_shows_the_product_and_stores_nothing(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product])
        before = port.list_products()
        update = port.get_or_create(by_symbol(product), DRY_RUN)
        assert as_given(update.product, product) == product
        assert not update.applied
        assert port.list_products() == before

    def test_streams_one_outcome_per_query_and_goes_on_after_a_failure(
        self, source_with: SourceWith, product: Future, other_product: Future
    ) -> None:
        port = source_with([product, other_product])
        queries = [by_symbol(product), UNKNOWN, by_symbol(other_product)]
        outcomes = list(port.get_or_create_many(queries, NOW_PLEASE))
        by_query = {outcome.query: outcome for outcome in outcomes}
        assert len(outcomes) == len(queries)
        for given in (product, other_product):
            update = by_query[by_symbol(given)]
            assert isinstance(update, FutureUpdate)
            assert as_given(update.product, given) == given
        failure = by_query[UNKNOWN]
        assert isinstance(failure, FutureFailure)
        assert isinstance(failure.error, ProductNotFoundError)

    def test_what_was_not_asked_for_is_applied_unless_it_is_a_dry_run(
        self, source_with: SourceWith, product: Future
    ) -> None:
        port = source_with([product])
        stored = port.get_or_create(by_symbol(product), NOW_PLEASE).product
        for policy in (UNLESS_FRESH, DRY_RUN_UNLESS_FRESH):
            update = port.get_or_create(by_symbol(product), policy)
            assert (update.product, update.diff, update.remarks) == (stored, None, ())
            assert update.applied is not policy.dry_run

    @pytest.mark.parametrize("policy", [UNLESS_FRESH, DRY_RUN_UNLESS_FRESH])
    def test_what_is_stored_twice_is_one_failure_among_outcomes(
        self,
        source_with: SourceWith,
        product: Future,
        twins: tuple[Future, Future],
        policy: SyncPolicy,
    ) -> None:
        port = source_with([product, *twins])
        given = [product, *twins]
        assert len(list(port.get_or_create_many(map(query_for, given), NOW_PLEASE))) == len(given)
        queries = [by_symbol(twins[0]), by_symbol(product)]
        failure, update = port.get_or_create_many(queries, policy)
        assert isinstance(failure, FutureFailure)
        assert isinstance(failure.error, AmbiguousProductError)
        assert isinstance(update, FutureUpdate)

    def test_streams_nothing_when_asked_for_nothing(self, source_with: SourceWith) -> None:
        assert list(source_with([]).get_or_create_many([], NOW_PLEASE)) == []

    def test_lists_what_is_stored_by_symbol(
        self,
        source_with: SourceWith,
        product: Future,
        other_product: Future,
        clock: FakeClock,
    ) -> None:
        port = source_with([product, other_product])
        outcomes = port.get_or_create_many(map(by_symbol, (product, other_product)), NOW_PLEASE)
        updates = {outcome.query.symbol: outcome for outcome in outcomes}
        summaries = port.list_products()
        in_order = sorted((product, other_product), key=lambda item: item.key)
        assert [other.key for other in summaries] == [other.key for other in in_order]
        for summary, given in zip(summaries, in_order, strict=True):
            update = updates[given.symbol]
            assert isinstance(update, FutureUpdate)
            assert summary.asset_class is given.asset_class
            assert summary.category == given.category
            assert summary.currency == given.currency
            assert summary.name == given.name
            assert summary.listed == len(given.unexpired(clock.now))
            assert summary.next_expiry == given.unexpired(clock.now)[0].last_trade_date
            assert summary.origin is update.product.origin
            assert summary.synced_at == update.product.synced_at

    def test_lists_only_the_asset_class_it_covers(
        self, source_with: SourceWith, product: Future, other_product: Future
    ) -> None:
        port = source_with([product, other_product], entity=IndexFuture)
        port.get_or_create(by_symbol(product), NOW_PLEASE)
        assert [other.key for other in port.list_products()] == [product.key]


class SourceContract(FuturePortContract):
    """The promises of a source with the local repository; inherit and override `source_with`."""

    @pytest.fixture
    def source_with(self, clock: FakeClock) -> DelegatingTo:
        """Make a repository whose source holds exactly these products (see the base)."""
        raise NotImplementedError

    @pytest.mark.parametrize("kind", [RunKind.GET, RunKind.REFRESH])
    def test_reports_its_run_once_before_anything_else(
        self, source_with: DelegatingTo, product: Future, other_product: Future, kind: RunKind
    ) -> None:
        port = source_with([product, other_product])
        runs: list[SyncRun] = []
        queries = [by_symbol(product), UNKNOWN, by_symbol(other_product)]
        outcomes = port.get_or_create_many(queries, SyncPolicy(kind=kind), on_run=runs.append)
        next(outcomes)
        assert [(run.origin, run.kind) for run in runs] == [(port.source.origin, kind)]
        assert len(list(outcomes)) == len(queries) - 1
        assert len(runs) == 1

    def test_opens_no_run_for_a_dry_run_or_when_nothing_is_due(
        self, source_with: DelegatingTo, product: Future
    ) -> None:
        port = source_with([product])
        runs: list[SyncRun] = []

        def get(policy: SyncPolicy, *queries: FutureQuery) -> None:
            assert len(list(port.get_or_create_many(queries, policy, on_run=runs.append))) == len(
                queries
            )

        get(DRY_RUN, by_symbol(product), UNKNOWN)
        get(NOW_PLEASE)
        assert runs == []
        get(NOW_PLEASE, by_symbol(product))
        get(UNLESS_FRESH, by_symbol(product))
        get(DRY_RUN_UNLESS_FRESH, by_symbol(product))
        assert len(runs) == 1

    @pytest.mark.parametrize("policy", [NOW_PLEASE, DRY_RUN])
    def test_what_it_lacks_is_not_found_in_the_source_by_name(
        self, source_with: DelegatingTo, product: Future, policy: SyncPolicy
    ) -> None:
        port = source_with([product])
        lacking = [FutureQuery(symbol=text) for text in ("NOSUCH", "NO\0SUCH", "N" * 65, "\u0416")]
        queries = [*lacking, by_symbol(product)]
        by_query = {update.query: update for update in port.get_or_create_many(queries, policy)}
        for query in lacking:
            failure = by_query[query]
            assert isinstance(failure, FutureFailure)
            assert isinstance(failure.error, ProductNotFoundError)
            assert (failure.error.symbol, failure.error.place) == (query.symbol, port.source.name)
            assert failure.error.asked is port.source.origin
        assert isinstance(by_query[by_symbol(product)], FutureUpdate)

    def test_a_product_that_is_too_old_is_asked_for(
        self, source_with: DelegatingTo, product: Future, clock: FakeClock
    ) -> None:
        port = source_with([product])
        port.get_or_create(by_symbol(product), NOW_PLEASE)
        clock.advance(days=2)
        assert port.get_or_create(by_symbol(product), UNLESS_FRESH).diff is not None

    def test_an_outcome_is_stored_before_the_next_one_is_due(
        self, source_with: DelegatingTo, product: Future, other_product: Future
    ) -> None:
        port = source_with([product, other_product])
        queries = [by_symbol(product), by_symbol(other_product)]
        outcomes = port.get_or_create_many(queries, NOW_PLEASE)
        for count, outcome in enumerate(outcomes, start=1):
            assert isinstance(outcome, FutureUpdate)
            assert len(port.list_products()) == count
