"""What every keeper of history promises."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from contracts import examples
from contracts.future_port import query_for
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AbsentFuture, AcquiredFuture
from ibkr_sync.domain.history.as_of import product_as_of
from ibkr_sync.domain.history.event_digest import digest_events, digest_run
from ibkr_sync.domain.history.recorded_history import RecordedRunPeriod, ReplySpan
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.domain.ports.history import HistoryPort
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun

ES, FDAX, FDXM = examples.ES, examples.DAX, examples.DAX_MINI
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
RULE = MarketRule(
    market_rule_id=67,
    increments=(PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.25")),),
)
FINER = dataclasses.replace(
    RULE, increments=(PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.1")),)
)


class Storage(ABC):
    """A repository that records, and the history it leaves."""

    local: LocalFuturePort[Future]
    history: HistoryPort

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def store(self, product: Future) -> Future:
        """Store a complete reply, as a run of its own; gives the product as it then stands."""
        with self.local.sync_run(Origin.IBKR) as run:
            update = self.local.get_or_create_entity(
                AcquiredFuture(product=product, gone=examples.EVERY_CON_ID),
                query_for(product),
                SyncPolicy(allow_shrink=True),
                run,
            )
            self.noted(update.product, run)
        return update.product

    def lack(self, product: Future) -> None:
        """Record that the source does not know a product any more, as a run of its own."""
        error = ProductNotFoundError(product.symbol, "the source")
        gone = frozenset(contract.con_id for contract in product.contracts)
        absent = AbsentFuture(key=product.key, gone=gone, error=error)
        with self.local.sync_run(Origin.IBKR) as run:
            self.local.record_absence(absent, query_for(product), run)
            self.noted_absence(product, run)

    def store_rule(self, rule: MarketRule) -> None:
        """Store a tick ladder, as a run of its own."""
        with self.local.sync_run(Origin.IBKR) as run:
            self.local.store_market_rules([rule])
            self.noted_rule(rule, run)

    @abstractmethod
    def noted(self, product: Future, run: SyncRun) -> None:
        """Called after each product that was stored."""

    @abstractmethod
    def noted_absence(self, product: Future, run: SyncRun) -> None:
        """Called after each product that its source did not know."""

    @abstractmethod
    def noted_rule(self, rule: MarketRule, run: SyncRun) -> None:
        """Called after each tick ladder that was stored."""


def with_multiplier(product: Future, multiplier: int) -> Future:
    """The product with another multiplier, of its contracts too."""
    value = Decimal(multiplier)
    chain = (dataclasses.replace(contract, multiplier=value) for contract in product.contracts)
    return dataclasses.replace(product, multiplier=value, contracts=tuple(chain))


def renamed_market(contract: FuturesContract) -> FuturesContract:
    """The contract under another name of its market."""
    return dataclasses.replace(contract, market_name="MES")


class HistoryPortContract:
    """The promises of `HistoryPort`; inherit and override `storage`."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def storage(self, clock: FakeClock) -> Storage:
        raise NotImplementedError

    def test_where_nothing_is_stored_nothing_was_recorded(self, storage: Storage) -> None:
        period = storage.history.period(LONG_AGO, storage.clock.now)
        assert (period.changes, period.ended, period.ladders) == ((), (), ())
        assert dict(period.first_runs) == {}
        with pytest.raises(ProductNotFoundError):
            storage.history.of_product(ES.key)
        assert storage.history.market_rules({67}, storage.clock.now) == ()

    def test_a_change_is_recorded_with_old_new_when_and_by_which_run(
        self, storage: Storage
    ) -> None:
        storage.store(ES)
        storage.clock.advance(days=1)
        storage.store(with_multiplier(ES, 5))
        own, *of_contracts = storage.history.period(storage.clock.now, storage.clock.now).changes

        assert (own.product, own.con_id, own.local_symbol) == (ES.key, None, None)
        assert (own.field, own.old, own.new) == ("multiplier", "50", "5")
        assert (own.at, own.run) == (storage.clock.now, 2)
        message = [
            (contract.con_id, contract.local_symbol, contract.field) for contract in of_contracts
        ]
        assert message == [
            (contract.con_id, contract.local_symbol, "multiplier") for contract in ES.contracts
        ]

    def test_a_period_begins_at_its_instant_and_not_before(self, storage: Storage) -> None:
        storage.store(ES)
        seen, now = storage.clock.now, storage.clock.now + timedelta(days=2)
        assert len(storage.history.period(seen, now).changes) == len(ES.contracts)
        just_after = seen + timedelta(microseconds=1)
        assert storage.history.period(just_after, now).changes == ()

    def test_a_period_has_the_changes_of_remarks_of_thirty_days_before(
        self, storage: Storage
    ) -> None:
        odd = Remark(kind=RemarkKind.ODD_ROW, field="min_tick")
        first, *others = ES.contracts
        remarked = dataclasses.replace(
            ES, contracts=(dataclasses.replace(first, remarks=(odd,)), *others)
        )
        for product in (ES, remarked, with_multiplier(ES, 5), FDAX):
            storage.store(product)
            storage.clock.advance(days=1)
        since = storage.clock.now
        for days, count in ((0, 2), (27, 2), (28, 1), (29, 0)):
            period = storage.history.period(since + timedelta(days=days), since)
            assert [remark.field for remark in period.earlier_remarks] == ["remarks"] * count
        storage.clock.advance(days=-9)  # set back: what follows is later all the same
        storage.store(remarked)
        storage.store(ES)
        for run, count in ((1, 0), (3, 1), (5, 2), (6, 3)):
            assert len(storage.history.of_run(run).recorded.earlier_remarks) == count
        of_first = storage.history.period(since, since, ES.key, first.con_id)
        assert {remark.con_id for remark in of_first.earlier_remarks} == {first.con_id}
        assert storage.history.period(since, since, FDAX.key).earlier_remarks == ()

    def test_a_period_of_one_product_leaves_out_the_others(self, storage: Storage) -> None:
        for product in (ES, FDAX, FDXM):
            storage.store(product)
        period = storage.history.period(LONG_AGO, storage.clock.now, FDAX.key)
        assert {change.product for change in period.changes} == {FDAX.key}
        assert period.first_runs.keys() == {FDAX.key}

    def test_says_in_which_run_a_product_that_got_contracts_got_its_first(
        self, storage: Storage
    ) -> None:
        storage.store(FDAX)
        storage.clock.advance(days=10)
        storage.store(dataclasses.replace(ES, contracts=ES.contracts[:2]))
        storage.clock.advance(days=-9)  # set back: what follows is later all the same
        storage.store(ES)
        storage.store(with_multiplier(FDAX, 5))
        storage.store(FDXM)
        found = storage.history.period(storage.clock.now, storage.clock.now).first_runs
        assert dict(found) == {ES.key: 2, FDXM.key: 5}

    def test_reports_a_first_sight_whether_the_contract_had_ended(self, storage: Storage) -> None:
        ended = examples.expired(ES, con_id=199)
        storage.store(dataclasses.replace(ES, contracts=(ended, *ES.contracts)))
        storage.clock.advance(days=100)
        storage.store(with_multiplier(ES, 5))
        period = storage.history.period(LONG_AGO, storage.clock.now)
        recorded = storage.history.of_product(ES.key).changes
        for changes in (period.changes, recorded):
            assert [change.con_id for change in changes if change.is_after_end] == [ended.con_id]

    def test_gives_the_contracts_that_may_have_stopped_trading(self, storage: Storage) -> None:
        storage.store(ES)
        first, second, *_ = ES.contracts
        storage.clock.advance(days=40)
        since, now = storage.clock.now - timedelta(days=30), storage.clock.now
        (ended,) = storage.history.period(since, now).ended
        assert (ended.product, ended.contract.con_id) == (ES.key, first.con_id)
        assert ended.contract.last_trade_at == first.last_trade_at
        assert ended.contract.time_zone == first.time_zone
        later = now + timedelta(days=10)
        assert storage.history.period(now, later).ended == ()
        assert second.con_id != first.con_id

    def test_a_delisted_contract_has_not_ended(self, storage: Storage) -> None:
        storage.store(ES)
        rest = dataclasses.replace(ES, contracts=ES.contracts[1:])
        for _ in range(2):
            storage.clock.advance(days=1)
            storage.store(rest)
        since = storage.clock.now
        storage.clock.advance(days=40)
        assert storage.history.period(since, storage.clock.now).ended == ()

    def test_the_history_of_a_product_has_its_replies_and_changes_in_order(
        self, storage: Storage
    ) -> None:
        replies = []
        for multiplier in (50, 5, 50):
            replies.append(storage.clock.now)
            stored = storage.store(with_multiplier(ES, multiplier))
            storage.clock.advance(days=1)
        history = storage.history.of_product(ES.key)
        assert history.product == stored
        assert history.contracts == stored.contracts
        assert [reply.at for reply in history.replies] == replies
        assert [(other.run, other.started_at) for other in history.runs] == list(
            enumerate(replies, 1)
        )
        assert history.first_seen_at == replies[0]
        own = [
            (change.old, change.new, change.run) for change in history.changes if not change.con_id
        ]
        assert own == [("50", "5", 2), ("5", "50", 3)]

    def test_the_history_of_a_product_has_the_contracts_that_left_it(
        self, storage: Storage
    ) -> None:
        first_day = storage.clock.now
        storage.store(FDAX)
        mover = dataclasses.replace(FDAX.contracts[0], trading_class=FDXM.trading_class)
        storage.clock.advance(days=1)
        storage.store(dataclasses.replace(FDXM, contracts=(*FDXM.contracts, mover)))

        left = storage.history.of_product(FDAX.key)
        assert {contract.con_id for contract in left.contracts} == {
            e.con_id for e in FDAX.contracts
        }
        past = product_as_of(left, first_day)
        assert past is not None
        assert [contract.con_id for contract in past.contracts] == [
            e.con_id for e in FDAX.contracts
        ]
        (move,) = (change for change in left.changes if change.field == "product")
        assert (move.con_id, move.product) == (mover.con_id, FDXM.key)

    def moved(self, storage: Storage) -> tuple[int, Future, Future]:
        """A contract that left FDAX for FDXM a day after, and changed before and after."""
        storage.store(with_multiplier(FDAX, 5))
        storage.clock.advance(days=1)
        storage.store(FDAX)
        storage.clock.advance(days=1)
        mover, *rest = FDAX.contracts
        mover = dataclasses.replace(mover, trading_class=FDXM.trading_class)
        receiver = dataclasses.replace(FDXM, contracts=(*FDXM.contracts, mover))
        storage.store(receiver)
        storage.clock.advance(days=1)
        storage.store(with_multiplier(receiver, 3))
        return mover.con_id, dataclasses.replace(FDAX, contracts=tuple(rest)), receiver

    def test_a_period_of_a_contract_has_what_happened_to_it_in_every_product(
        self, storage: Storage
    ) -> None:
        con_id, _, receiver = self.moved(storage)
        period = storage.history.period(LONG_AGO, storage.clock.now, receiver.key, con_id)
        assert {change.con_id for change in period.changes} == {con_id}
        assert [(change.product, change.field, change.new) for change in period.changes] == [
            (FDAX.key, "listing", "listed"),
            (FDAX.key, "multiplier", "25"),
            (FDXM.key, "trading_class", "FDXM"),
            (FDXM.key, "product", str(FDXM.key)),
            (FDXM.key, "multiplier", "3"),
        ]

    def test_a_period_of_a_product_says_that_a_contract_left_it_and_no_more_of_that_one(
        self, storage: Storage
    ) -> None:
        con_id, donor, _ = self.moved(storage)
        period = storage.history.period(LONG_AGO, storage.clock.now, donor.key)
        (left,) = (change for change in period.changes if change.product != donor.key)
        assert (left.con_id, left.field, left.old) == (con_id, "product", str(donor.key))
        assert period.first_runs.keys() == {donor.key}

    def test_a_renamed_product_reports_a_contract_that_left_it_under_its_former_name(
        self, storage: Storage
    ) -> None:
        con_id, donor, _ = self.moved(storage)
        storage.clock.advance(days=1)
        chain = (dataclasses.replace(contract, symbol="GDAXI") for contract in donor.contracts)
        renamed = dataclasses.replace(donor, symbol="GDAXI", contracts=tuple(chain))
        storage.store(renamed)
        period = storage.history.period(LONG_AGO, storage.clock.now, renamed.key)
        (left,) = (change for change in period.changes if change.product != renamed.key)
        assert (left.con_id, left.field, left.old) == (con_id, "product", str(FDAX.key))

    def test_all_is_reported_for_a_renamed_product_by_its_name_of_today(
        self, storage: Storage
    ) -> None:
        storage.store(ES)
        storage.clock.advance(days=1)
        chain = (dataclasses.replace(contract, symbol="SPX") for contract in ES.contracts)
        renamed = dataclasses.replace(ES, symbol="SPX", contracts=tuple(chain))
        storage.store(renamed)
        history = storage.history.of_product(renamed.key)
        assert {change.product for change in history.changes} == {renamed.key}
        with pytest.raises(ProductNotFoundError):
            storage.history.of_product(ProductKey("ES", "CME", "SPX"))
        period = storage.history.period(LONG_AGO, storage.clock.now)
        assert {change.product for change in period.changes} == {renamed.key}

    def test_the_events_of_a_product_keep_their_ids_when_it_is_renamed(
        self, storage: Storage
    ) -> None:
        def ids() -> list[str]:
            recorded = storage.history.period(LONG_AGO, storage.clock.now)
            by_time = digest_events(recorded, LONG_AGO, storage.clock.now)
            by_run = [
                event
                for run in (1, 2, 3, 4, 5)
                for event in digest_run(storage.history.of_run(run))
            ]
            assert {event.event_id for event in by_time} == {event.event_id for event in by_run}
            return [event.event_id for event in by_time]

        storage.store(ES)
        storage.store_rule(RULE)
        storage.clock.advance(days=1)
        storage.store(with_multiplier(ES, 5))
        storage.clock.advance(days=1)
        storage.store_rule(FINER)
        before = ids()
        assert len({*before}) == len(before) == 3
        storage.clock.advance(days=1)
        chain = (dataclasses.replace(contract, symbol="SPX") for contract in ES.contracts)
        storage.store(dataclasses.replace(ES, symbol="SPX", contracts=tuple(chain)))
        assert [*before] == ids()[: len(before)]

    def test_a_tick_ladder_is_as_it_was_at_an_instant(self, storage: Storage) -> None:
        before = storage.clock.now - timedelta(seconds=1)
        storage.store_rule(RULE)
        first = storage.clock.now
        storage.clock.advance(days=1)
        storage.store_rule(FINER)
        ladders = storage.history.market_rules
        assert ladders({67, 68}, before) == ()
        assert ladders({67, 68}, first) == (RULE,)
        assert ladders({67, 68}, storage.clock.now) == (FINER,)
        assert ladders({68}, storage.clock.now) == ()

    def test_a_tick_ladder_that_changed_applies_even_after_the_clock_was_set_back(
        self, storage: Storage
    ) -> None:
        storage.store_rule(RULE)
        storage.clock.advance(hours=-1)
        storage.store_rule(FINER)
        storage.clock.advance(hours=2)
        assert storage.history.market_rules({67}, storage.clock.now) == (FINER,)

    def test_a_tick_ladder_that_changed_is_reported_for_each_product_it_applies_to(
        self, storage: Storage
    ) -> None:
        without = (dataclasses.replace(contract, venues=()) for contract in FDXM.contracts)
        for product in (ES, FDAX, dataclasses.replace(FDXM, contracts=tuple(without))):
            storage.store(product)
        storage.store_rule(RULE)
        storage.clock.advance(days=1)
        storage.store_rule(FINER)
        changed = storage.clock.now
        storage.clock.advance(hours=1)
        storage.store_rule(FINER)
        period = storage.history.period(changed, storage.clock.now)
        assert {ladder.product for ladder in period.ladders} == {ES.key, FDAX.key}
        assert {(ladder.old, ladder.new) for ladder in period.ladders} == {(RULE, FINER)}
        assert {(ladder.at, ladder.run) for ladder in period.ladders} == {(changed, 5)}
        of_es = storage.history.of_product(ES.key).ladders
        assert of_es == tuple(ladder for ladder in period.ladders if ladder.product == ES.key)
        storage.clock.advance(days=1)
        assert storage.history.period(storage.clock.now, storage.clock.now).ladders == ()

    def test_a_run_has_its_own_changes_and_when_its_products_were_synced_before(
        self, storage: Storage
    ) -> None:
        storage.store(ES)
        first = storage.clock.now
        storage.clock.advance(days=1)
        storage.store(with_multiplier(ES, 5))
        storage.clock.advance(days=-3)  # set back: what follows is later all the same
        storage.store(with_multiplier(ES, 50))
        first_run, second = storage.history.of_run(1), storage.history.of_run(2)
        (seen,) = first_run.first_sights
        assert (seen.product, seen.contracts, seen.at, seen.run) == (ES.key, 4, first, 1)
        assert (first_run.recorded.changes, second.first_sights) == ((), ())
        assert {(change.run, change.new) for change in second.recorded.changes} == {(2, "5")}
        assert len(second.recorded.changes) == len(ES.contracts) + 1
        assert dict(second.spans) == {ES.key: ReplySpan(first, first + timedelta(days=1))}
        assert dict(storage.history.of_run(1).spans) == {}
        assert {change.new for change in storage.history.of_run(3).recorded.changes} == {"50"}
        assert storage.history.of_run(4) == storage.history.of_run(2**40) == RecordedRunPeriod()

    def test_every_end_of_trading_is_in_the_span_of_one_run(self, storage: Storage) -> None:
        """Of the first whose clock had reached it, that IBKR knows the product no more included."""
        storage.store(ES)
        began = storage.clock.now
        for days, step in ((30, storage.lack), (-1, storage.store), (2, storage.store)):
            storage.clock.advance(days=days)
            step(ES)
        spans = [dict(storage.history.of_run(run).spans) for run in (2, 3, 4)]
        ahead = began + timedelta(days=30)
        assert spans == [
            {ES.key: ReplySpan(began, ahead)},
            {ES.key: ReplySpan(ahead, ahead - timedelta(days=1))},
            {ES.key: ReplySpan(ahead, ahead + timedelta(days=1))},
        ]
        (first, *_) = ES.contracts
        assert [
            [end.contract.con_id for end in storage.history.of_run(run).recorded.ended]
            for run in (2, 4)
        ] == [[first.con_id], []]

    def test_a_chain_is_given_where_contracts_of_it_changed_alike(self, storage: Storage) -> None:
        near, *others = ES.contracts
        storage.store(ES)
        storage.store(dataclasses.replace(ES, contracts=(renamed_market(near), *others)))
        single = storage.history.of_run(2).recorded
        storage.store(dataclasses.replace(ES, contracts=tuple(map(renamed_market, ES.contracts))))
        alike = storage.history.of_run(3).recorded
        assert dict(single.chains) == {}
        assert {past.contract.con_id for past in alike.chains[ES.key]} == {
            contract.con_id for contract in ES.contracts
        }

    def test_what_happened_alike_is_the_same_event_whatever_becomes_of_contracts(
        self, storage: Storage
    ) -> None:
        """A chain that had lacked one contract gets that back, and another one leaves it."""

        def ids() -> list[set[str]]:
            return [
                {event.event_id for event in digest_run(storage.history.of_run(run))}
                for run in (1, 2, 3, 4)
            ]

        near, *others = ES.contracts
        storage.store(ES)
        for chain in (others, map(renamed_market, others), (near, *map(renamed_market, others))):
            storage.clock.advance(hours=1)
            storage.store(dataclasses.replace(ES, contracts=tuple(chain)))
        before = ids()
        storage.clock.advance(days=1)
        leaver = dataclasses.replace(others[0], trading_class="ESX")
        storage.store(dataclasses.replace(ES, trading_class="ESX", contracts=(leaver,)))
        assert ids() == before
        (folded,) = digest_run(storage.history.of_run(3))
        assert (folded.field, folded.con_id) == ("market_name", None)
