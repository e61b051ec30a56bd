"""What was recorded, and how it stands: the database answers, and nothing is created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ibkr_sync.domain.durations import refuse_no_time
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import UnknownRunError
from ibkr_sync.domain.history.events import RECORDED_FIELDS, events_at_least
from ibkr_sync.domain.history.moments import parse_end, parse_first_moment
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.library.answers import Answers
from ibkr_sync.library.arguments import (
    Narrowing,
    Since,
    Span,
    Symbol,
    choice_of,
    count_of,
    groups_of,
    refuse_narrowing,
    refuse_other_types,
    span_of,
    written_moment,
)
from ibkr_sync.library.tables import Events

if TYPE_CHECKING:
    from collections.abc import Collection

    from ibkr_sync.application.services.freshness import FreshnessReport
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
    from ibkr_sync.domain.entities.catalogue import CatalogueProduct
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun


class StoredRecords(Answers):
    """Questions about what was recorded, and about all that is stored (see `Answers`)."""

    def changes(
        self,
        symbol: Symbol | None = None,
        *,
        since: Since | None = None,
        until: Since | None = None,
        run: int | None = None,
        severity: str | Severity = Severity.INFO,
        **limits: Unpack[Narrowing],
    ) -> Events:
        """What changed, what matters most first: of a product or contract, or of all.

        Since a week before `until`, which is now, unless said otherwise; or in one `run`. Raises
        UnknownRunError too.

        >>> for event in futures.changes("ES", since="7d", severity="critical"):
        ...     print(event)
        EXPIRY_MOVED ESM7 2027-06-17 -> 2027-06-16
        """
        refuse_narrowing(() if symbol is None else (symbol,), limits)
        now, least = self._session.now(), choice_of(Severity, severity)
        if run is not None and (since, until) != (None, None):
            raise ValueError("a run is a span of its own: leave out since and until")
        end = None if until is None else parse_end(written_moment(until, now), now)
        from_when = now if since else end or now
        begin = parse_first_moment(written_moment(since or _LATELY, from_when), from_when)
        if end is not None and end < begin:
            raise ValueError(f"until, {end}, is before since, {begin}")
        with self._session.reading() as services:
            product, contract = None, None
            if symbol is not None:
                found, contract = self._session.find(services, symbol, limits)
                product = found.key
            if run is not None:
                _refuse_unknown_run(services, run)
                events = services.history.of_run(run, product, contract)
            else:
                events = services.history.changes(begin, now, product, contract, until=end)
        return Events(events_at_least(least, events))

    def history(
        self, symbol: Symbol, *, field: str | None = None, **limits: Unpack[Narrowing]
    ) -> Events:
        """All that was recorded of a contract, or of a product with its contracts, newest last.

        >>> [event.type.value for event in futures.history("GCF7")]
        ['NEW']
        """
        if field is not None and field not in RECORDED_FIELDS:
            raise ValueError(f"{field!r} is none of {', '.join(sorted(RECORDED_FIELDS))}")
        now = self._session.now()
        with self._session.reading() as services:
            product, contract = self._session.find(services, symbol, limits)
            if contract is None:
                events = services.history.of_product(product.key, now).events
            else:
                events = services.history.of_contract(product.key, contract, now).events
        return Events(event for event in events if field in (None, event.field))

    def list(self, *, exchange: str | None = None) -> tuple[ProductSummary, ...]:
        """The stored products at a glance, by symbol; raises UnknownExchangeError too.

        >>> [str(product.key) for product in futures.list()]
        ['CL@NYMEX (CL)', 'ES@CME (ES)', 'GC@COMEX (GC)', 'VIX@CFE (VX)']
        """
        with self._session.reading() as services:
            code = self._session.exchange_code(services, {"exchange": exchange})
            return tuple(one for one in services.futures.list_products() if one.is_of(code))

    def check(
        self, *, max_age: Span = "26h", groups: str | Collection[str] = ()
    ) -> FreshnessReport:
        """Whether what is watched, or all that is stored, is fresh; `is_ok` says it in a word.

        >>> report = futures.check()
        >>> report.is_ok, report.checked
        (True, 4)
        """
        age = refuse_no_time(span_of(max_age))
        with self._session.reading() as services:
            return services.freshness.check(age, self._session.now(), groups_of(groups))

    def runs(self, *, last: int = 10) -> tuple[RecordedRun, ...]:
        """The last runs that asked for data, the newest first.

        >>> [(run.kind.value, run.succeeded) for run in futures.runs(last=1)]
        [('refresh', 4)]
        """
        with self._session.reading() as services:
            return services.runs.last_runs(count_of("last", last, _MOST_RUNS))

    def outcomes(self, run: int) -> tuple[RecordedProduct, ...]:
        """What came of each product of a run; raises UnknownRunError too."""
        with self._session.reading() as services:
            _refuse_unknown_run(services, run)
            return services.runs.products_of(run)

    def catalogue(self, pattern: str | None = None) -> tuple[CatalogueProduct, ...]:
        """What is known of products without asking IBKR, your own of the settings included.

        The pattern is a symbol, exchange, class, code, type or word of the name, or has `*` and
        `?`.

        >>> [product.symbol for product in futures.catalogue("FDXM")]
        ['DAX']
        """
        from ibkr_sync.bootstrap.catalogue import catalogue_products

        refuse_other_types("pattern", pattern, str | None)
        return tuple(catalogue_products(self._session.profile, pattern))

    def audit(
        self,
        *symbols: Symbol,
        severity: str | Severity = Severity.INFO,
        **limits: Unpack[Narrowing],
    ) -> tuple[Disagreement, ...]:
        """Where IBKR, rules, the catalogue and imports disagree, what matters most first."""
        refuse_narrowing(symbols, limits)
        least = choice_of(Severity, severity)
        with self._session.reading() as services:
            named = self._session.find_all(services, symbols, limits)
            keys = {product.key for product in named} if symbols else None
            found = services.audit.disagreements(self._session.now(), keys)
        return tuple(one for one in found if one.severity.rank >= least.rank)


_LATELY = "7d"
_MOST_RUNS = 1_000_000


def _refuse_unknown_run(services: Services[Future], run: int) -> None:
    refuse_other_types("run", run, int)
    if services.runs.run(run) is None:
        raise UnknownRunError(run)
