"""The local repository in plain dictionaries, open for inspection."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from fakes.catalogue import FakeCatalogue
from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey, covered_asset_classes
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    AlreadyRunningError,
    AmbiguousProductError,
    ProductLookupError,
    ProductNotFoundError,
    ReplyError,
    SampleDataError,
)
from ibkr_sync.domain.evidence.acquired_future import (
    AbsentFuture,
    AcquiredFuture,
    Evidence,
    RecognisedReply,
)
from ibkr_sync.domain.evidence.acquisition_plan import (
    ProductPlan,
    StoredForPlan,
    plan_acquired,
)
from ibkr_sync.domain.evidence.chain_diff import ChainDiff, FieldChange
from ibkr_sync.domain.evidence.product_absence import plan_product_absence
from ibkr_sync.domain.evidence.recognition import RememberedProduct
from ibkr_sync.domain.evidence.remarks import remark_sentences
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.naming.stored_names import StoredNames
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.domain.runs.contract_counts import ContractCounts, counts_of, counts_of_taker
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate, UnreadFuture
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.domain.selection.product_choice import choose_product, most_stored
from ibkr_sync.domain.selection.series_choice import usual_series

F = TypeVar("F", bound=Future)

PLACE = "memory"


@dataclass(kw_only=True)
class RecordedRun:
    """A run as it was recorded: `outcome` is running, ok, partial, failed or interrupted.

    `products` has what came of each, in order; `error` is what ended the run before its time.
    """

    run: SyncRun
    outcome: str = "running"
    finished_at: datetime | None = None
    products: list[RecordedProduct] = field(default_factory=list)
    error: Exception | None = None

    @property
    def outcomes(self) -> list[tuple[str, str, str | None]]:
        """Symbol, outcome and name of the error of each product."""
        return [
            (product.asked.symbol, product.outcome.value, product.error)
            for product in self.products
        ]

    def outcome_of_products(self) -> str:
        """The outcome of a run that was not cut short."""
        failed = [outcome for _, outcome, _ in self.outcomes if outcome == "failed"]
        if not failed:
            return "ok"
        return "failed" if len(failed) == len(self.outcomes) else "partial"


class InMemoryFutureRepository(LocalFuturePort[F], StoredForPlan, Generic[F]):
    """Keeps what the local repository keeps; its attributes are what a test may look at.

    Attributes:
        products: what is stored, by key, chains included.
        history: every change kept, oldest first.
        replies: every raw reply kept, by product.
        market_rules: the tick ladders, by id.
        runs: every run, with its outcomes per product.
        refused: every reply that could not be used.
        former_names: every name that IBKR gave up, oldest first.
    """

    def __init__(
        self,
        entity: type[F],
        clock: Callable[[], datetime],
        catalogue: ProductCatalogue | None = None,
    ) -> None:
        self.products: dict[ProductKey, Future] = {}
        self.history: list[FieldChange] = []
        self.replies: dict[ProductKey, list[Evidence]] = {}
        self.market_rules: dict[int, MarketRule] = {}
        self.runs: list[RecordedRun] = []
        self.refused: list[Evidence] = []
        self.former_names: list[FormerName] = []
        self._entity = entity
        self._clock = clock
        self._catalogue = catalogue or FakeCatalogue()

    def get_by_symbol(self, query: FutureQuery) -> F:
        matching = [product for product in self.products.values() if query.matches(product)]
        if not matching and query.con_id is None:
            matching = [
                self.products[name.current]
                for name in self.former_names
                if query.may_be_of_size(self.products[name.current])
                and name.former.symbol == query.symbol
                and query.exchange in (None, name.former.exchange)
                and query.trading_class in (None, name.former.trading_class)
            ]
        return choose_product(query, matching, self._entity, place=PLACE, now=self._clock())

    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F]:
        applied = not policy.dry_run
        try:
            stored = self.get_by_symbol(query)
            return FutureUpdate(query=query, stored=stored, is_new=False, applied=applied)
        except ProductNotFoundError:
            known = self._catalogue.find(query)
        product = choose_product(query, known, self._entity, place=PLACE, now=self._clock())
        if applied:
            self.products[product.key] = product
        return FutureUpdate(
            query=query, stored=product, is_new=True, diff=ChainDiff(), applied=applied
        )

    def get_or_create_many(
        self,
        queries: Iterable[FutureQuery],
        policy: SyncPolicy,
        *,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Iterator[FutureUpdate[F] | FutureFailure]:
        del on_run
        for query in queries:
            try:
                yield self.get_or_create(query, policy)
            except (ProductLookupError, ReplyError) as error:
                yield FutureFailure(query=query, error=error)

    def list_products(self) -> tuple[ProductSummary, ...]:
        covered = covered_asset_classes(self._entity)
        return tuple(
            self._summary(self.products[key])
            for key in sorted(self.products)
            if self.products[key].asset_class in covered
        )

    @contextmanager
    def sync_run(
        self,
        origin: Origin,
        kind: RunKind = RunKind.GET,
        *,
        on_open: Callable[[], object] = lambda: None,
    ) -> Iterator[SyncRun]:
        if any(other.outcome == "running" for other in self.runs):
            raise AlreadyRunningError(PLACE)
        run = SyncRun(run_id=len(self.runs) + 1, origin=origin, started_at=self._clock(), kind=kind)
        record = RecordedRun(run=run)
        self.runs.append(record)
        on_open()
        try:
            yield run
            record.outcome = record.outcome_of_products()
        except Exception as error:
            record.outcome = "failed"
            record.error = error
            raise
        except BaseException:
            record.outcome = "interrupted"
            raise
        finally:
            record.finished_at = self._clock()

    def get_or_create_entity(
        self,
        acquired: AcquiredFuture[F],
        query: FutureQuery,
        policy: SyncPolicy,
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> FutureUpdate[F]:
        del is_last
        if policy.dry_run:
            return self.plan_entity(acquired, query, policy)
        plan = self._plan(acquired, policy)
        product, diff = plan.update.product, plan.update.diff
        for taker in plan.takers:
            self._apply(taker)
            taken = taker.update.product
            if taken.synced_at == product.synced_at:
                asked, counts = (
                    FutureQuery(**taken.key._asdict()),
                    counts_of_taker(taker.update.diff),
                )
                changed = ProductOutcome.CREATED if taker.is_new else ProductOutcome.UPDATED
                self._record(run, asked, changed, key=taken.key, counts=counts)
        self._apply(plan)
        if acquired.evidence is not None:
            self.replies.setdefault(product.key, []).append(acquired.evidence)
        outcome = ProductOutcome.UNCHANGED if diff.is_empty else ProductOutcome.UPDATED
        if plan.is_new:
            outcome = ProductOutcome.CREATED
        self._record(run, query, outcome, key=product.key, counts=counts_of(diff))
        return FutureUpdate(
            query=query,
            stored=product,
            is_new=plan.is_new,
            diff=diff,
            remarks=plan.remarks,
            left_out=plan.left_out,
        )

    def remembered(self, queries: Collection[FutureQuery]) -> dict[FutureQuery, RememberedProduct]:
        del queries
        return {}

    def store_again(
        self,
        replies: Mapping[FutureQuery, RecognisedReply],
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> tuple[FutureUpdate[F], ...]:
        raise NotImplementedError("it recognises nothing")

    def plan_entity(
        self, acquired: AcquiredFuture[F], query: FutureQuery, policy: SyncPolicy
    ) -> FutureUpdate[F]:
        plan = self._plan(acquired, policy)
        return FutureUpdate(
            query=query,
            stored=plan.update.product,
            is_new=plan.is_new,
            diff=plan.update.diff,
            applied=False,
            remarks=plan.remarks,
            left_out=plan.left_out,
        )

    def record_absence(
        self, absent: AbsentFuture, query: FutureQuery, run: SyncRun
    ) -> FutureFailure:
        stored = self.products.get(absent.key)
        diff = None
        if stored is not None:
            update = plan_product_absence(stored, absent.gone, self._clock())
            self.products[absent.key] = update.product
            self.history.extend(update.history)
            diff = update.diff
        key = None if stored is None else absent.key
        counts = counts_of(diff or ChainDiff())
        self._record(run, query, ProductOutcome.FAILED, key=key, counts=counts, error=absent.error)
        return FutureFailure(query=query, error=absent.error, diff=diff)

    def plan_absence(self, absent: AbsentFuture, query: FutureQuery) -> FutureFailure:
        stored = self.products.get(absent.key)
        now = self._clock()
        diff = None if stored is None else plan_product_absence(stored, absent.gone, now).diff
        return FutureFailure(query=query, error=absent.error, diff=diff)

    def record_failure(
        self, failure: FutureFailure, run: SyncRun, refused: Evidence | None = None
    ) -> None:
        if refused is not None:
            self.refused.append(refused)
        found = [product for product in self.products.values() if failure.query.matches(product)]
        matching = most_stored(found)
        is_clear = len(matching) == 1 and not isinstance(failure.error, AmbiguousProductError)
        key = matching[0].key if is_clear else None
        self._record(
            run,
            failure.query,
            ProductOutcome.FAILED,
            key=key,
            counts=ContractCounts(),
            error=failure.error,
        )

    def find_fresh(
        self, queries: Collection[FutureQuery], max_age: timedelta, now: datetime
    ) -> dict[FutureQuery, UnreadFuture[F] | ProductLookupError]:
        found: dict[FutureQuery, UnreadFuture[F] | ProductLookupError] = {}
        for query in queries:
            try:
                product = self.get_by_symbol(query)
            except ProductNotFoundError:
                continue
            except ProductLookupError as error:
                found[query] = error
                continue
            synced_at = product.synced_at
            if synced_at is not None and timedelta(0) <= now - synced_at < max_age:
                found[query] = UnreadFuture(
                    key=product.key,
                    origin=product.origin,
                    synced_at=synced_at,
                    read=partial(self.get_by_symbol, query),
                )
        return found

    def store_market_rules(self, rules: Iterable[MarketRule]) -> None:
        self.market_rules.update({rule.market_rule_id: rule for rule in rules})

    def find_names(self, words: Collection[str]) -> tuple[StoredNames, ...]:
        return tuple(map(StoredNames.of, self.find_named(words)))

    def find_named(self, words: Collection[str]) -> tuple[Future, ...]:
        covered = covered_asset_classes(self._entity)
        return tuple(
            self.products[key]
            for key in sorted(self.products)
            if self.products[key].asset_class in covered
            and not _names_of(self.products[key]).isdisjoint(words)
        )

    def find_former_names(self, words: Collection[str]) -> tuple[FormerName, ...]:
        return tuple(
            name
            for name in self.former_names
            if not {name.former.symbol, name.former.trading_class}.isdisjoint(words)
        )

    def find_market_rules(self, ids: Collection[int]) -> tuple[MarketRule, ...]:
        found = (self.market_rules[number] for number in sorted(ids) if number in self.market_rules)
        return tuple(rule for rule in found if rule.increments)

    def known_market_rules(self) -> frozenset[int]:
        return frozenset(self.market_rules)

    def _record(
        self,
        run: SyncRun,
        query: FutureQuery,
        outcome: ProductOutcome,
        *,
        key: ProductKey | None,
        counts: ContractCounts,
        error: Exception | None = None,
    ) -> None:
        recorded = RecordedProduct(
            run_id=run.run_id,
            asked=dataclasses.replace(query, currency=None, con_id=None),
            key=key,
            outcome=outcome,
            error=None if error is None else type(error).__name__,
            message=None if error is None else str(error),
            counts=counts,
            at=self._clock(),
        )
        self.runs[run.run_id - 1].products.append(recorded)

    def _stubs_of(self, key: ProductKey) -> Iterator[Future]:
        for pair in (key, key._replace(trading_class=key.symbol)):
            if pair in self.products and self.products[pair].is_stub:
                yield self.products[pair]

    def _note_name(self, before: ProductKey, after: ProductKey, *, renamed: bool) -> None:
        if before == after or not renamed:
            return
        self.former_names = [
            dataclasses.replace(other, current=after) if other.current == before else other
            for other in self.former_names
        ]
        name = FormerName(former=before, current=after, until=self._clock())
        self.former_names.append(name)

    def _plan(self, acquired: AcquiredFuture[F], policy: SyncPolicy) -> ProductPlan[F]:
        self._refuse_sample_mix(acquired.product)
        return plan_acquired(acquired, self, self._clock(), allow_shrink=policy.allow_shrink)

    def find(self, key: ProductKey) -> Future | None:
        return self.products.get(key) or next(self._stubs_of(key), None)

    def owners_of(self, con_ids: Collection[int]) -> tuple[Future, ...]:
        return tuple(
            product
            for _, product in sorted(self.products.items())
            if any(contract.con_id in con_ids for contract in product.contracts)
        )

    def _apply(self, plan: ProductPlan[Future]) -> None:
        product = plan.update.product
        if plan.before is not None:
            del self.products[plan.before.key]
            self._note_name(plan.before.key, product.key, renamed=plan.is_renamed)
            self.replies[product.key] = self.replies.pop(plan.before.key, [])
            for stub in list(self._stubs_of(product.key)):
                del self.products[stub.key]
        for key, other in self.products.items():
            left = tuple(
                contract for contract in other.contracts if contract.con_id not in plan.moved_in
            )
            self.products[key] = dataclasses.replace(other, contracts=left)
        self.products[product.key] = product
        self.history.extend(plan.update.history)

    def _refuse_sample_mix(self, received: Future) -> None:
        origins = {product.origin for product in self.products.values()} | {received.origin}
        if Origin.SAMPLE in origins and any(other.is_real for other in origins):
            raise SampleDataError(received.key)

    def _summary(self, product: Future) -> ProductSummary:
        now = self._clock()
        active = [
            contract
            for contract in product.contracts
            if contract.state(now) is ContractState.ACTIVE
        ]
        series = usual_series(active)
        listed = [contract for contract in active if contract.series in series]
        return ProductSummary(
            key=product.key,
            asset_class=product.asset_class,
            category=product.category,
            currency=product.currency,
            name=product.name,
            origin=product.origin,
            listed=len(listed),
            next_expiry=min((contract.last_trade_date for contract in listed), default=None),
            synced_at=product.synced_at,
            closed_at=product.closed_by(now),
            remarks=remark_sentences(
                product.remarks,
                (
                    (contract.local_symbol, contract.remarks)
                    for contract in product.contracts
                    if contract.state(now) in (ContractState.ACTIVE, ContractState.MISSING)
                ),
            ),
        )


def _names_of(product: Future) -> set[str]:
    names = {product.symbol, product.trading_class}
    for contract in product.contracts:
        names |= {contract.trading_class, contract.local_symbol, str(contract.con_id)}
    return names
