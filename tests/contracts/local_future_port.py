"""What every local repository promises beyond `FuturePort`.

A repository's own tests inherit `LocalFuturePortContract` and override `stored_in` and `ledger`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol, TypeAlias

import pytest

from contracts import examples
from contracts.future_port import (
    DRY_RUN,
    NOW_PLEASE,
    UNKNOWN,
    FuturePortContract,
    SourceWith,
    by_symbol,
    query_for,
)
from example_products import everything
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractSeries,
    ContractState,
    FuturesContract,
)
from ibkr_sync.domain.entities.futures import (
    ASSET_TYPES,
    AssetClass,
    ChainExtent,
    CommodityFuture,
    Future,
    IndexFuture,
    Origin,
    ProductKey,
    UnclassifiedFuture,
    Underlying,
)
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import (
    AlreadyRunningError,
    AmbiguousProductError,
    AssetClassMismatchError,
    IbkrSyncError,
    InvalidReplyError,
    OutdatedDataError,
    ProductNotFoundError,
    ReplyTimeoutError,
    SampleDataError,
    ShrinkRefusedError,
)
from ibkr_sync.domain.evidence.acquired_future import AbsentFuture, AcquiredFuture, Evidence
from ibkr_sync.domain.evidence.chain_diff import ChainDiff, FieldChange
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.runs.contract_counts import ContractCounts, counts_of
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate, UnreadFuture
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from one_case import one_case

StoredIn: TypeAlias = Callable[[type[Future]], LocalFuturePort[Future]]

ALLOW_SHRINK = SyncPolicy(allow_shrink=True)
A_DAY = timedelta(days=1)


class Ledger(Protocol):
    """What a local repository keeps beyond its products, as the suite looks at it."""

    def history(self) -> list[FieldChange]:
        """Every change kept, oldest first."""

    def replies(self) -> list[tuple[bytes, ...]]:
        """The frames of every raw reply kept, oldest first."""

    def runs(self) -> list[tuple[Origin, str, bool]]:
        """Origin, outcome and whether it has an end, of every run, oldest first."""

    def outcomes(self) -> list[tuple[str, str, str | None]]:
        """Symbol, outcome and name of the error, of every product of every run."""

    def blamed(self) -> list[ProductKey | None]:
        """The stored product that each outcome is recorded of, of every product of every run."""

    def ladders(self) -> dict[int, MarketRule]:
        """The tick ladders that apply, by id."""


def acquired_of(
    product: Future,
    evidence: Evidence | None = None,
    *,
    gone: frozenset[int] = examples.EVERY_CON_ID,
    others: tuple[Future, ...] = (),
) -> AcquiredFuture[Future]:
    """A complete reply to a question about the product's symbol."""
    return AcquiredFuture(
        product=product,
        others=others,
        scope=FutureQuery(symbol=product.symbol),
        gone=gone,
        evidence=evidence,
    )


def without(product: Future, *con_ids: int) -> Future:
    """The product as a reply that lacks these contracts tells it."""
    left = tuple(contract for contract in product.contracts if contract.con_id not in con_ids)
    return dataclasses.replace(product, contracts=left)


def changed_contract(product: Future, **changes: object) -> Future:
    """The product with its first contract changed."""
    first, *others = product.contracts
    changed = dataclasses.replace(first, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(product, contracts=(changed, *others))


def odd(field: str, contract: str | None = None) -> Remark:
    """A field that can't be read, of a row that makes no contract where one is named."""
    return Remark(
        kind=RemarkKind.ODD_ROW, field=field, value="'?'", reason="can't be read", contract=contract
    )


def under_another_name(product: Future, **names: str) -> Future:
    """The product as IBKR would call it by another symbol, exchange or trading class."""
    chain = tuple(dataclasses.replace(contract, **names) for contract in product.contracts)  # type: ignore[arg-type]
    return dataclasses.replace(product, **names, contracts=chain)  # type: ignore[arg-type]


class LocalFuturePortContract(FuturePortContract):
    """The promises of `LocalFuturePort`; inherit and override `stored_in` and `ledger`."""

    @pytest.fixture
    def catalogue(self) -> FakeCatalogue:
        return FakeCatalogue()

    @pytest.fixture
    def stored_in(self, clock: FakeClock, catalogue: FakeCatalogue) -> StoredIn:
        """Make a repository for an entity; all made in one test share one storage."""
        raise NotImplementedError

    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError

    @pytest.fixture
    def local(self, stored_in: StoredIn) -> LocalFuturePort[Future]:
        return stored_in(Future)

    @pytest.fixture
    def source_with(self, stored_in: StoredIn) -> SourceWith:
        def build(products: Iterable[Future], entity: type[Future] = Future) -> FuturePort[Future]:
            local = stored_in(Future)
            for product in products:
                self.store(local, product)
            return stored_in(entity)

        return build

    def store(
        self,
        local: LocalFuturePort[Future],
        product: Future,
        policy: SyncPolicy = NOW_PLEASE,
        evidence: Evidence | None = None,
        *,
        gone: frozenset[int] = examples.EVERY_CON_ID,
        others: tuple[Future, ...] = (),
    ) -> FutureUpdate[Future]:
        """Store a complete reply in a run of its own."""
        acquired = acquired_of(product, evidence, gone=gone, others=others)
        with local.sync_run(product.origin) as run:
            return local.get_or_create_entity(acquired, query_for(product), policy, run)

    def stored(self, local: LocalFuturePort[Future], product: Future) -> Future:
        return local.get_by_symbol(query_for(product))

    # --- a product that its source no longer knows

    def test_an_absence_is_recorded_with_its_failure_and_closes_what_has_no_living_contract(
        self,
        local: LocalFuturePort[Future],
        stored_in: StoredIn,
        ledger: Ledger,
        product: Future,
        clock: FakeClock,
    ) -> None:
        self.store(local, product)
        error = ProductNotFoundError(product.symbol, "the source")
        gone = frozenset(contract.con_id for contract in product.contracts)
        absent = AbsentFuture(key=product.key, gone=gone, error=error)
        states, counts = [], []
        for _ in range(2):
            clock.advance(days=1)
            before = self.stored(stored_in(Future), product)
            planned = local.plan_absence(absent, by_symbol(product))
            assert self.stored(stored_in(Future), product) == before
            with local.sync_run(Origin.IBKR) as run:
                failure = local.record_absence(absent, by_symbol(product), run)
            assert planned == failure
            counts.append(counts_of(failure.diff or ChainDiff()))
            found = self.stored(stored_in(Future), product)
            states.append({contract.state(clock.now) for contract in found.contracts})
        assert states == [{ContractState.MISSING}, {ContractState.DELISTED}]
        assert counts == [ContractCounts(missing=len(gone)), ContractCounts(delisted=len(gone))]
        assert (found.absent_since, found.closed_at) == (clock.now - A_DAY, clock.now)
        assert ledger.outcomes()[1:] == [(product.symbol, "failed", "ProductNotFoundError")] * 2
        assert ledger.blamed()[-1] == product.key
        closed = [change.old for change in ledger.history() if change.field == "closed_at"]
        assert closed == [None]
        assert [other.is_closed for other in local.list_products()] == [True]
        clock.advance(days=-1)  # set back: what a clock ahead closed is asked for again
        assert [other.is_closed for other in local.list_products()] == [False]
        clock.advance(days=2)
        self.store(local, product)
        opened = self.stored(stored_in(Future), product)
        assert (opened.absent_since, opened.closed_at) == (None, None)
        assert {contract.state(clock.now) for contract in opened.contracts} == {
            ContractState.ACTIVE
        }

    def test_the_absence_of_what_is_not_stored_is_a_failure_alone(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future
    ) -> None:
        error = ProductNotFoundError(product.symbol, "the source")
        absent = AbsentFuture(key=product.key, gone=frozenset(), error=error)
        assert local.plan_absence(absent, by_symbol(product)).diff is None
        with local.sync_run(Origin.IBKR) as run:
            assert local.record_absence(absent, by_symbol(product), run).diff is None
        assert ledger.outcomes() == [(product.symbol, "failed", "ProductNotFoundError")]
        assert (ledger.blamed(), ledger.history()) == ([None], [])

    # --- storing and reading

    @pytest.mark.parametrize("asset_class", [other.value for other in AssetClass])
    def test_keeps_a_product_of_every_asset_class(
        self, local: LocalFuturePort[Future], product: Future, asset_class: str
    ) -> None:
        entity = ASSET_TYPES[AssetClass(asset_class)]
        fields = {field.name: getattr(product, field.name) for field in dataclasses.fields(product)}
        given = entity(**fields)
        self.store(local, given)
        found = self.stored(local, given)
        assert type(found) is entity
        assert dataclasses.replace(found, synced_at=None) == given

    def test_keeps_a_product_of_which_little_is_known(self, local: LocalFuturePort[Future]) -> None:
        bare = FuturesContract(
            con_id=7,
            symbol="X",
            exchange="Y",
            trading_class="Z",
            currency="USD",
            local_symbol="XZ6",
            last_trade_date=date(2026, 12, 18),
        )
        given = UnclassifiedFuture(
            symbol="X", exchange="Y", trading_class="Z", currency="USD", contracts=(bare,)
        )
        self.store(local, given)
        found = self.stored(local, given)
        assert dataclasses.replace(found, synced_at=None) == given
        assert found.contracts[0].schedule is None

    def test_numbers_come_back_exactly(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        tick = Decimal("0.0000000000000000000000000000000000000012345")
        size = Decimal(12345678901234567890123456789012345678901234567890)
        given = changed_contract(product, min_tick=tick, multiplier=size)
        self.store(local, given)
        first = self.stored(local, given).contracts[0]
        assert (first.min_tick, first.multiplier) == (tick, size)

    def test_text_is_kept_literally(self, local: LocalFuturePort[Future], product: Future) -> None:
        hostile = "'; DROP TABLE products; -- %s :x {} \\ [bold] =cmd|'/C calc'!A0 ü 日本"
        given = changed_contract(product, long_name=hostile, industry="''")
        self.store(local, given)
        assert self.stored(local, given).contracts == given.contracts

    def test_gives_what_a_fresh_look_at_the_database_gives(
        self, local: LocalFuturePort[Future], stored_in: StoredIn, product: Future
    ) -> None:
        update = self.store(local, product)
        assert everything(self.stored(stored_in(Future), product)) == everything(update.product)
        assert update.product.contracts[0].schedule == product.contracts[0].schedule

    def test_a_product_counts_as_synced_when_its_reply_was_complete(
        self, local: LocalFuturePort[Future], product: Future, clock: FakeClock
    ) -> None:
        self.store(local, product)
        assert self.stored(local, product).synced_at == clock.now
        older = clock.now - A_DAY
        self.store(local, dataclasses.replace(product, synced_at=older))
        assert self.stored(local, product).synced_at == older

    def test_no_product_is_stamped_with_the_future(
        self, local: LocalFuturePort[Future], product: Future, clock: FakeClock
    ) -> None:
        self.store(local, dataclasses.replace(product, synced_at=clock.now + A_DAY))
        assert self.stored(local, product).synced_at == clock.now

    def test_reads_nothing_before_anything_is_stored(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        assert local.list_products() == ()
        assert local.known_market_rules() == frozenset()
        with pytest.raises(ProductNotFoundError):
            self.stored(local, product)

    @one_case("word", ["", "a\0b", "a\udcffb", "'; --", "%", "E_", "é" * 10_000])
    def test_words_that_name_nothing_find_nothing(
        self, local: LocalFuturePort[Future], product: Future, word: str
    ) -> None:
        self.store(local, product)
        query = FutureQuery(symbol=word)
        with pytest.raises(ProductNotFoundError):
            local.get_by_symbol(query)
        with pytest.raises(ProductNotFoundError):
            local.get_or_create(dataclasses.replace(by_symbol(product), exchange=word), NOW_PLEASE)
        with local.sync_run(Origin.IBKR) as run:
            failure = FutureFailure(query=query, error=ProductNotFoundError(word, "IBKR"))
            local.record_failure(failure, run)

    # --- the same reply twice, and another one

    def test_the_same_reply_twice_changes_nothing(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future, clock: FakeClock
    ) -> None:
        evidence = self.evidence(clock)
        first = self.store(local, product, evidence=evidence)
        history = ledger.history()
        clock.advance(hours=1)
        second = self.store(local, product, evidence=evidence)
        assert first.diff is not None
        assert first.diff.added == product.contracts
        assert second.diff is not None
        assert second.diff.is_empty
        assert second.diff.unchanged == len(product.contracts)
        assert ledger.history() == history
        assert self.stored(local, product).contracts == product.contracts

    def test_says_when_a_contract_was_seen_first_and_last(
        self, local: LocalFuturePort[Future], product: Future, clock: FakeClock
    ) -> None:
        start = clock.now
        self.store(local, product)
        clock.advance(days=3)
        self.store(local, product)
        assert {contract.listing for contract in self.stored(local, product).contracts} == {
            ContractListing(first_seen_at=start, last_seen_at=clock.now)
        }

    def test_keeps_the_history_of_every_field_that_changes(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future
    ) -> None:
        self.store(local, product)
        before = ledger.history()
        con_id = product.contracts[0].con_id
        changed = changed_contract(product, multiplier=Decimal("12.5"), market_name="E-mini")
        changed = dataclasses.replace(changed, name="S&P 500")
        update = self.store(local, changed)
        expected = {
            FieldChange(con_id=None, field="name", old=product.name, new="S&P 500"),
            FieldChange(con_id=con_id, field="multiplier", old="50", new="12.5"),
            FieldChange(con_id=con_id, field="market_name", old="ES", new="E-mini"),
        }
        assert update.diff is not None
        assert set(update.diff.changes) == expected
        assert set(ledger.history()[len(before) :]) == expected
        assert self.stored(local, product).contracts == changed.contracts

    def test_what_is_odd_stands_on_its_contract_until_it_is_right_again(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future
    ) -> None:
        self.store(local, product)
        before = ledger.history()
        con_id = product.contracts[0].con_id
        remarked = changed_contract(product, remarks=(odd("min_tick"),))
        updates = [self.store(local, remarked), self.store(local, remarked)]
        name = product.contracts[0].local_symbol
        assert [update.remarks for update in updates] == [
            (f"{name}: min_tick '?': can't be read",),
            (),
        ]
        assert self.stored(local, product).contracts[0].remarks == (odd("min_tick"),)
        assert self.stored(local, product).contracts[1].remarks == ()
        (summary,) = local.list_products()
        assert summary.remarks == (f"{name}: min_tick '?': can't be read",)
        self.store(local, product)
        assert self.stored(local, product).contracts[0].remarks == ()
        text = "odd_row::min_tick:'?':can't be read"
        assert ledger.history()[len(before) :] == [
            FieldChange(con_id=con_id, field="remarks", old=None, new=text),
            FieldChange(con_id=con_id, field="remarks", old=text, new=None),
        ]

    @pytest.mark.parametrize("is_known", [True, False])
    def test_a_row_that_makes_no_contract_is_a_remark_on_its_product(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future, is_known: bool
    ) -> None:
        if is_known:
            self.store(local, product)
        remarks = (odd("trading_class", contract="ESX9"), odd("currency", contract="ESX9"))
        reply = dataclasses.replace(product, remarks=remarks)
        sentences = {f"{remark}; not stored" for remark in remarks}
        planned = local.plan_entity(acquired_of(reply), by_symbol(product), DRY_RUN)
        assert set(planned.left_out) == sentences
        updates = [self.store(local, reply), self.store(local, reply)]
        assert [set(update.left_out) for update in updates] == [sentences, set()]
        assert [len(update.remarks) for update in updates] == [2, 0]
        stored = self.stored(local, product)
        assert set(stored.remarks) == set(remarks)
        assert stored.contracts == product.contracts
        kept = [(change.con_id, change.field, change.old) for change in ledger.history()]
        assert kept.count((None, "remarks", None)) == 1
        (summary,) = local.list_products()
        assert set(summary.remarks) == sentences

    def give(
        self, local: LocalFuturePort[Future], acquired: AcquiredFuture[Future]
    ) -> FutureUpdate[Future]:
        with local.sync_run(Origin.IBKR) as run:
            return local.get_or_create_entity(
                acquired, by_symbol(acquired.product), NOW_PLEASE, run
            )

    def test_what_changes_daily_is_kept_up_to_date_without_history(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future
    ) -> None:
        self.store(local, product)
        before = ledger.history()
        hours = dataclasses.replace(examples.HOURS, trading_hours="20261124:CLOSED")
        rolled = changed_contract(product, schedule=hours, order_types=("STP",))
        self.store(local, rolled)
        first, second = self.stored(local, product).contracts[:2]
        assert (first.schedule, first.order_types) == (hours, ("STP",))
        assert second.schedule == examples.HOURS
        assert ledger.history() == before

    def test_a_reply_without_hours_does_not_erase_them(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        self.store(local, product)
        update = self.store(local, changed_contract(product, schedule=None))
        assert update.product.contracts[0].schedule == examples.HOURS
        assert self.stored(local, product).contracts[0].schedule == examples.HOURS

    def test_a_product_may_turn_out_to_be_of_another_asset_class(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future
    ) -> None:
        fields = {other.name: getattr(product, other.name) for other in dataclasses.fields(product)}
        self.store(local, UnclassifiedFuture(**fields))
        self.store(local, product)
        assert type(self.stored(local, product)) is IndexFuture
        assert ledger.history()[-1] == FieldChange(
            con_id=None, field="asset_class", old="unclassified", new="index"
        )

    def test_a_contract_that_moves_to_another_product_is_never_doubled(
        self,
        local: LocalFuturePort[Future],
        ledger: Ledger,
        twins: tuple[Future, Future],
        clock: FakeClock,
    ) -> None:
        start = clock.now
        old, new = twins
        self.store(local, old)
        clock.advance(hours=1)
        mover = dataclasses.replace(
            old.contracts[0], trading_class=new.trading_class, exchange=new.exchange
        )
        update = self.store(local, dataclasses.replace(new, contracts=(mover,)))
        assert self.stored(local, new).contracts == (mover,)
        assert everything(self.stored(local, new)) == everything(update.product)
        assert self.stored(local, old).contracts == old.contracts[1:]
        listing = self.stored(local, new).contracts[0].listing
        assert listing == ContractListing(first_seen_at=start, last_seen_at=clock.now)
        move = FieldChange(con_id=mover.con_id, field="product", old=str(old.key), new=str(new.key))
        assert move in ledger.history()
        assert update.diff is not None
        assert update.diff.added == ()
        assert move in update.diff.changes

    def test_contracts_that_the_reply_shows_under_another_product_move_there(
        self, local: LocalFuturePort[Future], ledger: Ledger, clock: FakeClock
    ) -> None:
        full = examples.with_chain(examples.ES, 8, first_con_id=1)
        self.store(local, full)
        clock.advance(hours=21)
        left = without(full, 5, 6, 7, 8)
        other = dataclasses.replace(
            full,
            trading_class="ESX",
            contracts=tuple(
                dataclasses.replace(contract, trading_class="ESX")
                for contract in full.contracts
                if contract not in left.contracts
            ),
        )
        first = self.store(local, left, others=(other,))
        assert first.diff is not None
        assert not first.diff.is_empty
        assert first.remarks == (f"4 contracts moved to {other.key}",)
        clock.advance(hours=21)
        again = self.store(local, left, others=(other,))
        assert again.diff is not None
        assert again.diff.is_empty
        assert again.remarks == ()
        assert {one_contract.con_id for one_contract in self.stored(local, left).contracts} == {
            1,
            2,
            3,
            4,
        }
        assert {one_contract.con_id for one_contract in self.stored(local, other).contracts} == {
            5,
            6,
            7,
            8,
        }
        moves = [change for change in ledger.history() if change.field == "product"]
        assert {change.con_id for change in moves} == {5, 6, 7, 8}
        assert {change.new for change in moves} == {str(other.key)}
        assert not any(change.new == "missing" for change in ledger.history())

    def test_a_product_that_takes_contracts_takes_none_of_a_third_one(
        self, local: LocalFuturePort[Future], ledger: Ledger, clock: FakeClock
    ) -> None:
        asked = examples.with_chain(examples.ES, 8, first_con_id=1)
        third = under_another_name(
            examples.with_chain(examples.ES, 4, first_con_id=201), trading_class="EW"
        )
        taker = under_another_name(
            examples.with_chain(examples.ES, 4, first_con_id=301), trading_class="ESX"
        )
        for product in (asked, third, taker):
            self.store(local, product)
        clock.advance(hours=21)
        movers = under_another_name(
            dataclasses.replace(asked, contracts=(asked.contracts[7], *third.contracts)),
            trading_class="ESX",
        )
        shown = dataclasses.replace(taker, contracts=(*taker.contracts, *movers.contracts))
        self.store(local, without(asked, 8), others=(shown,))
        assert {contract.con_id for contract in self.stored(local, taker).contracts} == {
            8,
            *range(301, 305),
        }
        assert self.stored(local, third).contracts == third.contracts
        moves = [change.con_id for change in ledger.history() if change.field == "product"]
        assert moves == [8]

    @pytest.mark.parametrize("origin", [Origin.IBKR, Origin.SAMPLE])
    def test_a_contract_that_was_asked_for_alone_moves_to_a_product_that_stays_as_old(
        self, local: LocalFuturePort[Future], clock: FakeClock, origin: Origin
    ) -> None:
        """Of the product that takes it, the reply shows no more than this contract."""
        asked = dataclasses.replace(
            examples.with_chain(examples.DAX, 8, first_con_id=1), origin=origin, synced_at=clock.now
        )
        other = dataclasses.replace(
            asked,
            trading_class="FDXM",
            contracts=tuple(
                dataclasses.replace(contract, con_id=contract.con_id + 100, trading_class="FDXM")
                for contract in asked.contracts
            ),
        )
        self.store(local, asked)
        self.store(local, other)
        clock.advance(hours=21)
        left = dataclasses.replace(without(asked, 8), synced_at=clock.now)
        mover = dataclasses.replace(asked.contracts[-1], trading_class="FDXM")
        alone = dataclasses.replace(other, contracts=(mover,), synced_at=None)
        update = self.store(local, left, others=(alone,))
        assert update.remarks == (f"1 contract moved to {other.key}",)
        taken = self.stored(local, other)
        assert {contract.con_id for contract in taken.contracts} == {8, *range(101, 109)}
        assert taken.synced_at == other.synced_at

    def test_a_product_that_took_a_single_contract_makes_no_symbol_unclear(
        self, local: LocalFuturePort[Future], ledger: Ledger, clock: FakeClock
    ) -> None:
        asked = examples.with_chain(examples.DAX, 8, first_con_id=1)
        self.store(local, dataclasses.replace(asked, synced_at=clock.now))
        clock.advance(hours=21)
        mover = dataclasses.replace(asked.contracts[-1], trading_class="FDXM")
        alone = dataclasses.replace(asked, trading_class="FDXM", contracts=(mover,), synced_at=None)
        left = dataclasses.replace(without(asked, 8), synced_at=clock.now)
        self.store(local, left, others=(alone,))

        assert self.stored(local, alone).chain_extent is ChainExtent.SINGLE_CONTRACTS
        assert local.get_by_symbol(by_symbol(asked)).key == asked.key
        with local.sync_run(Origin.IBKR) as run:
            failure = FutureFailure(query=by_symbol(asked), error=ReplyTimeoutError("late"))
            local.record_failure(failure, run)
        assert ledger.blamed()[-1] == asked.key

    def test_a_reply_about_one_product_takes_no_chain_from_another(
        self, local: LocalFuturePort[Future], ledger: Ledger, clock: FakeClock
    ) -> None:
        donor = examples.with_chain(examples.DAX, 8, first_con_id=1)
        self.store(local, donor)
        before = ledger.history()
        clock.advance(hours=1)
        taken = dataclasses.replace(
            examples.ES,
            contracts=tuple(
                dataclasses.replace(contract, symbol="ES", exchange="CME", trading_class="ES")
                for contract in donor.contracts[:4]
            ),
        )
        with pytest.raises(ShrinkRefusedError) as caught:
            self.store(local, taken)
        assert caught.value.product == donor.key
        assert ledger.history() == before
        self.store(local, taken, SyncPolicy(allow_shrink=True))
        assert self.stored(local, donor).contracts == donor.contracts[4:]

    def test_a_file_older_than_a_product_takes_none_of_its_contracts(
        self, local: LocalFuturePort[Future], clock: FakeClock
    ) -> None:
        donor = dataclasses.replace(
            examples.with_chain(examples.DAX, 8, first_con_id=1), synced_at=clock.now
        )
        self.store(local, donor)
        old = dataclasses.replace(
            examples.ES,
            origin=Origin.FILE,
            synced_at=clock.now - timedelta(days=100),
            contracts=donor.contracts[:1],
        )
        with pytest.raises(OutdatedDataError), local.sync_run(Origin.FILE) as run:
            local.get_or_create_entity(AcquiredFuture(product=old), by_symbol(old), NOW_PLEASE, run)

    def test_a_file_of_sample_data_does_not_turn_the_clock_back(
        self, local: LocalFuturePort[Future], clock: FakeClock
    ) -> None:
        sample = dataclasses.replace(examples.ES, origin=Origin.SAMPLE, synced_at=clock.now)
        self.store(local, sample)
        old = dataclasses.replace(sample, synced_at=clock.now - timedelta(days=1))
        with pytest.raises(OutdatedDataError), local.sync_run(Origin.FILE) as run:
            local.get_or_create_entity(AcquiredFuture(product=old), by_symbol(old), NOW_PLEASE, run)
        assert self.stored(local, sample).synced_at == clock.now

    def test_a_row_of_a_file_keeps_the_time_at_which_it_was_seen(
        self, local: LocalFuturePort[Future], stored_in: StoredIn, product: Future, clock: FakeClock
    ) -> None:
        seen = clock.now - timedelta(days=3)
        listing = ContractListing(first_seen_at=seen, last_seen_at=seen)
        first, *others = product.contracts
        rows = (dataclasses.replace(first, listing=listing), *others)
        given = dataclasses.replace(
            product, origin=Origin.FILE, synced_at=clock.now - A_DAY, contracts=rows
        )
        for days in (0, 2):
            clock.advance(days=days)
            message = dataclasses.replace(given, synced_at=clock.now - A_DAY)
            with local.sync_run(Origin.FILE) as run:
                acquired = AcquiredFuture(product=message)
                local.get_or_create_entity(acquired, by_symbol(message), NOW_PLEASE, run)
            stored = self.stored(stored_in(Future), product).contracts
            assert [contract.listing.last_seen_at for contract in stored if contract.listing] == [
                seen,
                *(clock.now - A_DAY for _ in others),
            ]

    def test_silence_about_a_contract_says_nothing_of_it(
        self, local: LocalFuturePort[Future], ledger: Ledger, clock: FakeClock
    ) -> None:
        full = examples.with_chain(examples.ES, 10, first_con_id=1)
        self.store(local, full)
        before = ledger.history()
        for _ in range(3):
            clock.advance(hours=21)
            update = self.store(local, without(full, 9, 10), gone=frozenset())
            assert update.diff is not None
            assert update.diff.is_empty
        assert ledger.history() == before

    # --- renamed products

    def test_a_product_that_comes_back_under_another_name_is_renamed(
        self, local: LocalFuturePort[Future], ledger: Ledger, clock: FakeClock
    ) -> None:
        start = clock.now
        self.store(local, examples.DAX)
        clock.advance(days=1)
        renamed = under_another_name(examples.DAX, symbol="GDAXI", trading_class="FGDX")
        plan = self.store(local, renamed, DRY_RUN)
        update = self.store(local, renamed)
        assert (plan.is_new, update.is_new) == (False, False)
        assert [outcome for _, outcome, _ in ledger.outcomes()] == ["created", "updated"]
        assert [other.key for other in local.list_products()] == [renamed.key]
        assert everything(self.stored(local, renamed)) == everything(update.product)
        listing = ContractListing(first_seen_at=start, last_seen_at=clock.now)
        assert {contract.listing for contract in update.product.contracts} == {listing}
        for change in (
            FieldChange(con_id=None, field="symbol", old="DAX", new="GDAXI"),
            FieldChange(con_id=None, field="trading_class", old="FDAX", new="FGDX"),
        ):
            assert change in ledger.history()
        assert update.diff is not None
        assert (update.diff.added, update.diff.missing) == ((), ())
        assert local.find_former_names(["DAX"]) == (
            FormerName(former=examples.DAX.key, current=renamed.key, until=clock.now),
        )

    def test_a_renamed_product_absorbs_what_the_catalogue_knew_by_its_new_name(
        self, local: LocalFuturePort[Future], catalogue: FakeCatalogue, clock: FakeClock
    ) -> None:
        renamed = under_another_name(examples.DAX, symbol="GDAXI")
        catalogue.products = [examples.as_catalogued(renamed)]
        self.store(local, examples.DAX)
        local.get_or_create(query_for(renamed), NOW_PLEASE)
        with local.sync_run(Origin.IBKR) as run:
            error = ReplyTimeoutError("stalled")
            local.record_failure(FutureFailure(query=query_for(renamed), error=error), run)
        clock.advance(days=1)
        update = self.store(local, renamed)
        assert not update.is_new
        assert [product.key for product in local.list_products()] == [renamed.key]
        assert update.diff is not None
        assert (update.diff.added, update.diff.missing) == ((), ())
        assert local.find_former_names(["DAX"])[0].current == renamed.key

    def test_a_product_keeps_its_class_under_a_name_that_no_catalogue_knows(
        self, local: LocalFuturePort[Future]
    ) -> None:
        self.store(local, examples.CRUDE_OIL)
        renamed = under_another_name(examples.CRUDE_OIL, symbol="WTI")
        fields = {field.name: getattr(renamed, field.name) for field in dataclasses.fields(renamed)}
        self.store(local, UnclassifiedFuture(**fields | {"category": None}))
        stored = self.stored(local, renamed)
        assert (type(stored), stored.category) == (CommodityFuture, "energy")

    def test_a_renamed_product_is_still_found_by_every_name_it_had(
        self, local: LocalFuturePort[Future], clock: FakeClock
    ) -> None:
        first = examples.DAX
        second = under_another_name(first, symbol="GDAXI")
        third = under_another_name(second, exchange="XEUR")
        for product in (first, second, third):
            clock.advance(days=1)
            self.store(local, product)
        for product in (first, second, third):
            assert self.stored(local, product).key == third.key
            assert local.get_by_symbol(FutureQuery(symbol=product.symbol)).key == third.key
        assert [name.current for name in local.find_former_names({"FDAX"})] == [third.key] * 2

    def test_a_product_that_takes_over_a_former_name_is_the_one_found_by_it(
        self, local: LocalFuturePort[Future]
    ) -> None:
        renamed = under_another_name(examples.DAX, symbol="GDAXI")
        successor = examples.with_chain(examples.DAX, 2, first_con_id=990_001)
        for product in (examples.DAX, renamed, successor):
            self.store(local, product)
        assert self.stored(local, successor).contracts[0].con_id == 990_001
        assert self.stored(local, renamed).key == renamed.key

    @pytest.mark.parametrize("case", ["half of the chain", "another underlying"])
    def test_what_is_not_clearly_the_same_product_is_no_rename(
        self, local: LocalFuturePort[Future], ledger: Ledger, case: str
    ) -> None:
        product = examples.with_chain(examples.DAX, 4, first_con_id=1)
        self.store(local, product)
        other = under_another_name(product, symbol="GDAXI")
        if case == "half of the chain":
            other = dataclasses.replace(other, contracts=other.contracts[:2])
        else:
            other = dataclasses.replace(other, underlying=Underlying(symbol="GDAXI", con_id=7))
        plan = self.store(local, other, SyncPolicy(dry_run=True, allow_shrink=True))
        update = self.store(local, other, SyncPolicy(allow_shrink=True))
        assert (plan.is_new, update.is_new) == (True, True)
        assert ledger.outcomes()[-1] == ("GDAXI", "created", None)
        assert {one_product.key for one_product in local.list_products()} == {
            product.key,
            other.key,
        }
        assert local.find_former_names({product.symbol}) == ()

    def test_a_reply_that_names_a_contract_twice_is_refused(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        doubled = dataclasses.replace(product, contracts=product.contracts[:1] * 2)
        with pytest.raises(InvalidReplyError):
            self.store(local, doubled)

    # --- contracts that are no longer there

    def test_refuses_a_reply_that_lost_many_contracts(
        self, local: LocalFuturePort[Future], ledger: Ledger
    ) -> None:
        full = examples.with_chain(examples.ES, 10, first_con_id=1)
        self.store(local, full)
        before = everything(self.stored(local, full)), ledger.history(), ledger.replies()
        with pytest.raises(ShrinkRefusedError) as caught:
            self.store(local, without(full, 1, 2, 3))
        assert (caught.value.stored, caught.value.lost) == (10, 3)
        after = everything(self.stored(local, full)), ledger.history(), ledger.replies()
        assert after == before

    def test_accepts_a_reply_that_lost_many_contracts_when_asked_to(
        self, local: LocalFuturePort[Future], clock: FakeClock
    ) -> None:
        full = examples.with_chain(examples.ES, 10, first_con_id=1)
        self.store(local, full)
        self.store(local, without(full, 1, 2, 3), ALLOW_SHRINK)
        states = [contract.state(clock.now) for contract in self.stored(local, full).contracts]
        assert states == [ContractState.MISSING] * 3 + [ContractState.ACTIVE] * 7

    def test_never_accepts_an_empty_reply(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        small = without(product, *(contract.con_id for contract in product.contracts[1:]))
        self.store(local, small)
        with pytest.raises(ShrinkRefusedError):
            self.store(local, without(small, small.contracts[0].con_id), ALLOW_SHRINK)
        assert self.stored(local, small).contracts == small.contracts

    def test_a_missing_contract_is_delisted_by_a_second_reply_a_day_later(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future, clock: FakeClock
    ) -> None:
        self.store(local, product)
        gone = product.contracts[0].con_id
        start = clock.now
        seen = []
        for hours in (0, 19, 1, 5):
            clock.advance(hours=hours)
            update = self.store(local, without(product, gone))
            contract = self.stored(local, product).contracts[0]
            assert everything(self.stored(local, product)) == everything(update.product)
            assert contract.con_id == gone
            assert contract.listing is not None
            assert contract.listing.missing_since == start
            assert contract.listing.last_seen_at == start
            seen.append((contract.state(clock.now), contract.listing.delisted_at))
        twenty_hours_later = start + timedelta(hours=20)
        assert seen == [
            (ContractState.MISSING, None),
            (ContractState.MISSING, None),
            (ContractState.DELISTED, twenty_hours_later),
            (ContractState.DELISTED, twenty_hours_later),
        ]
        assert [change for change in ledger.history() if change.con_id == gone] == [
            FieldChange(con_id=gone, field="listing", old=None, new="listed"),
            FieldChange(con_id=gone, field="listing", old="listed", new="missing"),
            FieldChange(con_id=gone, field="listing", old="missing", new="delisted"),
        ]

    @pytest.mark.parametrize("absence", [(0, "missing"), (1, "delisted")])
    def test_a_contract_that_returns_is_listed_again(
        self,
        local: LocalFuturePort[Future],
        ledger: Ledger,
        product: Future,
        clock: FakeClock,
        absence: tuple[int, str],
    ) -> None:
        days, was = absence
        self.store(local, product)
        start = clock.now
        back = product.contracts[0]
        self.store(local, without(product, back.con_id))
        clock.advance(days=days)
        self.store(local, without(product, back.con_id))
        clock.advance(hours=1)
        update = self.store(local, product)
        assert update.diff is not None
        assert update.diff.returned == (back,)
        assert self.stored(local, product).contracts[0].listing == ContractListing(
            first_seen_at=start, last_seen_at=clock.now
        )
        assert ledger.history()[-1] == FieldChange(
            con_id=back.con_id, field="listing", old=was, new="listed"
        )

    def test_an_expired_contract_that_a_reply_lacks_stays_as_it_is(
        self, local: LocalFuturePort[Future], product: Future, clock: FakeClock
    ) -> None:
        old = examples.expired(product, con_id=5)
        full = dataclasses.replace(product, contracts=(old, *product.contracts))
        self.store(local, full)
        before = self.stored(local, product).contracts[0]
        clock.advance(days=2)
        update = self.store(local, product)
        assert update.diff is not None
        assert update.diff.is_empty
        kept = self.stored(local, product).contracts[0]
        assert (kept, kept.listing) == (before, before.listing)
        assert update.product.contracts == full.contracts

    def test_a_contract_that_expires_is_not_missing(
        self, local: LocalFuturePort[Future], product: Future, clock: FakeClock
    ) -> None:
        self.store(local, product)
        clock.now = examples.FIRST_EXPIRY + A_DAY
        self.store(local, without(product, product.contracts[0].con_id))
        found = self.stored(local, product).contracts[0]
        assert found.state(clock.now) is ContractState.EXPIRED
        (summary,) = local.list_products()
        assert summary.listed == len(product.contracts) - 1
        assert summary.next_expiry == product.contracts[1].last_trade_date

    def test_the_list_counts_only_contracts_that_are_listed(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        self.store(local, product)
        self.store(local, without(product, product.contracts[0].con_id))
        (summary,) = local.list_products()
        assert summary.listed == len(product.contracts) - 1
        assert summary.next_expiry == product.contracts[1].last_trade_date

    def test_the_list_leaves_weekly_contracts_out_where_there_are_monthly_ones(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        weekly, *monthly = product.contracts
        weekly = dataclasses.replace(weekly, series=ContractSeries.WEEKLY)
        self.store(local, dataclasses.replace(product, contracts=(weekly, *monthly)))
        (summary,) = local.list_products()
        assert (summary.listed, summary.next_expiry) == (len(monthly), monthly[0].last_trade_date)

    def test_the_list_counts_weekly_contracts_where_there_are_no_others(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        weekly = dataclasses.replace(product.contracts[0], series=ContractSeries.WEEKLY)
        self.store(local, dataclasses.replace(product, contracts=(weekly,)))
        (summary,) = local.list_products()
        assert (summary.listed, summary.next_expiry) == (1, weekly.last_trade_date)

    # --- plans

    def test_a_plan_says_what_storing_does_and_writes_nothing(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future
    ) -> None:
        for reply in (product, changed_contract(product, multiplier=Decimal(5))):
            before = local.list_products(), ledger.history(), ledger.runs(), ledger.replies()
            plan = local.plan_entity(acquired_of(reply), by_symbol(reply), DRY_RUN)
            after = local.list_products(), ledger.history(), ledger.runs(), ledger.replies()
            assert after == before
            assert not plan.applied
            update = self.store(local, reply)
            assert update.applied
            assert (plan.diff, plan.is_new, everything(plan.product)) == (
                update.diff,
                update.is_new,
                everything(update.product),
            )

    def test_a_plan_refuses_what_storing_refuses(self, local: LocalFuturePort[Future]) -> None:
        full = examples.with_chain(examples.ES, 10, first_con_id=1)
        self.store(local, full)
        small = AcquiredFuture(product=without(full, 1, 2, 3))
        with pytest.raises(ShrinkRefusedError):
            local.plan_entity(small, by_symbol(full), DRY_RUN)

    def test_storing_in_a_dry_run_is_a_plan(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        update = self.store(local, product, DRY_RUN)
        assert not update.applied
        assert local.list_products() == ()

    # --- the catalogue

    def test_creates_what_the_catalogue_knows(
        self, local: LocalFuturePort[Future], catalogue: FakeCatalogue, product: Future
    ) -> None:
        known = examples.as_catalogued(product)
        catalogue.products = [known]
        update = local.get_or_create(by_symbol(product), NOW_PLEASE)
        assert (update.product, update.is_new) == (known, True)
        assert not local.get_or_create(by_symbol(product), NOW_PLEASE).is_new
        catalogue.products = []
        assert local.get_by_symbol(by_symbol(product)) == known

    def test_a_dry_run_does_not_create_what_the_catalogue_knows(
        self, local: LocalFuturePort[Future], catalogue: FakeCatalogue, product: Future
    ) -> None:
        known = examples.as_catalogued(product)
        catalogue.products = [known]
        update = local.get_or_create(by_symbol(product), DRY_RUN)
        assert (update.product, update.is_new, update.applied) == (known, True, False)
        with pytest.raises(ProductNotFoundError):
            local.get_by_symbol(by_symbol(product))

    def test_prefers_what_is_stored_to_the_catalogue(
        self, local: LocalFuturePort[Future], catalogue: FakeCatalogue, product: Future
    ) -> None:
        self.store(local, product)
        catalogue.products = [examples.as_catalogued(product)]
        update = local.get_or_create(by_symbol(product), NOW_PLEASE)
        assert (update.diff, update.is_new) == (None, False)
        assert update.product.contracts == product.contracts

    def test_picks_none_of_several_that_the_catalogue_knows(
        self,
        local: LocalFuturePort[Future],
        catalogue: FakeCatalogue,
        twins: tuple[Future, Future],
    ) -> None:
        catalogue.products = [examples.as_catalogued(twin) for twin in twins]
        with pytest.raises(AmbiguousProductError):
            local.get_or_create(by_symbol(twins[0]), NOW_PLEASE)
        assert local.list_products() == ()

    def test_refuses_a_catalogue_product_of_another_asset_class(
        self, stored_in: StoredIn, catalogue: FakeCatalogue, product: Future
    ) -> None:
        catalogue.products = [examples.as_catalogued(product)]
        with pytest.raises(AssetClassMismatchError):
            stored_in(CommodityFuture).get_or_create(by_symbol(product), NOW_PLEASE)

    def test_adopts_a_catalogue_product_whose_trading_class_was_a_guess(
        self,
        local: LocalFuturePort[Future],
        ledger: Ledger,
        catalogue: FakeCatalogue,
        twins: tuple[Future, Future],
    ) -> None:
        real = twins[0]
        guess = dataclasses.replace(examples.as_catalogued(real), trading_class=real.symbol)
        catalogue.products = [guess]
        local.get_or_create(by_symbol(real), NOW_PLEASE)
        update = self.store(local, real)
        assert not update.is_new
        assert ledger.outcomes() == [(real.symbol, "updated", None)]
        assert [product.key for product in local.list_products()] == [real.key]
        assert self.stored(local, real).origin is Origin.IBKR
        corrected = FieldChange(
            con_id=None, field="trading_class", old=real.symbol, new=real.trading_class
        )
        assert corrected in ledger.history()

    def test_does_not_adopt_a_product_that_has_contracts(
        self, local: LocalFuturePort[Future], product: Future
    ) -> None:
        other = examples.with_chain(
            dataclasses.replace(product, trading_class="OTHER"), 2, first_con_id=77
        )
        self.store(local, product)
        self.store(local, other)
        assert {one_product.key for one_product in local.list_products()} == {
            product.key,
            other.key,
        }

    # --- sample data

    @pytest.mark.parametrize("stored", [Origin.SAMPLE, Origin.IBKR])
    def test_sample_data_never_mixes_with_real_data(
        self,
        local: LocalFuturePort[Future],
        product: Future,
        other_product: Future,
        stored: Origin,
    ) -> None:
        received = Origin.IBKR if stored is Origin.SAMPLE else Origin.SAMPLE
        self.store(local, dataclasses.replace(product, origin=stored))
        for other in (product, other_product):
            with pytest.raises(SampleDataError):
                self.store(local, dataclasses.replace(other, origin=received))
        assert [(other.key, other.origin) for other in local.list_products()] == [
            (product.key, stored)
        ]

    # --- freshness

    def test_is_fresh_while_younger_than_the_age_allowed(
        self, local: LocalFuturePort[Future], product: Future, clock: FakeClock
    ) -> None:
        self.store(local, product)
        query = by_symbol(product)
        almost = clock.now + A_DAY - timedelta(microseconds=1)
        by_key = FutureQuery(**product.key._asdict())
        found = local.find_fresh([query, by_key], A_DAY, almost)
        stored = self.stored(local, product)
        for fresh in (found[query], found[by_key]):
            assert isinstance(fresh, UnreadFuture)
            assert (fresh.key, fresh.synced_at) == (product.key, stored.synced_at)
            assert fresh.read() == stored
        assert local.find_fresh([query], A_DAY, clock.now + A_DAY) == {}
        assert local.find_fresh([query], timedelta(0), clock.now) == {}
        assert local.find_fresh([query], A_DAY, clock.now - A_DAY) == {}

    def test_what_was_never_synced_is_not_fresh(
        self,
        local: LocalFuturePort[Future],
        catalogue: FakeCatalogue,
        product: Future,
        clock: FakeClock,
    ) -> None:
        catalogue.products = [examples.as_catalogued(product)]
        local.get_or_create(by_symbol(product), NOW_PLEASE)
        assert local.find_fresh([by_symbol(product), UNKNOWN], A_DAY, clock.now) == {}

    def test_freshness_of_an_ambiguous_symbol_is_an_error(
        self, local: LocalFuturePort[Future], twins: tuple[Future, Future], clock: FakeClock
    ) -> None:
        for twin in twins:
            self.store(local, twin)
        query = by_symbol(twins[0])
        found = local.find_fresh([query], A_DAY, clock.now)
        assert isinstance(found[query], AmbiguousProductError)

    # --- runs and evidence

    def test_records_each_product_of_a_run(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future
    ) -> None:
        changed = changed_contract(product, multiplier=Decimal(5))
        failure = FutureFailure(query=UNKNOWN, error=ReplyTimeoutError("stalled"))
        with local.sync_run(Origin.IBKR) as run:
            updates = [
                local.get_or_create_entity(
                    AcquiredFuture(product=reply), by_symbol(reply), NOW_PLEASE, run
                )
                for reply in (product, product, changed)
            ]
            local.record_failure(failure, run)
        assert [update.is_new for update in updates] == [True, False, False]
        assert ledger.outcomes() == [
            (product.symbol, "created", None),
            (product.symbol, "unchanged", None),
            (product.symbol, "updated", None),
            (UNKNOWN.symbol, "failed", "ReplyTimeoutError"),
        ]
        assert ledger.runs() == [(Origin.IBKR, "partial", True)]

    @pytest.mark.parametrize(
        ("error", "blames_it"),
        [(ReplyTimeoutError("stalled"), True), (AmbiguousProductError("ES", ()), False)],
        ids=["about the product", "about what is meant"],
    )
    def test_an_ambiguous_symbol_is_no_failure_of_the_one_product_that_is_stored(
        self,
        local: LocalFuturePort[Future],
        ledger: Ledger,
        product: Future,
        error: IbkrSyncError,
        blames_it: bool,
    ) -> None:
        self.store(local, product)
        with local.sync_run(Origin.IBKR) as run:
            local.record_failure(FutureFailure(query=by_symbol(product), error=error), run)
        assert ledger.blamed()[-1] == (product.key if blames_it else None)
        assert ledger.outcomes()[-1] == (product.symbol, "failed", type(error).__name__)

    def test_records_how_each_run_ended(
        self, local: LocalFuturePort[Future], ledger: Ledger
    ) -> None:
        with local.sync_run(Origin.IBKR):
            pass
        with local.sync_run(Origin.FILE) as run:
            local.record_failure(FutureFailure(query=UNKNOWN, error=ReplyTimeoutError("")), run)
        for error in (RuntimeError, KeyboardInterrupt):
            with pytest.raises(error), local.sync_run(Origin.IBKR):
                raise error
        assert ledger.runs() == [
            (Origin.IBKR, "ok", True),
            (Origin.FILE, "failed", True),
            (Origin.IBKR, "failed", True),
            (Origin.IBKR, "interrupted", True),
        ]

    def test_run_ids_grow(self, local: LocalFuturePort[Future]) -> None:
        ids = []
        for _ in range(3):
            with local.sync_run(Origin.IBKR) as run:
                ids.append(run.run_id)
        assert ids == sorted(set(ids))

    def test_a_second_run_is_refused_at_once_and_leaves_the_first_alone(
        self,
        local: LocalFuturePort[Future],
        stored_in: StoredIn,
        ledger: Ledger,
        product: Future,
    ) -> None:
        acquired = AcquiredFuture(product=product)
        with local.sync_run(Origin.IBKR) as run:
            for other in (local, stored_in(Future)):
                with pytest.raises(AlreadyRunningError), other.sync_run(Origin.IBKR):
                    pass
            local.get_or_create_entity(acquired, by_symbol(product), NOW_PLEASE, run)
        assert ledger.runs() == [(Origin.IBKR, "ok", True)]
        with local.sync_run(Origin.IBKR):
            pass

    def test_a_refused_reply_leaves_the_run_open_for_other_products(
        self, local: LocalFuturePort[Future], product: Future, other_product: Future
    ) -> None:
        full = examples.with_chain(product, 10, first_con_id=1)
        with local.sync_run(Origin.IBKR) as run:
            for reply in (full, other_product):
                acquired = AcquiredFuture(product=reply)
                local.get_or_create_entity(acquired, by_symbol(reply), NOW_PLEASE, run)
            with pytest.raises(ShrinkRefusedError):
                local.get_or_create_entity(
                    AcquiredFuture(product=without(full, 1, 2, 3)),
                    by_symbol(full),
                    NOW_PLEASE,
                    run,
                )
            changed = changed_contract(other_product, multiplier=Decimal(5))
            local.get_or_create_entity(
                AcquiredFuture(product=changed), by_symbol(changed), NOW_PLEASE, run
            )
        assert self.stored(local, full).contracts == full.contracts
        assert self.stored(local, changed).contracts == changed.contracts

    def test_keeps_every_reply_even_if_it_is_the_one_before(
        self, local: LocalFuturePort[Future], ledger: Ledger, product: Future, clock: FakeClock
    ) -> None:
        replies = [(b"a", b"", b"\x00\xff" * 5000), (b"b",), (b"b",), (b"a", b"")]
        for frames in replies:
            self.store(local, product, evidence=self.evidence(clock, *frames))
        assert ledger.replies() == replies

    # --- tick ladders

    def test_keeps_tick_ladders_and_replaces_them(
        self, local: LocalFuturePort[Future], ledger: Ledger, clock: FakeClock
    ) -> None:
        def ladder(rule_id: int, *steps: tuple[str, str]) -> MarketRule:
            return MarketRule(
                market_rule_id=rule_id,
                increments=tuple(
                    PriceIncrement(low_edge=Decimal(edge), increment=Decimal(step))
                    for edge, step in steps
                ),
            )

        plain = ladder(67, ("0", "0.25"))
        stepped = ladder(110, ("-100", "0.05"), ("0", "0.01"), ("10", "0.1"))
        finer = ladder(67, ("0", "0.125"), ("4000", "0.25"))
        local.store_market_rules(iter([plain, stepped]))
        assert local.known_market_rules() == {67, 110}
        assert ledger.ladders() == {67: plain, 110: stepped}
        clock.advance(days=1)
        local.store_market_rules([finer, stepped])
        local.store_market_rules([])
        assert ledger.ladders() == {67: finer, 110: stepped}

    def test_a_tick_ladder_without_steps_is_known_and_may_gain_some(
        self, local: LocalFuturePort[Future], clock: FakeClock
    ) -> None:
        empty = MarketRule(market_rule_id=5, increments=())
        local.store_market_rules([empty])
        local.store_market_rules([empty])
        assert local.known_market_rules() == {5}
        clock.advance(days=1)
        step = PriceIncrement(low_edge=Decimal(0), increment=Decimal(1))
        local.store_market_rules([dataclasses.replace(empty, increments=(step,))])
        assert local.known_market_rules() == {5}

    @staticmethod
    def evidence(clock: FakeClock, *frames: bytes) -> Evidence:
        return Evidence(
            received_at=clock.now,
            server_version=187,
            client_version="9.81.1",
            frames=frames or (b"10\x00ES\x00", b"52\x001\x00"),
        )
