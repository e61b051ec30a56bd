"""The products that the user wants kept up to date."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
from ibkr_sync.application.resolution.symbol_resolver import KNOWN_PLACES
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    MalformedSymbolError,
    NotWatchableError,
    NotWatchedError,
    ProductLookupError,
    ProductNotFoundError,
    UnknownGroupError,
)
from ibkr_sync.domain.naming.limits import UNLIMITED, Limits
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.ports.watchlist import WatchedProduct, WatchlistPort

_GROUP = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistMatch:
    """What a text given for the watchlist means.

    Attributes:
        is_known: whether catalogue or database know the product; if not it is kept as typed.
        found: how the text was taken.
    """

    product: WatchedProduct
    is_known: bool
    found: SymbolResolution


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistState:
    """An entry of the list, and what it means today.

    Attributes:
        current: the entry by the name that IBKR has for its product now.
        stored: the stored products that it means; none if none is stored.
    """

    product: WatchedProduct
    current: WatchedProduct
    stored: tuple[ProductSummary, ...]

    @property
    def is_closed(self) -> bool:
        """Whether all that it means is closed."""
        return bool(self.stored) and all(summary.is_closed for summary in self.stored)

    @property
    def synced_at(self) -> datetime | None:
        """The last complete reply for the one synced longest ago; None if one never was."""
        instants = [summary.synced_at for summary in self.stored]
        known = [instant for instant in instants if instant is not None]
        return min(known) if known and len(known) == len(instants) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistSelection:
    """What of the list, or of some groups of it, is to be kept up to date.

    Attributes:
        products: what to ask for, each once, by today's names; what is closed is left out.
        closed: the closed products that are left out, by name.
        watched: what all of the list asks for, by today's names.
    """

    products: tuple[FutureQuery, ...]
    closed: tuple[ProductSummary, ...]
    watched: frozenset[FutureQuery]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistAddition:
    """What was put on the list.

    Attributes:
        products: all that were named, each once.
        new: those that were not on the list before.
        unknown: those that neither catalogue nor database know.
        closed: stored products that they mean and that refreshes leave out.
    """

    products: tuple[WatchedProduct, ...]
    new: tuple[WatchedProduct, ...]
    unknown: tuple[WatchedProduct, ...]
    closed: tuple[ProductSummary, ...] = ()


class WatchlistService:
    """Puts products on the list and takes them off, and says what the list comes to."""

    def __init__(self, watchlist: WatchlistPort, futures: FuturesService[Future]) -> None:
        self._watchlist = watchlist
        self._futures = futures

    def selection(self, groups: Collection[str] = ()) -> WatchlistSelection:
        """Give what is to be kept up to date: some groups, or the list (see `WatchlistSelection`).

        With nothing on the list it is every stored product that a source has reported. Raises
        UnknownGroupError, MalformedSymbolError for what can't be a group, or StorageError.
        """
        listed = self.states()
        chosen = set(_of_groups((state.product for state in listed), groups))
        states = [state for state in listed if state.product in chosen]
        if states:
            stored = [one for state in states if state.is_closed for one in state.stored]
            asked = [state.current.query for state in states if not state.is_closed]
        else:
            stored = list(self._futures.list_products())
            asked = [
                FutureQuery(**one.key._asdict())
                for one in stored
                if one.origin is not Origin.CATALOGUE and not one.is_closed
            ]
        closed = {summary.key: summary for summary in stored if summary.is_closed}
        return WatchlistSelection(
            products=tuple(dict.fromkeys(asked)),
            closed=tuple(closed[key] for key in sorted(closed)),
            watched=frozenset(state.current.query for state in listed),
        )

    def watched(self, groups: Collection[str] = ()) -> tuple[WatchedProduct, ...]:
        """Give the list, or some groups of it (see `WatchlistPort.watched`, and `selection`)."""
        return _of_groups(self._watchlist.watched(), groups)

    def states(self, groups: Collection[str] = ()) -> tuple[WatchlistState, ...]:
        """Give the list with what is stored of each product (see `selection`).

        An entry that means nothing stored is looked for among the names that products had, and
        by its trading class: IBKR may have another symbol for it than the catalogue.
        """
        watched = self.watched(groups)
        if not watched:
            return ()
        stored: dict[str, list[ProductSummary]] = defaultdict(list)
        summaries = self._futures.list_products()
        for summary in summaries:
            stored[summary.key.symbol].append(summary)
        unknown = [other for other in watched if not _stored_as(other, stored)]
        former = self._futures.former_names({other.symbol for other in unknown}) if unknown else ()
        current = {other: _by_current_name(other, former, summaries) for other in unknown}
        return tuple(
            WatchlistState(
                product=other,
                current=current.get(other, other),
                stored=_stored_as(current.get(other, other), stored),
            )
            for other in watched
        )

    def look_up(self, texts: Iterable[str]) -> None:
        """Read what is stored of many texts before they are matched (see `SymbolResolver`)."""
        self._futures.names.look_up(texts)

    def match(
        self, text: str, limits: Limits = UNLIMITED, *, group: str | None = None
    ) -> WatchlistMatch:
        """Find out which product a text means, a contract meaning its product.

        Raises MalformedSymbolError, AmbiguousProductError, ProductNotFoundError for a conId that
        is in no stored chain or a size of what nobody knows, NotWatchableError where more people
        would mean something else by the text, or StorageError.
        """
        kept_in = None if group is None else parse_watchlist_group(group)
        found = self._futures.names.resolve(text, limits)
        query = found.exact or found.query
        if query.con_id is not None:
            raise ProductNotFoundError(query.symbol, KNOWN_PLACES, con_id=query.con_id)
        likelier = self._futures.names.likelier(found)
        if likelier:
            raise NotWatchableError(text.strip(), KNOWN_PLACES, suggestions=likelier)
        missing = self._futures.names.with_known(
            NotWatchableError(query.symbol, KNOWN_PLACES), found.query
        )
        is_unknown_size = found.product is None and limits.multiplier is not None
        if missing.suggestions or is_unknown_size:
            raise missing
        product = WatchedProduct(
            symbol=query.symbol,
            exchange=query.exchange,
            trading_class=query.trading_class,
            currency=query.currency,
            group=kept_in,
        )
        return WatchlistMatch(product=product, is_known=found.product is not None, found=found)

    def find_all(
        self, texts: Iterable[str], limits: Limits, group: str | None
    ) -> tuple[list[WatchlistMatch], list[ProductLookupError]]:
        """Find out which products texts mean, and which of them mean no single one.

        Raises MalformedSymbolError or StorageError.
        """
        found: list[WatchlistMatch] = []
        errors: list[ProductLookupError] = []
        for text in texts:
            try:
                found.append(self.match(text, limits, group=group))
            except ProductLookupError as error:
                errors.append(error)
        return found, errors

    def add_found(self, found: Iterable[WatchlistMatch]) -> WatchlistAddition:
        """Put products on the list, each once; raises StorageError."""
        is_known = {summary.product: summary.is_known for summary in found}
        new = self.add(is_known)
        states = (state for state in self.states() if state.product in is_known and state.is_closed)
        return WatchlistAddition(
            products=tuple(is_known),
            new=new,
            unknown=tuple(other for other in is_known if not is_known[other]),
            closed=tuple({one.key: one for state in states for one in state.stored}.values()),
        )

    def add(self, products: Iterable[WatchedProduct]) -> tuple[WatchedProduct, ...]:
        """Put products on the list; gives those that were not on it."""
        return self._watchlist.add(products)

    def remove(
        self,
        texts: Sequence[str],
        limits: Limits = UNLIMITED,
        *,
        group: str | None = None,
    ) -> tuple[WatchedProduct, ...]:
        """Take products off the list, or off one group of it, all or none; gives what went.

        Of several products that a text may mean only those on the list count. Raises
        NotWatchedError, UnknownGroupError, MalformedSymbolError, AmbiguousProductError or
        StorageError.
        """
        states = self.states(() if group is None else (group,))
        resolve = partial(self._futures.names.resolve, limits=limits, stored_decides=False)
        gone: list[WatchedProduct] = []
        for text in texts:
            listed = list(_listed(text, states, resolve))
            if not listed:
                raise NotWatchedError(text.strip(), group)
            gone += listed
        self._watchlist.remove(gone)
        return tuple(dict.fromkeys(gone))


def parse_watchlist_group(typed: str) -> str:
    """Read the name of a group, which is kept in lower case; raises MalformedSymbolError."""
    group = typed.strip().lower()
    if not _GROUP.fullmatch(group):
        raise MalformedSymbolError(typed, "group")
    return group


def _of_groups(
    watched: Iterable[WatchedProduct], groups: Collection[str]
) -> tuple[WatchedProduct, ...]:
    """Those of some groups, or all of them without any; raises UnknownGroupError."""
    found = tuple(watched)
    names = sorted({product.group for product in found if product.group is not None})
    wanted = {parse_watchlist_group(group) for group in groups}
    for group in sorted(wanted.difference(names)):
        raise UnknownGroupError(group, names)
    return tuple(product for product in found if not wanted or product.group in wanted)


def _listed(
    text: str, states: Sequence[WatchlistState], resolve: Callable[[str], SymbolResolution]
) -> Iterator[WatchedProduct]:
    """Give the entries of the list that a text means."""
    try:
        found = resolve(text)
    except AmbiguousProductError as error:
        keys = [candidate.key for candidate in error.candidates]
        listed = [key for key in keys if any(state.current.may_be(key) for state in states)]
        if len(listed) > 1:
            raise
        yield from (
            state.product for key in listed for state in states if state.current.may_be(key)
        )
        return
    for state in states:
        if _agrees(state.current, found.product, found.query):
            yield state.product


def _stored_as(
    product: WatchedProduct, stored: Mapping[str, Sequence[ProductSummary]]
) -> tuple[ProductSummary, ...]:
    """The stored products, given by symbol, that an entry means.

    One that was never synced, because only a contract moved to it, is none beside another.
    """
    query = product.query
    found = tuple(summary for summary in stored.get(query.symbol, ()) if query.covers(summary))
    return tuple(summary for summary in found if summary.synced_at is not None) or found


def _by_current_name(
    product: WatchedProduct, former: Iterable[FormerName], stored: Iterable[ProductSummary]
) -> WatchedProduct:
    """The entry with the name of the one product that was called so, or has its class.

    As it is if none was or has.
    """
    keys = {name.current for name in former if product.may_be(name.former)}
    if not keys and product.trading_class is not None:
        market = (product.exchange, product.trading_class)
        keys = {
            summary.key
            for summary in stored
            if summary.synced_at is not None and summary.key[1:] == market
        }
    if len(keys) != 1:
        return product
    symbol, exchange, trading_class = keys.pop()
    return dataclasses.replace(
        product, symbol=symbol, exchange=exchange, trading_class=trading_class
    )


def _agrees(entry: WatchedProduct, known: ProductKey | None, query: FutureQuery) -> bool:
    """Whether the entry is the product that is known, or else what was typed."""
    if known is not None:
        return entry.may_be(known)
    return entry.symbol == query.symbol and all(
        asked in (None, kept)
        for asked, kept in (
            (query.exchange, entry.exchange),
            (query.trading_class, entry.trading_class),
            (query.currency, entry.currency),
        )
    )
