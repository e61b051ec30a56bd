"""History is enough to know what was known on any day before."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from contracts import examples
from contracts.future_port import query_for
from fakes.clock import FakeClock
from ibkr_sync.domain.chain_diff import canonical_text
from ibkr_sync.domain.entities.contracts import Venue
from ibkr_sync.domain.entities.futures import Future, IndexFuture, Origin, UnclassifiedFuture
from ibkr_sync.domain.sync import AcquiredFuture, SyncPolicy
from ibkr_sync.infrastructure.repositories.local_repo.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema import reading
from ibkr_sync.infrastructure.repositories.local_repo.tables import field_changes
from integration.local_repo.products import repository

Facts: TypeAlias = dict[tuple[int | None, str], str | None]
"""Every fact that history keeps, as canonical text, by contract and field."""

ROLLING = {"con_id", "listing", "schedule", "order_types", "last_trade_text"}
PRODUCTS = (examples.DAX, examples.DAX_MINI)


def facts_of(product: Future) -> Facts:
    """What is known of a product and its contracts."""
    facts: Facts = {(None, "asset_class"): product.asset_class.value}
    for each in dataclasses.fields(product):
        if each.name not in ("contracts", "synced_at"):
            facts[None, each.name] = canonical_text(getattr(product, each.name))
    for contract in product.contracts:
        for each in dataclasses.fields(contract):
            if each.name not in ROLLING:
                facts[contract.con_id, each.name] = canonical_text(getattr(contract, each.name))
        facts[contract.con_id, "listing"] = listing_word(contract.listing)
    return facts


def listing_word(listing: Any) -> str:  # noqa: ANN401 - a ContractListing, always set here
    if listing.delisted_at is not None:
        return "delisted"
    return "missing" if listing.missing_since is not None else "listed"


def rewound(facts: Facts, changes: list[Any], day: datetime) -> Facts:
    """The facts of an earlier day: every later change undone, the latest first."""
    past = dict(facts)
    for change in reversed(changes):
        if change.seen_at > day:
            past[change.con_id, change.field] = change.old
    unseen = {
        con_id for (con_id, field), word in past.items() if field == "listing" and word is None
    }
    return {key: text for key, text in past.items() if key[0] not in unseen}


def changes_of(database: Database, facts: Facts) -> list[Any]:
    """The history of a product's fields and of the contracts it now has, oldest first."""
    con_ids = {con_id for con_id, _ in facts if con_id is not None}
    with reading(database) as connection:
        rows = connection.execute(select(field_changes).order_by(field_changes.c.id)).all()
    return [row for row in rows if row.con_id in con_ids or row.con_id is None]


contract_fields = st.fixed_dictionaries(
    {},
    optional={
        "multiplier": st.sampled_from([None, Decimal(5), Decimal("0.50")]),
        "market_name": st.sampled_from([None, "FDAX", "=x"]),
        "venues": st.sampled_from([(), (Venue(exchange="EUREX", market_rule_id=1),)]),
        "security_ids": st.sampled_from([(), (("ISIN", "A"), ("CUSIP", "B"))]),
    },
)
product_fields = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([None, "DAX", "Dax 40"]),
        "underlying": st.sampled_from([None, examples.DAX.underlying]),
        "min_tick": st.sampled_from([Decimal("0.5"), Decimal(1)]),
    },
)


@st.composite
def replies(draw: st.DrawFn) -> Future:
    """A complete reply for one product: some contracts gone, some changed, some new."""
    product = examples.with_chain(examples.DAX, 5, first_con_id=1)
    present = draw(st.sets(st.sampled_from(product.contracts), min_size=1))
    chain = (
        dataclasses.replace(each, **draw(contract_fields))
        for each in sorted(present, key=lambda each: each.con_id)
    )
    entity = draw(st.sampled_from([IndexFuture, UnclassifiedFuture]))
    fields = {each.name: getattr(product, each.name) for each in dataclasses.fields(product)}
    return entity(**fields | draw(product_fields) | {"contracts": tuple(chain)})


def store(local: LocalFutureRepository[Future], product: Future) -> None:
    policy = SyncPolicy(allow_shrink=True)
    with local.sync_run(Origin.IBKR) as run:
        acquired = AcquiredFuture(product=product)
        local.get_or_create_entity(acquired, query_for(product), policy, run)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(replies(), st.integers(1, 48)), min_size=2, max_size=6))
def test_every_day_before_follows_from_today_and_the_history(
    story: list[tuple[Future, int]],
) -> None:
    clock = FakeClock()
    days: list[tuple[datetime, Facts]] = []
    with Database(":memory:") as database:
        local = repository(database, clock)
        for reply, hours in story:
            store(local, reply)
            found = local.get_by_symbol(query_for(reply))
            days.append((clock.now, facts_of(found)))
            clock.advance(hours=hours)
        today = facts_of(found)
        history = changes_of(database, today)
        for day, facts in days:
            assert rewound(today, history, day) == facts


def test_history_tells_from_which_product_a_contract_came() -> None:
    clock = FakeClock()
    old, new = PRODUCTS
    mover = dataclasses.replace(old.contracts[0], trading_class=new.trading_class)
    with Database(":memory:") as database:
        local = repository(database, clock)
        store(local, old)
        first_day = clock.now
        clock.advance(days=1)
        store(local, dataclasses.replace(new, contracts=(mover,)))
        today = facts_of(local.get_by_symbol(query_for(new)))
        today[mover.con_id, "product"] = str(new.key)
        past = rewound(today, changes_of(database, today), first_day)
    assert past[mover.con_id, "product"] == str(old.key)
    assert past[mover.con_id, "trading_class"] == old.trading_class


def test_history_is_only_ever_added_to() -> None:
    clock = FakeClock()
    with Database(":memory:") as database:
        local = repository(database, clock)
        kept: list[Any] = []
        for multiplier in (5, 25, 5):
            changed = (
                dataclasses.replace(each, multiplier=Decimal(multiplier))
                for each in examples.DAX.contracts
            )
            store(local, dataclasses.replace(examples.DAX, contracts=tuple(changed)))
            clock.advance(days=1)
            history = changes_of(database, facts_of(local.get_by_symbol(query_for(examples.DAX))))
            assert history[: len(kept)] == kept
            assert len(history) == len(kept) + len(examples.DAX.contracts)
            kept = history
    assert kept[0].seen_at == clock.now - timedelta(days=3)
