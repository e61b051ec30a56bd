"""The products that are to be kept up to date."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ibkr_sync.library.arguments import (
    Narrowing,
    Symbol,
    groups_of,
    limits_of,
    named_symbols_of,
    refuse_other_types,
)
from ibkr_sync.library.session import Session, note_taken

if TYPE_CHECKING:
    from ibkr_sync.application.services.watching.watchlist import WatchlistAddition, WatchlistState
    from ibkr_sync.domain.ports.watchlist import WatchedProduct


class Watchlist:
    """What `refresh` keeps up to date; `futures.watchlist` is it. A contract means its product."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, *symbols: Symbol, group: str | None = None, **limits: Unpack[Narrowing]
    ) -> WatchlistAddition:
        """Put products on it, all that are named or none; raises the first ProductLookupError."""
        refuse_other_types("group", group, str | None)
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

    def add_file(self, file: str | PathLike[str], *, group: str | None = None) -> WatchlistAddition:
        """Put the products of a file on it, all or none, as the command `watchlist import`.

        `group` is for lines that name none. Raises WatchlistFileError with all that is wrong.
        """
        from ibkr_sync.application.services.watching.watchlist_import import WatchlistImport
        from ibkr_sync.interchange.watchlist_file import read_watchlist, watchlist_text

        refuse_other_types("group", group, str | None)
        path = Path(file)
        lines, unreadable = read_watchlist(watchlist_text(str(path), lambda: path.open("rb")))
        with self._session.writing() as services:
            with services.snapshot():
                listed = WatchlistImport(services.watchlist, str, lambda *_: None)
                found = listed.find(str(path), lines, unreadable, group)
            return services.watchlist.add_found(found)

    def remove(
        self, *symbols: Symbol, group: str | None = None, **limits: Unpack[Narrowing]
    ) -> tuple[WatchedProduct, ...]:
        """Take products off it, out of every group or one, all or none; gives what went.

        Raises NotWatchedError or UnknownGroupError too.
        """
        refuse_other_types("group", group, str | None)
        with self._session.writing() as services:
            return services.watchlist.remove(
                named_symbols_of(symbols), limits_of(limits), group=group
            )

    def list(self, *groups: str) -> tuple[WatchlistState, ...]:
        """Give it, or some groups of it, with what is stored of each product."""
        with self._session.reading() as services:
            return services.watchlist.states(groups_of(groups))
