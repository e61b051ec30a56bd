"""What the source of a run knows of what is stored, and what the run has stored meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.futures import ChainExtent, Future, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import ProductLookupError, StorageError
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.evidence.recognition import RememberedProduct, ReplyStatement
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import KnownFutures
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy

F = TypeVar("F", bound=Future)

MAX_LADDERS = 1000
"""So many tick ladders are asked for in a run; IBKR has some hundreds."""

_LOOKED_AHEAD = 16
"""So many products are looked at together by what their replies are recognised."""

_REFRESHES = (RunKind.REFRESH, RunKind.NAMED_REFRESH)


class StoredInRun(KnownFutures, Generic[F]):
    """What is stored, and which tick ladders the products refer to that the run has stored.

    A product that is asked for is read once, until the run has stored it: no other run stores
    meanwhile. What its reply is recognised by is read together with that of those due after it, and
    its chain only for a reply that is not recognised. What is planned in the end is planned of what
    is read again.
    """

    def __init__(
        self,
        local: LocalFuturePort[F],
        due: Sequence[FutureQuery],
        policy: SyncPolicy,
        clock: Callable[[], datetime],
        *,
        is_file: bool,
    ) -> None:
        self._local = local
        self._due = due
        self._places = {query: place for place, query in enumerate(due)}
        self._reached = 0
        self._policy = policy
        self._is_file = is_file
        self._clock = clock
        self._remembered: dict[FutureQuery, RememberedProduct | None] = {}
        self._read: dict[FutureQuery, Future] = {}
        self._known_rules: frozenset[int] = frozenset()
        self._market_rules: set[int] = set()
        self._doubtful_rules: set[int] = set()

    def look_ahead(self) -> None:
        """Read what the first questions will be chosen by, and which tick ladders are stored."""
        self._known_rules = self._local.known_market_rules()
        first, *_ = self._due
        with suppress(ProductLookupError, StorageError):  # which its question will meet
            self.key_of(first)
            self.get_by_symbol(first)  # as its reply may have to be compared

    def forget(self, outcome: FutureUpdate[F] | FutureFailure) -> None:
        """Let go of what was read before it came to this, which may have changed other products."""
        diff = outcome.diff or ChainDiff()
        if isinstance(outcome, FutureFailure):
            if not diff.is_empty:
                self._forget_all()
            return
        key = outcome.stored.key
        if outcome.is_recognised:  # as nearly always; none of its rows says anything else
            for query in (outcome.query, FutureQuery(**key._asdict())):
                self._remembered.pop(query, None)
                self._read.pop(query, None)
            return
        keys = {known.key for known in self._remembered.values() if known is not None}
        keys.update(product.key for product in self._read.values())
        is_renamed = not outcome.is_new and key not in keys
        if diff.moved or is_renamed:
            self._forget_all()
            return
        self._remembered = {
            query: other
            for query, other in self._remembered.items()
            if not query.may_mean(key) and (other is None or other.key != key)
        }
        self._read = {
            query: other
            for query, other in self._read.items()
            if not query.may_mean(key) and other.key != key
        }

    def _forget_all(self) -> None:
        self._remembered.clear()
        self._read.clear()

    def note(self, update: FutureUpdate[F]) -> None:
        """Remember what the run has stored, and beside which ladders the tick changed."""
        diff = update.diff or ChainDiff()
        other_ticks = {change.con_id for change in diff.changes if change.field == "min_tick"}
        rules = {
            contract.con_id: set(contract.exchanges_by_rule)
            for contract in update.product.contracts
        }
        self.note_rules({rule_id for rule in rules.values() for rule_id in rule})
        for con_id, rule_ids in rules.items():
            if con_id in other_ticks:
                self._doubtful_rules |= rule_ids

    def note_rules(self, ids: Collection[int]) -> None:
        """Remember the tick ladders of a product that the run has stored."""
        room = MAX_LADDERS - len(self._market_rules)
        self._market_rules.update(sorted(set(ids) - self._market_rules)[:room])

    def get_by_symbol(self, query: FutureQuery) -> Future:
        if query not in self._read:
            found = self._local.get_by_symbol(query)
            self._read[query] = found
            self._read[FutureQuery(**found.key._asdict())] = found
        return self._read[query]

    def key_of(self, query: FutureQuery) -> ProductKey | None:
        known = self._remember(query)
        if known is not None:
            return known.key
        try:
            product = self.get_by_symbol(query)
        except ProductLookupError:
            return None
        return None if product.chain_extent is ChainExtent.NOTHING else product.key

    def recognised(self, query: FutureQuery, said: ReplyStatement) -> RememberedProduct | None:
        key = FutureQuery(
            symbol=query.symbol, exchange=query.exchange, trading_class=query.trading_class
        )
        known = self._remember(key)
        is_again = known is not None and known.is_unchanged_by(query, said, self._clock())
        return known if is_again else None

    def _remember(self, query: FutureQuery) -> RememberedProduct | None:
        if query not in self._remembered:
            self._reached = self._places.get(query, self._reached)
            ahead = self._due[self._reached : self._reached + _LOOKED_AHEAD]
            queries = [query, *(other for other in ahead if other not in self._remembered)]
            try:
                found = self._local.remembered(queries)
            except StorageError:  # one row is enough: they are read in full, each by itself
                found = {}
            for asked in queries:
                self._remembered[asked] = found.get(asked)
            for known in found.values():
                self._remembered[FutureQuery(**known.key._asdict())] = known
        return self._remembered[query]

    def find_named(self, words: Collection[str]) -> tuple[Future, ...]:
        return self._local.find_named(words)

    def list_products(self) -> tuple[ProductSummary, ...]:
        return self._local.list_products()

    def due_market_rules(self) -> tuple[int, ...]:
        """Those not stored yet; then those stored that may have changed since.

        These are all in a refresh, else those beside which the tick has changed. A file's ladders
        have no date of their own, so that they replace none.
        """
        if not self._market_rules:
            return ()
        known = self._known_rules
        if self._is_file:
            return tuple(sorted(self._market_rules - known))
        is_refresh = self._policy.kind in _REFRESHES
        doubtful = self._market_rules if is_refresh else self._market_rules & self._doubtful_rules
        return (*sorted(self._market_rules - known), *sorted(doubtful & known))
