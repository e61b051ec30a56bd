"""History in plain lists, kept beside the in-memory repository."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime, timedelta

from fakes.futures import PLACE, InMemoryFutureRepository
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync.domain.evidence.product_update import PRODUCT
from ibkr_sync.domain.evidence.remarks import REMARKS
from ibkr_sync.domain.history.alike_events import FIELDS_OF_PAST, products_changed_alike
from ibkr_sync.domain.history.events import is_first_sight_event
from ibkr_sync.domain.history.recorded_history import (
    NOTHING_BEFORE,
    ContractPast,
    FirstSight,
    ProductHistory,
    RecordedChange,
    RecordedEnd,
    RecordedLadder,
    RecordedPeriod,
    RecordedReply,
    RecordedRun,
    RecordedRunPeriod,
    ReplySpan,
)
from ibkr_sync.domain.history.remark_changes import RECURRENCE
from ibkr_sync.domain.ports.history import HistoryPort
from ibkr_sync.domain.runs.sync_policy import SyncRun


class InMemoryHistory(HistoryPort):
    """What a repository recorded, as far as `note` was called after each of its writes."""

    def __init__(self, local: InMemoryFutureRepository[Future]) -> None:
        self._local = local
        self._changes: list[RecordedChange] = []
        self._replies: dict[ProductKey, list[RecordedReply]] = {}
        self._observed: dict[ProductKey, list[tuple[int, datetime]]] = {}
        self._ids: dict[ProductKey, int] = {}
        self._runs: dict[int, RecordedRun] = {}
        self._ladders: list[tuple[datetime, int, MarketRule]] = []

    def note(self, product: Future, run: SyncRun, at: datetime) -> None:
        """Take over what the repository recorded when it stored the product last."""
        for name in self._local.former_names:
            self._rename(name.former, product.key)
        self.note_absence(product.key, run, at)
        self._replies.setdefault(product.key, []).append(
            RecordedReply(run=run.run_id, at=at, given_at=product.synced_at or at)
        )

    def note_absence(self, product: ProductKey, run: SyncRun, at: datetime) -> None:
        """Take over what the repository recorded when its source did not know the product."""
        for change in self._local.history[len(self._changes) :]:
            self._changes.append(
                RecordedChange(
                    product=product,
                    product_id=self._ids.setdefault(product, len(self._ids) + 1),
                    con_id=change.con_id,
                    field=change.field,
                    old=change.old,
                    new=change.new,
                    at=at,
                    run=run.run_id,
                )
            )
        self._observed.setdefault(product, []).append((run.run_id, at))
        self._runs[run.run_id] = RecordedRun(run=run.run_id, started_at=run.started_at)

    def note_ladder(self, rule: MarketRule, run: SyncRun, at: datetime) -> None:
        """Take over a tick ladder that was stored."""
        self._ladders.append((at, run.run_id, rule))
        self._runs[run.run_id] = RecordedRun(run=run.run_id, started_at=run.started_at)

    def period(
        self,
        since: datetime,
        now: datetime,
        product: ProductKey | None = None,
        con_id: int | None = None,
    ) -> RecordedPeriod:
        since = max(since, NOTHING_BEFORE)
        products = sorted(self._local.products.items())
        chosen = [other for key, other in products if product in (None, key)]
        keys = {other.key for other in chosen}
        changes = [other for other in self._changes if other.product in keys]
        names = {str(product)}
        names |= {str(name.former) for name in self._local.former_names if name.current == product}
        message = [
            other
            for other in self._changes
            if (
                other.con_id == con_id
                if con_id is not None
                else other.product in keys or (other.field == PRODUCT and other.old in names)
            )
        ]
        recent = [other for other in message if other.at >= since]
        earlier = [other for other in message if since - RECURRENCE <= other.at < since]
        first: dict[ProductKey, int] = {}
        for change in filter(is_first_sight_event, changes):
            first.setdefault(change.product, change.run)
        new = {
            other.product for other in filter(is_first_sight_event, recent) if other.product in keys
        }
        ended = [
            RecordedEnd(product=other.key, contract=contract)
            for other in chosen
            for contract in other.contracts
            if contract.is_expired(now)
            and contract.last_trade_date >= (since - timedelta(days=2)).date()
            and not (contract.listing and contract.listing.delisted_at)
        ]
        return RecordedPeriod(
            changes=tuple(map(self._named, recent)),
            earlier_remarks=tuple(
                self._named(other) for other in earlier if other.field == REMARKS
            ),
            ended=tuple(sorted(ended, key=lambda item: item.contract.last_trade_date)),
            ladders=tuple(
                ladder
                for found in chosen
                for ladder in self._ladders_of(found)
                if ladder.at >= since
            ),
            first_runs={key: first[key] for key in new},
            chains={key: self._chain(key) for key in products_changed_alike(recent)},
        )

    def of_run(self, run: int) -> RecordedRunPeriod:
        spans: dict[ProductKey, ReplySpan] = {}
        for key, observed in self._observed.items():
            before = [at for number, at in observed if number < run]
            own = [at for number, at in observed if number == run]
            if before and own:
                spans[key] = ReplySpan(max(before), own[-1])
        if run not in self._runs:
            return RecordedRunPeriod()
        began = self._runs[run].started_at
        latest = max((span.until for span in spans.values()), default=began)
        earliest = min((span.after for span in spans.values()), default=began)
        found, ended = self.period(began, latest), self.period(earliest, latest).ended
        sights = [change for change in self._changes if is_first_sight_event(change)]
        had_contracts = {sight.product for sight in sights if sight.run < run}
        changes = [change for change in found.changes if change.run == run]
        new = [change for change in changes if is_first_sight_event(change)]
        new = [change for change in new if change.product not in had_contracts]
        return RecordedRunPeriod(
            first_sights=tuple(
                FirstSight(
                    product=key,
                    product_id=self._ids[key],
                    contracts=sum(change.product == key for change in new),
                    at=min(change.at for change in new if change.product == key),
                    run=run,
                )
                for key in sorted({change.product for change in new})
            ),
            recorded=RecordedPeriod(
                changes=tuple(change for change in changes if change not in new),
                earlier_remarks=tuple(
                    self._named(other)
                    for other in self._changes
                    if other.field == REMARKS and other.run < run
                    if other.at >= began - RECURRENCE
                ),
                ladders=tuple(ladder for ladder in found.ladders if ladder.run == run),
                ended=tuple(end for end in ended if end.product in spans),
                first_runs=found.first_runs,
                chains=found.chains,
            ),
            spans=spans,
        )

    def of_product(self, product: ProductKey) -> ProductHistory:
        if product not in self._local.products:
            raise ProductNotFoundError(product.symbol, PLACE)
        found = self._local.products[product]
        own = {contract.con_id for contract in found.contracts}
        ever = {
            change.con_id for change in self._changes if change.product == product and change.con_id
        }
        moved = [contract for con_id, contract in self._contracts().items() if con_id in ever - own]
        return ProductHistory(
            product=found,
            contracts=(*found.contracts, *moved),
            changes=tuple(
                self._named(change)
                for change in self._changes
                if change.product == product or change.con_id in ever
            ),
            replies=tuple(self._replies[product]),
            runs=tuple(self._runs.values()),
            ladders=tuple(self._ladders_of(found)),
            first_seen_at=self._replies[product][0].at,
        )

    def market_rules(self, ids: Collection[int], at: datetime) -> tuple[MarketRule, ...]:
        known = {
            rule.market_rule_id: rule
            for seen_at, _, rule in self._ladders
            if seen_at <= at and rule.market_rule_id in ids
        }
        return tuple(known[number] for number in sorted(known))

    def _rename(self, before: ProductKey, after: ProductKey) -> None:
        if before in self._replies and before not in self._local.products:
            self._replies[after] = self._replies.pop(before)
            self._observed[after] = self._observed.pop(before)
            self._ids[after] = self._ids[before]
            self._changes = [
                dataclasses.replace(change, product=after) if change.product == before else change
                for change in self._changes
            ]

    def _chain(self, product: ProductKey) -> tuple[ContractPast, ...]:
        ever = {change.con_id for change in self._changes if change.product == product}
        return tuple(
            ContractPast(
                contract=contract,
                changes=tuple(
                    change
                    for change in self._changes
                    if change.con_id == con_id and change.field in FIELDS_OF_PAST
                ),
            )
            for con_id, contract in sorted(self._contracts().items())
            if con_id in ever
        )

    def _contracts(self) -> dict[int, FuturesContract]:
        products = self._local.products.values()
        return {contract.con_id: contract for product in products for contract in product.contracts}

    def _named(self, change: RecordedChange) -> RecordedChange:
        if change.con_id is None:
            return change
        contract = self._contracts()[change.con_id]
        return dataclasses.replace(
            change,
            local_symbol=contract.local_symbol,
            is_after_end=is_first_sight_event(change) and contract.is_expired(change.at),
        )

    def _ladders_of(self, product: Future) -> list[RecordedLadder]:
        ids = {venue.market_rule_id for contract in product.contracts for venue in contract.venues}
        found: list[RecordedLadder] = []
        last: dict[int, MarketRule] = {}
        for at, run, rule in self._ladders:
            before = last.get(rule.market_rule_id)
            if before is not None and before != rule and rule.market_rule_id in ids:
                ladder = RecordedLadder(
                    product=product.key,
                    product_id=self._ids[product.key],
                    old=before,
                    new=rule,
                    at=at,
                    run=run,
                )
                found.append(ladder)
            last[rule.market_rule_id] = rule
        return found
