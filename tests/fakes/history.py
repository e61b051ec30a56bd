"""History in plain lists, kept beside the in-memory repository."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from fakes.futures import PLACE, InMemoryFutureRepository
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync.domain.evidence.product_update import PRODUCT
from ibkr_sync.domain.evidence.remarks import REMARKS
from ibkr_sync.domain.history.alike_events import products_changed_alike
from ibkr_sync.domain.history.events import is_first_sight_event
from ibkr_sync.domain.history.recorded_history import (
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
        self._runs: dict[int, RecordedRun] = {}
        self._ladders: list[tuple[datetime, int, MarketRule]] = []

    def note(self, product: Future, run: SyncRun, at: datetime) -> None:
        """Take over what the repository recorded when it stored the product last."""
        for name in self._local.former_names:
            self._rename(name.former, product.key)
        for change in self._local.history[len(self._changes) :]:
            self._changes.append(
                RecordedChange(
                    product=product.key,
                    con_id=change.con_id,
                    field=change.field,
                    old=change.old,
                    new=change.new,
                    at=at,
                    run=run.run_id,
                )
            )
        self._replies.setdefault(product.key, []).append(
            RecordedReply(run=run.run_id, at=at, given_at=product.synced_at or at)
        )
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
        since = max(since, datetime(1970, 1, 1, tzinfo=UTC))
        products = sorted(self._local.products.items())
        chosen = [each for key, each in products if product in (None, key)]
        keys = {each.key for each in chosen}
        changes = [each for each in self._changes if each.product in keys]
        names = {str(product)}
        names |= {str(each.former) for each in self._local.former_names if each.current == product}
        told = [
            each
            for each in self._changes
            if (
                each.con_id == con_id
                if con_id is not None
                else each.product in keys or (each.field == PRODUCT and each.old in names)
            )
        ]
        recent = [each for each in told if each.at >= since]
        earlier = [each for each in told if since - RECURRENCE <= each.at < since]
        first: dict[ProductKey, datetime] = {}
        for change in filter(is_first_sight_event, changes):
            first.setdefault(change.product, change.at)
        new = {
            each.product for each in filter(is_first_sight_event, recent) if each.product in keys
        }
        ended = [
            RecordedEnd(product=each.key, contract=contract)
            for each in chosen
            for contract in each.contracts
            if contract.is_expired(now)
            and contract.last_trade_date >= (since - timedelta(days=2)).date()
            and not (contract.listing and contract.listing.delisted_at)
        ]
        return RecordedPeriod(
            changes=tuple(map(self._named, recent)),
            earlier_remarks=tuple(self._named(each) for each in earlier if each.field == REMARKS),
            ended=tuple(sorted(ended, key=lambda each: each.contract.last_trade_date)),
            ladders=tuple(
                each for found in chosen for each in self._ladders_of(found) if each.at >= since
            ),
            first_replies={key: first[key] for key in new},
            chains={
                key: self._local.products[key].contracts for key in products_changed_alike(recent)
            },
        )

    def of_run(self, run: int) -> RecordedRunPeriod:
        spans: dict[ProductKey, ReplySpan] = {}
        for key, replies in self._replies.items():
            before = [each.at for each in replies if each.run < run]
            own = [each.at for each in replies if each.run == run]
            if before and own:
                spans[key] = ReplySpan(before[-1], own[-1])
        if run not in self._runs:
            return RecordedRunPeriod()
        began = self._runs[run].started_at
        latest = max((each.until for each in spans.values()), default=began)
        earliest = min((each.after for each in spans.values()), default=began)
        found, ended = self.period(began, latest), self.period(earliest, latest).ended
        sights = [each for each in self._changes if is_first_sight_event(each)]
        had_contracts = {each.product for each in sights if each.run < run}
        changes = [each for each in found.changes if each.run == run]
        new = [each for each in changes if is_first_sight_event(each)]
        new = [each for each in new if each.product not in had_contracts]
        return RecordedRunPeriod(
            first_sights=tuple(
                FirstSight(
                    product=key,
                    contracts=sum(each.product == key for each in new),
                    at=min(each.at for each in new if each.product == key),
                    run=run,
                )
                for key in sorted({each.product for each in new})
            ),
            recorded=RecordedPeriod(
                changes=tuple(each for each in changes if each not in new),
                earlier_remarks=found.earlier_remarks,
                ladders=tuple(each for each in found.ladders if each.run == run),
                ended=tuple(each for each in ended if each.product in spans),
                first_replies=found.first_replies,
                chains=found.chains,
            ),
            spans=spans,
        )

    def of_product(self, product: ProductKey) -> ProductHistory:
        if product not in self._local.products:
            raise ProductNotFoundError(product.symbol, PLACE)
        found = self._local.products[product]
        own = {each.con_id for each in found.contracts}
        ever = {each.con_id for each in self._changes if each.product == product and each.con_id}
        moved = [each for con_id, each in self._contracts().items() if con_id in ever - own]
        return ProductHistory(
            product=found,
            contracts=(*found.contracts, *moved),
            changes=tuple(
                self._named(each)
                for each in self._changes
                if each.product == product or each.con_id in ever
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
        return tuple(known[each] for each in sorted(known))

    def _rename(self, before: ProductKey, after: ProductKey) -> None:
        if before in self._replies and before not in self._local.products:
            self._replies[after] = self._replies.pop(before)
            self._changes = [
                dataclasses.replace(each, product=after) if each.product == before else each
                for each in self._changes
            ]

    def _contracts(self) -> dict[int, FuturesContract]:
        products = self._local.products.values()
        return {each.con_id: each for product in products for each in product.contracts}

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
        ids = {venue.market_rule_id for each in product.contracts for venue in each.venues}
        found: list[RecordedLadder] = []
        last: dict[int, MarketRule] = {}
        for at, run, rule in self._ladders:
            before = last.get(rule.market_rule_id)
            if before is not None and before != rule and rule.market_rule_id in ids:
                ladder = RecordedLadder(product=product.key, old=before, new=rule, at=at, run=run)
                found.append(ladder)
            last[rule.market_rule_id] = rule
        return found
