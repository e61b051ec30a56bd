"""Tick ladders: kept beside those they replace, as they were, and when they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, Text, exists, func, select, type_coerce, update
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.history.recorded_history import RecordedLadder
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_insert
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import refuse_unstorable
from ibkr_sync.infrastructure.repositories.local_repo.products.reads import read_market_rules
from ibkr_sync.infrastructure.repositories.local_repo.products.succession import (
    instant_of_succession,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    market_rule_increments,
    market_rules,
    products,
    sync_runs,
)

_STEP_COLUMNS = ("market_rule_id", "seen_at", "position", "low_edge", "increment")

_Ladder = tuple[datetime, MarketRule]


def write_ladders(connection: Connection, rules: Iterable[MarketRule], now: datetime) -> None:
    """Keep tick ladders; a ladder that changed stands beside the one it replaces.

    It is newer than that one, even after the clock was set back. Raises InvalidReplyError for a
    number that can't be kept.
    """
    by_id = {rule.market_rule_id: rule for rule in rules}
    for rule in by_id.values():
        _refuse_unstorable(rule)
    stored = read_market_rules(connection, by_id.keys())
    changed_at = _changed_at(connection, by_id.keys())
    new = {rule_id: now for rule_id in by_id if rule_id not in changed_at}
    changed = {
        rule_id: instant_of_succession(at, now)
        for rule_id, at in changed_at.items()
        if by_id[rule_id] != stored.get(rule_id, MarketRule(market_rule_id=rule_id, increments=()))
    }
    columns = ("market_rule_id", "first_seen_at", "changed_at")
    bulk_insert(
        connection, market_rules, columns, ((rule_id, at, at) for rule_id, at in new.items())
    )
    for rule_id, at in changed.items():
        is_it = market_rules.c.market_rule_id == rule_id
        connection.execute(update(market_rules).where(is_it).values(changed_at=at))
    rows = (
        (rule_id, at, position, step.low_edge, step.increment)
        for rule_id, at in (new | changed).items()
        for position, step in enumerate(by_id[rule_id].increments)
    )
    bulk_insert(connection, market_rule_increments, _STEP_COLUMNS, rows)


def _changed_at(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """When the ladders that are stored under these ids were first seen as they are."""
    statement = select(market_rules.c.market_rule_id, market_rules.c.changed_at)
    found = connection.execute(statement.where(market_rules.c.market_rule_id.in_(ids)))
    return {row.market_rule_id: row.changed_at for row in found}


def _refuse_unstorable(rule: MarketRule) -> None:
    name = f"market rule {rule.market_rule_id}"
    refuse_unstorable(name, {"market_rule_id": rule.market_rule_id})
    for step in rule.increments:
        refuse_unstorable(name, {"low_edge": step.low_edge, "increment": step.increment})


def ladders_at(
    connection: Connection, ids: Collection[int], at: datetime
) -> tuple[MarketRule, ...]:
    """Give the tick ladders that applied under these ids at an aware instant, by id."""
    step = market_rule_increments.c
    found = _ladders(connection, step.market_rule_id.in_(ids), step.seen_at <= at)
    return tuple(ladders[-1][1] for _, ladders in sorted(found.items()))


def recorded_ladders(
    connection: Connection,
    since: datetime,
    is_wanted: Sequence[ColumnElement[bool]],
    *,
    run: int | None = None,
) -> tuple[RecordedLadder, ...]:
    """Give the tick ladders that changed from an aware instant on, once for each product.

    Those that changed in one run, or in any.
    """
    rule = market_rules.c
    changed = (rule.changed_at >= since, rule.changed_at > rule.first_seen_at)
    ids = connection.execute(select(rule.market_rule_id).where(*changed)).scalars().all()
    found = _ladders(connection, market_rule_increments.c.market_rule_id.in_(ids)) if ids else {}
    changes = [
        (rule_id, old, new, at)
        for rule_id, ladders in found.items()
        for (_, old), (at, new) in pairwise(ladders)
        if at >= since
    ]
    runs = {at: _run_at(connection, at) for *_, at in changes}
    left = [change for change in changes if run in (None, runs[change[-1]])]
    owners = {rule_id: tuple(_products_of(connection, rule_id, is_wanted)) for rule_id, *_ in left}
    recorded = [
        RecordedLadder(
            product=product, product_id=product_id, old=old, new=new, at=at, run=runs[at]
        )
        for rule_id, old, new, at in left
        for product_id, product in owners[rule_id]
    ]
    return tuple(sorted(recorded, key=lambda item: item.at))


def _ladders(connection: Connection, *conditions: ColumnElement[bool]) -> dict[int, list[_Ladder]]:
    """Every ladder of each rule with the instant it was first seen at, oldest first."""
    step = market_rule_increments.c
    statement = (
        select(market_rule_increments)
        .where(*conditions)
        .order_by(step.market_rule_id, step.seen_at, step.position)
    )
    steps: defaultdict[tuple[int, datetime], list[PriceIncrement]] = defaultdict(list)
    for row in connection.execute(statement):
        increment = PriceIncrement(low_edge=row.low_edge, increment=row.increment)
        steps[row.market_rule_id, row.seen_at].append(increment)
    ladders: defaultdict[int, list[_Ladder]] = defaultdict(list)
    for (rule_id, seen_at), increments in steps.items():
        rule = MarketRule(market_rule_id=rule_id, increments=tuple(increments))
        ladders[rule_id].append((seen_at, rule))
    return ladders


def _products_of(
    connection: Connection, rule_id: int, is_wanted: Iterable[ColumnElement[bool]]
) -> Iterator[tuple[int, ProductKey]]:
    """The products that have a contract with this rule on any of its venues, with their ids."""
    # Venues are compact JSON: [["CME",67],["QBALGO",null]]. Product by product, as the contracts of
    # all would be searched for the rule even where one product is wanted.
    has_rule = type_coerce(contracts.c.venues, Text).contains(f",{rule_id}]")
    statement = (
        select(products.c.id, products.c.symbol, products.c.exchange, products.c.trading_class)
        .where(exists().where(contracts.c.product_id == products.c.id, has_rule), *is_wanted)
        .order_by(products.c.symbol, products.c.exchange, products.c.trading_class)
    )
    for product_id, *key in connection.execute(statement):
        yield product_id, ProductKey(*key)


def _run_at(connection: Connection, at: datetime) -> int | None:
    """The run that was open at an instant, if any: there is one at a time."""
    latest = select(func.max(sync_runs.c.id)).where(sync_runs.c.started_at <= at)
    run: int | None = connection.execute(latest).scalar()
    return run
