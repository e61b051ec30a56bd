"""A product is renamed by a reply that has none of it under the old name any more."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from contracts import examples
from example_products import NOW
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.evidence.acquisition_plan import StoredForPlan, plan_acquired
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.naming.query import FutureQuery
from one_case import one_case

SEEN = ContractListing(first_seen_at=NOW, last_seen_at=NOW)
OLD = dataclasses.replace(
    examples.ES,
    contracts=tuple(
        dataclasses.replace(contract, listing=SEEN) for contract in examples.ES.contracts
    ),
    synced_at=NOW,
)


class OneProduct(StoredForPlan):
    """A database that holds one product."""

    def find(self, key: ProductKey) -> Future | None:
        return OLD if key == OLD.key else None

    def owners_of(self, con_ids: Collection[int]) -> tuple[Future, ...]:
        own = {contract.con_id for contract in OLD.contracts}
        return (OLD,) if own.intersection(con_ids) else ()


def under(trading_class: str, *positions: int) -> Future:
    chain = (
        dataclasses.replace(OLD.contracts[position], trading_class=trading_class, listing=None)
        for position in positions
    )
    return dataclasses.replace(OLD, trading_class=trading_class, contracts=tuple(chain))


@one_case("count", [1, 2])
def test_a_file_as_old_as_what_is_stored_leaves_each_of_its_contracts_unchanged(
    count: int,
) -> None:
    chain = OLD.contracts[:count]
    file = dataclasses.replace(OLD, origin=Origin.FILE, name="Other", contracts=chain)
    plan = plan_acquired(AcquiredFuture(product=file), OneProduct(), NOW)
    assert plan.update.diff == ChainDiff(unchanged=count)
    assert (plan.update.product, plan.update.history) == (OLD, ())


@one_case(("stays", "is_renamed"), [((), True), ((0,), False)])
def test_a_name_that_the_reply_still_has_is_not_given_up(
    stays: tuple[int, ...], *, is_renamed: bool
) -> None:
    leaves = [number for number in range(len(OLD.contracts)) if number not in stays]
    acquired = AcquiredFuture(
        product=under("NEW", *leaves),
        others=(under("ES", *stays),) if stays else (),
        scope=FutureQuery(symbol="ES"),
    )
    plan = plan_acquired(acquired, OneProduct(), NOW)
    assert plan.is_renamed is is_renamed
    moved = {change.con_id for change in plan.update.diff.changes if change.field == "product"}
    left = {OLD.contracts[leave].con_id for leave in leaves}
    assert moved == (set() if is_renamed else left)
    assert {contract.con_id for contract in plan.update.product.contracts} == left
