"""What storing an acquired product does to it, and to products that gave it or took contracts.

A contract belongs to one product. One that stands in a reply under another product than before
has moved, and is missed by nobody. If most of a chain goes to a key that is not stored yet, and
none of it stays, the product is renamed.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.remarks import Remark
from ibkr_sync.domain.errors import ShrinkRefusedError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.evidence.chain_diff import ChainDiff, FieldChange, refuse_chain_shrink
from ibkr_sync.domain.evidence.file_evidence import (
    contracts_not_stated,
    is_file_known,
    newer_file_rows,
    refuse_outdated_file,
)
from ibkr_sync.domain.evidence.product_update import (
    PRODUCT,
    ProductUpdate,
    plan_update,
)
from ibkr_sync.domain.evidence.remarks import new_remarks, remark_sentences, sentences_on_left_out
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.renaming import renamed_product

F = TypeVar("F", bound=Future)
F_co = TypeVar("F_co", bound=Future, covariant=True)


class StoredForPlan(Protocol):
    """What is stored, as far as a plan must know it."""

    @abstractmethod
    def find(self, key: ProductKey) -> Future | None:
        """Give the product that a reply for `key` is about, with its chain."""

    @abstractmethod
    def owners_of(self, con_ids: Collection[int]) -> tuple[Future, ...]:
        """Give the products under which these contracts are stored, with their chains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPlan(Generic[F_co]):
    """What becomes of one product.

    Attributes:
        before: the product as it is stored, perhaps under another name; None for a new one.
        chain: contracts as they are stored, those that move in included, by conId.
        moved_in: conIds of contracts that another product gives.
        stub: what only the catalogue knew by the new name of a renamed product.
        takers: products to which contracts of this one move, to be stored before it.
        not_stated: how many contracts that trade a file left out.
    """

    update: ProductUpdate[F_co]
    before: Future | None
    chain: dict[int, FuturesContract]
    moved_in: frozenset[int]
    stub: Future | None = None
    takers: tuple[ProductPlan[Future], ...] = ()
    not_stated: int = 0

    @property
    def is_new(self) -> bool:
        """Whether the product is not stored yet, under any name."""
        return self.before is None

    @property
    def remarks(self) -> tuple[str, ...]:
        """Where contracts moved to, and what is odd that was not before, a sentence each."""
        moved = (
            f"{len(taker.moved_in)} contract{'s' * (len(taker.moved_in) > 1)} moved to"
            f" {taker.update.product.key}"
            for taker in self.takers
        )
        product, known = self.update.product, self.chain
        odd = remark_sentences(
            new_remarks(self.before.remarks if self.before else (), product.remarks),
            (
                (
                    contract.local_symbol,
                    new_remarks(_remarks_on(known.get(contract.con_id)), contract.remarks),
                )
                for contract in product.contracts
            ),
        )
        return (*moved, *odd, *self._partial())

    def _partial(self) -> Iterator[str]:
        if self.not_stated:
            contracts = f"{self.not_stated} contract{'s' * (self.not_stated > 1)}"
            yield f"the file leaves out {contracts}: it makes the product no fresher"

    @property
    def left_out(self) -> tuple[str, ...]:
        """What keeps contracts from being stored, and was not met before."""
        known = self.before.remarks if self.before else ()
        return sentences_on_left_out(known, self.update.product.remarks)

    @property
    def is_renamed(self) -> bool:
        """Whether it was stored under another name."""
        return (
            self.before is not None
            and not self.before.is_stub
            and self.before.key != self.update.product.key
        )


def plan_acquired(
    acquired: AcquiredFuture[F], stored: StoredForPlan, now: datetime, *, allow_shrink: bool = False
) -> ProductPlan[F]:
    """Plan how an acquired product is stored, given at the aware instant `now`.

    Raises what `plan_update` raises; OutdatedDataError and ShrinkRefusedError for a product that
    the question did not cover too, when it would lose contracts.
    """
    return _plan(acquired, stored, now, allow_shrink=allow_shrink, may_rename=True)


def _plan(
    acquired: AcquiredFuture[F],
    stored: StoredForPlan,
    now: datetime,
    *,
    allow_shrink: bool,
    may_rename: bool,
    is_whole: bool = True,
) -> ProductPlan[F]:
    received = acquired.product
    con_ids = {contract.con_id for contract in received.contracts}
    found = stored.find(received.key)
    known = {contract.con_id for contract in found.contracts} if found else set()
    owners = stored.owners_of(con_ids - known)
    stub = found if found is not None and found.is_stub else None
    is_free = found is None or found is stub  # no product of a source has the name yet
    still_named = {other.key for other in acquired.others}
    leaving = [owner for owner in owners if owner.key not in still_named]
    renamed = renamed_product(received, leaving, now) if is_free and may_rename else None
    before = renamed or found
    donors = [owner for owner in owners if before is None or owner.key != before.key]
    left_out: tuple[FuturesContract, ...] = ()
    if acquired.is_from_file:
        left_out = (
            contracts_not_stated(before, con_ids | acquired.called_absent | acquired.gone, now)
            if before
            else ()
        )
        if before is not None and left_out:
            received = _of_known_origin(received, before)
        is_known = is_file_known(before, received)  # what it shows is what is stored
        donors = [] if is_known else donors
        for donor in donors:
            refuse_outdated_file(donor, received, now)
        owners = () if is_known else tuple(owner for owner in (before, *donors) if owner)
        observed = (contract for owner in owners for contract in owner.contracts)
        received = newer_file_rows(received, observed)
        con_ids = {contract.con_id for contract in received.contracts}
    moved = _contracts_of(donors, con_ids - known)
    _refuse_loss(donors, set(moved), acquired, now, allow_shrink=allow_shrink)
    takers = _takers(before, acquired, stored, now)
    chain = _chain(before, moved.values(), takers)
    base = received if before is None and moved else before
    planned = plan_update(
        None if base is None else dataclasses.replace(base, contracts=tuple(chain.values())),
        received,
        now,
        gone=acquired.gone,
        allow_shrink=allow_shrink,
        is_whole=is_whole,
        is_file=acquired.is_from_file,
        moved_out=sum(
            contract.con_id not in chain for contract in (before.unexpired(now) if before else ())
        ),
    )
    planned = _without_what_left(planned, received.key, takers)
    plan = ProductPlan(
        update=_with_moves(planned, donors, set(moved), received.key),
        before=before,
        chain=chain,
        moved_in=frozenset(moved),
        stub=stub if renamed else None,
        takers=takers,
        not_stated=len(left_out),
    )
    return _as_old_as_it_was(plan) if left_out else plan


def _of_known_origin(received: F, before: Future) -> F:
    """What a part of a chain came from is not where its product comes from."""
    if received.origin.is_real and before.origin.is_real:
        return dataclasses.replace(received, origin=before.origin)
    return received


def _remarks_on(known: FuturesContract | None) -> tuple[Remark, ...]:
    return known.remarks if known else ()


def _chain(
    before: Future | None,
    moved_in: Iterable[FuturesContract],
    takers: Iterable[ProductPlan[Future]],
) -> dict[int, FuturesContract]:
    moved_out = {con_id for taker in takers for con_id in taker.moved_in}
    own = before.contracts if before else ()
    return {
        contract.con_id: contract
        for contract in (*own, *moved_in)
        if contract.con_id not in moved_out
    }


def _takers(
    before: Future | None, acquired: AcquiredFuture[Future], stored: StoredForPlan, now: datetime
) -> tuple[ProductPlan[Future], ...]:
    """Plan the other products of the reply that hold contracts of the stored one.

    Nothing is gone from them, and nothing is said of what they lack. They take contracts from the
    stored one alone: a third one, which is no party to this, is left as it is.
    """
    present = {contract.con_id for contract in acquired.product.contracts}
    own = before.contracts if before else ()
    leaving = {contract.con_id for contract in own} - present
    takers = []
    for other in acquired.others:
        if leaving.isdisjoint(contract.con_id for contract in other.contracts):
            continue
        # Whether whole or one contract alone, it was shown when the reply was given.
        shown = dataclasses.replace(
            _without_third_parties(other, before, stored), synced_at=acquired.product.synced_at
        )
        covered = AcquiredFuture(product=shown, scope=FutureQuery(symbol=acquired.product.symbol))
        is_whole = other.synced_at is not None
        plan = _plan(covered, stored, now, allow_shrink=True, may_rename=False, is_whole=is_whole)
        takers.append(plan if is_whole else _as_old_as_it_was(plan))
    return tuple(takers)


def _without_third_parties(taker: F, giver: Future | None, stored: StoredForPlan) -> F:
    """The product without contracts that are stored under neither it nor the one that gives."""
    parties = {taker.key} if giver is None else {taker.key, giver.key}
    owners = stored.owners_of([contract.con_id for contract in taker.contracts])
    foreign = {
        contract.con_id
        for owner in owners
        if owner.key not in parties
        for contract in owner.contracts
    }
    chain = tuple(other for other in taker.contracts if other.con_id not in foreign)
    return dataclasses.replace(taker, contracts=chain)


def _as_old_as_it_was(plan: ProductPlan[F]) -> ProductPlan[F]:
    """A product of which single contracts were seen has not been synced by that."""
    synced_at = plan.before.synced_at if plan.before else None
    product = dataclasses.replace(plan.update.product, synced_at=synced_at)
    return dataclasses.replace(plan, update=dataclasses.replace(plan.update, product=product))


def _refuse_loss(
    donors: Iterable[Future],
    leaving: set[int],
    acquired: AcquiredFuture[Future],
    now: datetime,
    *,
    allow_shrink: bool,
) -> None:
    """Let the size of a product decide whether a reply may take its contracts.

    A reply whose question covered that product has spoken of it too.
    """
    for donor in donors:
        if acquired.scope is not None and acquired.scope.may_mean(donor.key):
            continue
        rest = dataclasses.replace(
            donor,
            contracts=tuple(
                contract for contract in donor.contracts if contract.con_id not in leaving
            ),
        )
        if allow_shrink:
            continue
        try:
            refuse_chain_shrink(donor, rest, now)
        except ShrinkRefusedError as error:
            taker = acquired.product.key
            raise ShrinkRefusedError(
                error.product, stored=error.stored, lost=error.lost, taker=taker
            ) from error


def _contracts_of(donors: Iterable[Future], con_ids: set[int]) -> dict[int, FuturesContract]:
    return {
        contract.con_id: contract
        for donor in donors
        for contract in donor.contracts
        if contract.con_id in con_ids
    }


def _without_what_left(
    planned: ProductUpdate[F], key: ProductKey, takers: Iterable[ProductPlan[Future]]
) -> ProductUpdate[F]:
    """The update with the contracts that left the product among its changes.

    History has them once, as changes of the product that took them.
    """
    left = tuple(
        FieldChange(con_id=con_id, field=PRODUCT, old=str(key), new=str(taker.update.product.key))
        for taker in takers
        for con_id in sorted(taker.moved_in)
    )
    diff = _with_moved(planned.diff, left)
    return dataclasses.replace(planned, diff=diff)


def _with_moves(
    planned: ProductUpdate[F], donors: Iterable[Future], moved: set[int], to: ProductKey
) -> ProductUpdate[F]:
    """The update with the contracts that left another product among its changes."""
    moves = tuple(
        FieldChange(con_id=contract.con_id, field=PRODUCT, old=str(donor.key), new=str(to))
        for donor in donors
        for contract in donor.contracts
        if contract.con_id in moved
    )
    diff = _with_moved(planned.diff, moves)
    return dataclasses.replace(planned, diff=diff, history=planned.history + moves)


def _with_moved(diff: ChainDiff, moves: tuple[FieldChange, ...]) -> ChainDiff:
    moved = diff.moved | {move.con_id for move in moves if move.con_id is not None}
    return dataclasses.replace(diff, changes=diff.changes + moves, moved=moved)
