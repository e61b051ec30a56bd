"""An open database: what is stored, and what changes that."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from ibkr_sync.domain.durations import refuse_long_deadline
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.interchange.delivery_files.file_on_disk import day_of_import, read_delivery_import
from ibkr_sync.library.arguments import (
    Narrowing,
    Since,
    Span,
    Symbol,
    day_of,
    groups_of,
    limits_of,
    named_symbols_of,
    refuse_narrowing,
    span_of,
    symbols_of,
)
from ibkr_sync.library.session import note_taken
from ibkr_sync.library.stored_contracts import StoredContracts
from ibkr_sync.library.stored_records import StoredRecords
from ibkr_sync.library.watchlist import Watchlist

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from ibkr_sync.application.services.deliveries.delivery_import import DeliveryImport
    from ibkr_sync.application.services.get import GetReport
    from ibkr_sync.application.services.refresh_report import RefreshReport
    from ibkr_sync.domain.ports.pins import Pin
    from ibkr_sync.interchange.exports.export_tally import ExportTally


class ReferenceData(StoredContracts, StoredRecords):
    """The reference data of futures in one database; `ibkr_sync.open()` makes it.

    A context manager: what is asked after its end raises DatabaseClosedError. Several may be open
    at once, and threads may share one, as each answer reads by a connection of its own; close it
    once none of them asks any more. Questions open no gateway, take no lock and create no file.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ReferenceData: {self.database}>"

    @property
    def database(self) -> str:
        """The path or URL of the database, secrets masked."""
        return self._session.database

    def close(self) -> None:
        """Close the database; closing it again does nothing."""
        self._session.close()

    @property
    def watchlist(self) -> Watchlist:
        """The products that `refresh` keeps up to date."""
        return Watchlist(self._session)

    def pin(self, symbol: Symbol, **limits: Unpack[Narrowing]) -> Pin:
        """Keep what a symbol that several products share is to mean, for this database."""
        with self._session.writing() as services:
            (text,) = symbols_of([symbol])
            return services.futures.names.pin(text, limits_of(limits))

    def unpin(self, symbol: Symbol) -> None:
        """Forget what a symbol is to mean; raises NotPinnedError too."""
        with self._session.writing() as services:
            services.futures.names.unpin(*symbols_of([symbol]))

    def pins(self) -> tuple[Pin, ...]:
        """What is pinned, by symbol."""
        with self._session.reading() as services:
            return services.futures.names.pins()

    def import_deliveries(
        self,
        file: str | PathLike[str],
        *,
        product: str | None = None,
        dated: str | date | None = None,
        dry_run: bool = False,
    ) -> DeliveryImport:
        """Import first notice, delivery and cut-off dates from a file, as the command `import`.

        `product` is for a file that names none; `dated` is the day that the file is of, else when
        it was last written. `unknown` of the answer names what was not kept; rows that contradict
        themselves are left out, and logged. Raises DeliveryFileError, or AlreadyRunningError.
        """
        path, now = Path(file), self._session.now()
        read = read_delivery_import(path)
        for row in read.contradictory:
            note_taken(row)
        day = day_of_import(path, None if dated is None else day_of(dated), now.date())
        with self._session.writing() as services:
            key = None
            if product is not None:
                key = self._session.find(services, product, {})[0].key
            return services.delivery_import.keep(read.rows, day, key, dry_run=dry_run)

    def export(
        self,
        to: str,
        path: str | PathLike[str],
        *symbols: Symbol,
        as_of: Since | None = None,
        **limits: Unpack[Narrowing],
    ) -> ExportTally:
        """Write products or contracts, or all that is stored, as the command `export`.

        `to` is `csv`, `jsonl`, `parquet`, `lean` or `nautilus`; the last two write a folder, whose
        marker says whether it is complete, the others a file, whole or not at all. The answer
        counts what there is, and has under `notes` what is not known, left out, or has the name of
        another. Raises NothingToExportError, NotYetKnownError, FrameError for a library that is
        not installed, or OSError.
        """
        from ibkr_sync.library.exporting import write_export

        return write_export(self._session, to, Path(path), symbols, as_of=as_of, given=limits)

    def get(
        self,
        *symbols: Symbol,
        source: str | None = None,
        expired: bool = False,
        max_age: Span | None = None,
        dry_run: bool = False,
        allow_shrink: bool = False,
        host: str | None = None,
        port: int | None = None,
        client_id: int | None = None,
        **limits: Unpack[Narrowing],
    ) -> GetReport:
        """Bring products up to date from a source and store them, by the rules of the command.

        `source` is `ibkr`, `file:PATH` or `local`; the profile's if None. The report has under
        `errors` why something that was named is not there, under `events` what changed. What ends
        the run is raised, and what was stored before it stays: GatewayError, AlreadyRunningError.
        """
        policy = SyncPolicy(
            include_expired=expired,
            max_age=None if max_age is None else span_of(max_age),
            allow_shrink=allow_shrink,
            dry_run=dry_run,
        )
        options = {"source": source, "host": host, "port": port, "client_id": client_id}
        with self._session.asking(**options) as (services, _):
            find = services.in_snapshot(services.get.begin)
            getting = find(named_symbols_of(symbols), limits_of(limits), policy)
            _run_to_its_end(getting)
            return getting.report()

    def refresh(
        self,
        *symbols: Symbol,
        groups: str | Collection[str] = (),
        source: str | None = None,
        stale: Span | None = None,
        deadline: Span | None = None,
        dry_run: bool = False,
        allow_shrink: bool = False,
        host: str | None = None,
        port: int | None = None,
        client_id: int | None = None,
        **limits: Unpack[Narrowing],
    ) -> RefreshReport:
        """Bring all that is watched up to date, or the products named, or groups of the watchlist.

        As `get`; a gateway that goes away fails what is still due, under `ended_by`. Nobody is
        notified: that is the command's. Raises NothingToRefreshError or UnknownGroupError too.
        """
        from ibkr_sync.application.services.refresh import RefreshSelection

        if symbols and groups:
            raise ValueError("name products or groups, not both")
        refuse_narrowing(symbols, limits)
        selection = RefreshSelection(
            symbols=symbols_of(symbols), limits=limits_of(limits), groups=groups_of(groups)
        )
        policy = SyncPolicy(
            max_age=None if stale is None else span_of(stale),
            allow_shrink=allow_shrink,
            dry_run=dry_run,
            deadline=None if deadline is None else refuse_long_deadline(span_of(deadline)),
        )
        options = {"source": source, "host": host, "port": port, "client_id": client_id}
        with self._session.asking(**options) as (services, profile):
            if profile.source == "local":
                raise ValueError("nobody would be asked: add source='ibkr'")
            refreshing = services.in_snapshot(services.refresh.begin)(selection, policy)
            _run_to_its_end(refreshing)
            return refreshing.report()


def _run_to_its_end(sync: Iterable[object]) -> None:
    for _ in sync:
        pass
