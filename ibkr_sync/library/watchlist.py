"""The products that are to be kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ibkr_sync.library.arguments import Narrowing, Symbol, groups_of, limits_of, named_symbols_of
from ibkr_sync.library.session import Session, note_taken

if TYPE_CHECKING:
    from ibkr_sync.application.services.watchlist import WatchlistAddition, WatchlistState
    from ibkr_sync.domain.ports.watchlist import WatchedProduct


class Watchlist:
    """What `refresh` keeps up to date; `futures.watchlist` is it. A contract means its product."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, *symbols: Symbol, group: str | None = None, **limits: Unpack[Narrowing]
    ) -> WatchlistAddition:
        """Put products on it, all that are named or none; raises the first ProductLookupError."""
        with self._session.writing() as services:
            found, errors = services.watchlist.find_all(
                named_symbols_of(symbols), limits_of(limits), group
            )
            for match in found:
                for notice in match.found.notices:
                    note_taken(notice)
            if errors:
                raise errors[0]
            return services.watchlist.add_found(found)

    def remove(
        self, *symbols: Symbol, group: str | None = None, **limits: Unpack[Narrowing]
    ) -> tuple[WatchedProduct, ...]:
        """Take products off it, out of every group or one, all or none; gives what went.

        Raises NotWatchedError or UnknownGroupError too.
        """
        with self._session.writing() as services:
            return services.watchlist.remove(
                named_symbols_of(symbols), limits_of(limits), group=group
            )

    def list(self, *groups: str) -> tuple[WatchlistState, ...]:
        """Give it, or some groups of it, with what is stored of each product."""
        with self._session.reading() as services:
            return services.watchlist.states(groups_of(groups))
