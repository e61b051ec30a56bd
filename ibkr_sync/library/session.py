"""An open database: its services, and the questions that all answers begin with."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ibkr_sync.bootstrap import Services, bootstrap
from ibkr_sync.bootstrap.clock import Clock
from ibkr_sync.config.loading import load_settings
from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.databases.database_url import mask_url
from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import (
    AmbiguousContractError,
    AmbiguousProductError,
    DatabaseClosedError,
    MalformedSymbolError,
    NotYetKnownError,
)
from ibkr_sync.domain.history.moments import PastMoment
from ibkr_sync.domain.naming.limits import UNLIMITED, Limits
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.selection.contract_choice import find_contract
from ibkr_sync.library.arguments import Narrowing, Symbol, limits_of, refuse_narrowing, symbols_of

if TYPE_CHECKING:
    from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
    from ibkr_sync.application.services.export import WantedProduct
    from ibkr_sync.config.settings import ProfileSettings

_LOG = logging.getLogger("ibkr_sync")


class Session:
    """Reads and asks through the services of a profile, until it is closed.

    Threads may share it: each answer reads one state of the database by a connection of its own.
    """

    def __init__(self, flags: Mapping[str, object], clock: Clock) -> None:
        """Read the settings, with `flags` as the command line takes them; raises ConfigError."""
        self._flags = dict(flags)
        self._clock = clock
        self._opened = ExitStack()
        self._is_closed = False
        self.profile = self._profile()
        self._services = self._opened.enter_context(bootstrap(self.profile, Future, clock=clock))

    @property
    def database(self) -> str:
        """The path or URL of the database, secrets masked."""
        return mask_url(self.profile.database)

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._clock()

    def close(self) -> None:
        """Close the database; what is asked afterwards raises DatabaseClosedError."""
        self._is_closed = True
        self._opened.close()

    @contextmanager
    def writing(self) -> Iterator[Services[Future]]:
        """The services, for what may write."""
        if self._is_closed:
            raise DatabaseClosedError(self.database)
        with choices_explained():
            yield self._services

    @contextmanager
    def reading(self) -> Iterator[Services[Future]]:
        """The services, which read one state of the database."""
        with self.writing() as services, services.snapshot():
            yield services

    @contextmanager
    def asking(self, **options: object) -> Iterator[tuple[Services[Future], ProfileSettings]]:
        """Services that ask the source which the options name, and its settings.

        Options are those of the command line; None is not given. The source is closed afterwards.
        Raises ValueError for those of a gateway where none is asked.
        """
        profile = self._profile(**options)
        for name, value in options.items():
            if name != "source" and value is not None and profile.source != "ibkr":
                raise ValueError(f"{name} is for a gateway: add source='ibkr'")
        with (
            self.writing() as beside,
            bootstrap(profile, Future, beside=beside, clock=self._clock) as services,
        ):
            yield services, profile

    def find(
        self, services: Services[Future], symbol: Symbol, given: Narrowing
    ) -> tuple[Future, FuturesContract | None]:
        """Give the stored product that a symbol means, and the contract if it means one."""
        found = self._resolved(services, symbol, limits_of(given))
        if found.contract is None:
            return services.futures.stored(found.query, note_taken), None
        product, match = services.futures.show_contract(found.query, found.contract, self.now())
        return product, match.contract

    def find_all(
        self, services: Services[Future], symbols: Collection[Symbol], given: Narrowing
    ) -> list[Future]:
        """Give the stored products that symbols mean; of a contract its product with it alone."""
        return [only(*self.find(services, symbol, given)) for symbol in symbols]

    def known(
        self,
        services: Services[Future],
        symbol: Symbol,
        given: Narrowing,
        past: PastMoment | None = None,
    ) -> tuple[Future, FuturesContract | None]:
        """As `find`, with delivery dates, and as it was known at a moment of the past."""
        limits, is_past = limits_of(given), past is not None
        found = self._resolved(services, symbol, limits, is_past=is_past)
        words = found.contract
        stored = services.futures.stored(
            found.query, note_taken, is_past=is_past, needs_chain=words is not None
        )
        product = services.dated_products.as_known(stored, past, found.query, limits)
        if words is None:
            return product, None
        moment = self.now() if past is None else past.at
        return product, find_contract(product, words, moment).contract

    def products(
        self,
        services: Services[Future],
        symbols: Collection[Symbol],
        given: Narrowing,
        past: PastMoment | None = None,
    ) -> Iterator[Future]:
        """As `known`, the products that symbols mean; without one all that a source reported.

        Of all, those of an exchange, and those that were stored by then.
        """
        for symbol in symbols:
            yield only(*self.known(services, symbol, given, past))
        if symbols:
            return
        code = self.exchange_code(services, given)
        for summary in services.futures.list_products():
            if summary.origin is Origin.CATALOGUE or not summary.is_of(code):
                continue
            query = FutureQuery(**summary.key._asdict())
            stored = services.futures.show(query)
            with suppress(NotYetKnownError):
                yield services.dated_products.as_known(stored, past, query, UNLIMITED)

    def exchange_code(self, services: Services[Future], given: Narrowing) -> str | None:
        """The exchange by which all that is stored is narrowed, which nothing else does."""
        refuse_narrowing((), given.keys() - {"exchange"})
        exchange = limits_of(given).exchange
        return None if exchange is None else services.futures.known_exchange(exchange)

    def wanted(
        self, services: Services[Future], symbol: Symbol, limits: Limits, *, is_past: bool
    ) -> WantedProduct:
        """What a symbol asks of an export."""
        from ibkr_sync.application.services.export import WantedProduct

        found = self._resolved(services, symbol, limits, is_past=is_past)
        product = services.futures.stored(found.query, note_taken, is_past=is_past)
        return WantedProduct(
            key=product.key, multiplier=found.query.multiplier, contract=found.contract
        )

    def judge(
        self,
        services: Services[Future],
        symbol: Symbol,
        rule: NearestRule,
        given: Narrowing,
        moment: datetime | None = None,
    ) -> NearestJudgements:
        """Judge the chain of the product that a symbol means, at a moment or now."""
        now = self.now()
        limits, is_past = limits_of(given), moment is not None and moment < now
        query = self.query_of_product(services, symbol, limits, is_past=is_past)
        return services.dated_products.judge(
            services.futures.stored(query, note_taken, is_past=is_past),
            *(rule, moment or now),
            is_past=is_past,
            query=query,
            limits=limits,
            on_late=note_taken,
        )

    def query_of_product(
        self,
        services: Services[Future],
        symbol: Symbol,
        limits: Limits,
        *,
        is_past: bool = False,
    ) -> FutureQuery:
        """Give which product a symbol means; raises MalformedSymbolError for a contract."""
        found = self._resolved(services, symbol, limits, is_past=is_past)
        if found.contract is not None:
            raise MalformedSymbolError(str(symbol), "product")
        return found.query

    def _resolved(
        self, services: Services[Future], symbol: Symbol, limits: Limits, *, is_past: bool = False
    ) -> SymbolResolution:
        names, (text,) = services.futures.names, symbols_of([symbol])
        found = names.resolve_past(text, limits) if is_past else names.resolve(text, limits)
        for notice in found.notices:
            note_taken(notice)
        return found

    def _profile(self, **options: object) -> ProfileSettings:
        given = {name: value for name, value in options.items() if value is not None}
        loaded = load_settings(self._flags | given, os.environ, Path.cwd())
        for warning in loaded.warnings:
            _LOG.warning("%s", warning)
        return loaded.settings.active


def note_taken(notice: object) -> None:
    """Log how a symbol was taken, which the command line says on stderr."""
    _LOG.info("%s", notice)


def only(product: Future, contract: FuturesContract | None) -> Future:
    """The product with the contract that was named alone, if one was."""
    return product if contract is None else dataclasses.replace(product, contracts=(contract,))


@contextmanager
def choices_explained() -> Iterator[None]:
    """Add to an ambiguous symbol how to say which is meant; a traceback shows it."""
    try:
        yield
    except AmbiguousProductError as error:
        which = ", ".join(f"{name}={value!r}" for name, value in error.distinction.items())
        keep = f"; pin({error.symbol!r}, {which}) keeps it" if error.is_pinnable else ""
        error.add_note(f"say which, as {which}{keep}")
        raise
    except AmbiguousContractError as error:
        if error.sizes:
            error.add_note(f"say which, as multiplier={canonical_text(error.sizes[-1])!r}")
        else:
            error.add_note(f"say which by its conId, as {error.contracts[0].con_id}")
        raise
