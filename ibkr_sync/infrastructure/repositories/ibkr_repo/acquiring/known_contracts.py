"""What it means that IBKR does not know a product: error 200, or a reply without a row.

IBKR answers 200 for products that exist while its security definition farm is down, without
always saying so. So it is believed at once only for a product that was never seen. One that is
stored is asked for by the conId of one of its contracts, which finds it if it was renamed; and
if that is unknown too, another product has to answer meanwhile. If that does, the other listed
contracts are asked for, which no outage is worth.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    ProductLookupError,
    ProductNotFoundError,
    ShrinkRefusedError,
)
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.evidence.chain_diff import absent_from_chain, refuse_chain_shrink
from ibkr_sync.domain.evidence.product_absence import contracts_to_ask_for
from ibkr_sync.domain.evidence.recognition import RememberedProduct, ReplyStatement
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.renaming import renamed_product
from ibkr_sync.domain.ports.future_source import KnownFutures
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest

WELL_KNOWN = (
    ProductKey("ES", "CME", "ES"),
    ProductKey("EUR", "CME", "6E"),
)
"""What IBKR is asked for when nothing else can show whether it answers at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownButDoubted:
    """A product that is stored and that IBKR says it does not know.

    Attributes:
        error: what to fail with if that is believed.
        product: its stored name.
        disturbances: how often the line to IBKR had been disturbed when it was first asked for.
        gone: conIds of its contracts that are unknown too.
        rest: its listed contracts that were not asked for.
        is_of_product: whether the question was about this product and no other.
    """

    error: ProductNotFoundError
    product: ProductKey
    disturbances: int
    gone: frozenset[int] = frozenset()
    rest: tuple[FuturesContract, ...] = ()
    is_of_product: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProbe:
    """A product that answers if IBKR answers at all, with the request that shows it."""

    name: str
    request: ContractRequest


class KnownContracts:
    """What is stored of the products that are asked for, and which of them have answered."""

    def __init__(self, known: KnownFutures, clock: Callable[[], datetime]) -> None:
        self._known = known
        self._clock = clock
        self._answered: dict[ProductKey, int] = {}

    def find_named(self, words: Collection[str]) -> tuple[Future, ...]:
        """Give the stored products that one of the words names, a conId among them."""
        return self._known.find_named(words)

    def key_of(self, query: FutureQuery) -> ProductKey | None:
        """Give the one stored product that has contracts and that a query means, None if none.

        None too for a query that nothing could narrow further, which costs no look at its chain.
        """
        if query.exchange is not None and query.trading_class is not None:
            return None
        return self._known.key_of(query)

    def recognised_product(
        self, query: FutureQuery, said: ReplyStatement
    ) -> RememberedProduct | None:
        """Give the stored product that a query means and of which a reply says nothing new.

        None where any of it is open (see `KnownFutures`).
        """
        if query.exchange is None or query.trading_class is None or query.con_id is not None:
            return None
        return self._known.recognised(query, said)

    def note_answered(self, product: Future) -> None:
        """Remember a conId of a product that IBKR has just reported."""
        contract = _living(product, self._clock())
        if contract is not None:
            self._answered[product.key] = contract.con_id

    def stored_before(self, acquired: AcquiredFuture[Future]) -> Future | None:
        """Give the stored product that a reply is about, perhaps under another name."""
        received = acquired.product
        try:
            found = self._known.get_by_symbol(FutureQuery(**received.key._asdict()))
        except ProductLookupError:
            found = None
        if found is not None and not found.is_stub:
            return found
        owners = self._known.find_named({str(other.con_id) for other in received.contracts})
        named = {other.key for other in acquired.others}
        leaving = (owner for owner in owners if owner.key not in named)
        return renamed_product(received, leaving, self._instant_of(received))

    def absent_from(
        self, acquired: AcquiredFuture[Future], stored: Future
    ) -> tuple[FuturesContract, ...]:
        """Give the contracts of a stored product that a reply lacks."""
        received = acquired.product
        present = _with_contracts_of(received, acquired.others)
        return absent_from_chain(stored, present, self._instant_of(received))

    def would_refuse(
        self, acquired: AcquiredFuture[Future], stored: Future, lost: Collection[int]
    ) -> bool:
        """Whether a reply will be refused because a stored product loses these contracts by it."""
        rest = tuple(other for other in stored.contracts if other.con_id not in lost)
        shrunk = dataclasses.replace(stored, contracts=rest)
        try:
            refuse_chain_shrink(stored, shrunk, self._instant_of(acquired.product))
        except ShrinkRefusedError:
            return True
        return False

    def _instant_of(self, received: Future) -> datetime:
        return received.synced_at or self._clock()

    def doubted_product(self, query: FutureQuery) -> Future | None:
        """Give the one product that a query means of those that a source has reported.

        None if there is none; of several the first with a contract that trades.
        """
        now = self._clock()
        found = [product for product in self._stored(query) if not product.is_stub]
        living = (product for product in found if _living(product, now) is not None)
        return found[0] if len(found) == 1 else next(living, None)

    def is_of_product(self, query: FutureQuery) -> bool:
        """Whether a query means one stored product and no other, nor a contract alone."""
        return query.con_id is None and len(self._stored(query)) == 1

    def to_ask_for(self, product: Future) -> tuple[FuturesContract, ...]:
        """Give the contracts by whose conIds to ask for a product that IBKR does not know.

        Of one that was found by contracts that had ended already, which no other question shows,
        the last of them.
        """
        now = self._clock()
        one = _living(product, now) or _last_found_ended(product)
        return contracts_to_ask_for(product, now) or ((one,) if one else ())

    def probes(self, doubted: Iterable[ProductKey]) -> Iterator[KnownProbe]:
        """Give products to ask for that are none of these: at most two, the surest first."""
        without = set(doubted)
        kept = next(self._kept_probes(without), None)
        if kept is not None:
            yield kept
        for key in WELL_KNOWN:
            if key not in without:
                yield KnownProbe(
                    name=str(key),
                    request=ContractRequest(symbol=key.symbol, exchange=key.exchange),
                )
                return

    def _kept_probes(self, without: set[ProductKey]) -> Iterator[KnownProbe]:
        for key, con_id in reversed(self._answered.items()):
            if key not in without:
                yield _probe(key, con_id)
        now = self._clock()
        for key in _latest_first(self._known.list_products()):
            living = None if key in without else self._living_of(key, now)
            if living is not None:
                yield _probe(key, living.con_id)

    def _living_of(self, key: ProductKey, now: datetime) -> FuturesContract | None:
        symbol, exchange, trading_class = key
        query = FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)
        return _living(self._known.get_by_symbol(query), now)

    def _stored(self, query: FutureQuery) -> tuple[Future, ...]:
        try:
            return (self._known.get_by_symbol(query),)
        except AmbiguousProductError:
            word = query.symbol if query.con_id is None else str(query.con_id)
            return tuple(
                product for product in self._known.find_named({word}) if query.matches(product)
            )
        except ProductLookupError:
            return ()


def _with_contracts_of(product: Future, others: Iterable[Future]) -> Future:
    chains = (other.contracts for other in others)
    return dataclasses.replace(product, contracts=sum(chains, product.contracts))


def _living(product: Future, now: datetime) -> FuturesContract | None:
    active = (
        contract for contract in product.contracts if contract.state(now) is ContractState.ACTIVE
    )
    return next(active, None) or next(iter(product.unexpired(now)), None)


def _last_found_ended(product: Future) -> FuturesContract | None:
    """The contract that ended last, where each had ended when it was first seen."""
    ended_before = (
        contract.listing is not None and contract.is_expired(contract.listing.first_seen_at)
        for contract in product.contracts
    )
    return product.contracts[-1] if product.contracts and all(ended_before) else None


def _latest_first(summaries: Iterable[ProductSummary]) -> list[ProductKey]:
    """The products that may have living contracts, those synced last first."""
    synced = [
        (summary.synced_at, summary.key)
        for summary in summaries
        if summary.listed and summary.synced_at
    ]
    return [key for _, key in sorted(synced, reverse=True)]


def _probe(key: ProductKey, con_id: int) -> KnownProbe:
    return KnownProbe(name=str(key), request=ContractRequest(con_id=con_id))
