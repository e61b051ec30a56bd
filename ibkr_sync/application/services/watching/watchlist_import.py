"""From the lines of a list to the products that they mean, with every problem in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ibkr_sync.application.services.watching.watchlist import WatchlistMatch, WatchlistService
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    MalformedSymbolError,
    NotWatchableError,
    ProductLookupError,
    WatchlistFileError,
)
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.naming.watchlist_line import WatchlistLine, WatchlistLineProblem


class WatchlistImport:
    """Finds out what the lines of a list mean."""

    def __init__(
        self,
        service: WatchlistService,
        explain: Callable[[MalformedSymbolError | ProductLookupError], str],
        show: Callable[[int, int], object],
    ) -> None:
        """Take what gives the sentence of an error, and what shows how many lines are done."""
        self._service = service
        self._explain = explain
        self._show = show

    def find(
        self,
        name: str,
        lines: Sequence[WatchlistLine],
        unreadable: Sequence[WatchlistLineProblem],
        group: str | None,
    ) -> list[WatchlistMatch]:
        """What the lines of the list of this name mean; `group` is for those that name none.

        Raises WatchlistFileError with all that is wrong, what is `unreadable` included, or
        StorageError.
        """
        problems = list(unreadable)
        matches: list[WatchlistMatch] = []
        self._service.look_up(line.symbol for line in lines)
        for done, line in enumerate(lines):
            self._show(done, len(lines))
            found = self._match(line, group)
            if isinstance(found, WatchlistLineProblem):
                problems.append(found)
            else:
                matches.append(found)
        if not lines and not problems:
            raise WatchlistFileError(name, ["there is no product in it"])
        if problems:
            sentences = sorted(problems, key=lambda item: item.number)
            raise WatchlistFileError(name, [str(problem) for problem in sentences])
        return matches

    def _match(
        self, line: WatchlistLine, group: str | None
    ) -> WatchlistMatch | WatchlistLineProblem:
        try:
            limits = Limits(
                exchange=line.exchange,
                currency=line.currency,
                trading_class=line.trading_class,
                multiplier=line.multiplier,
            )
            matches = self._service.match(line.symbol, limits, group=line.group or group)
        except (MalformedSymbolError, ProductLookupError) as error:
            message = " ".join(self._sentences(error))
            return WatchlistLineProblem(number=line.number, message=message)
        if matches.found.contract is not None:
            message = f"{line.symbol} is a contract, and a list is of products: {matches.product}"
            return WatchlistLineProblem(number=line.number, message=message)
        if line.is_guessed and not matches.is_known:
            message = (
                f"{line.symbol} is no product that is known, as all in a line of several must be"
            )
            return WatchlistLineProblem(number=line.number, message=message)
        return matches

    def _sentences(self, error: MalformedSymbolError | ProductLookupError) -> Iterator[str]:
        if isinstance(error, AmbiguousProductError):
            yield f"{error};"
            yield "a CSV with a column exchange, trading_class or multiplier can say which"
        else:
            yield self._explain(error).removesuffix(".")
            if isinstance(error, NotWatchableError) and error.suggestions:
                names = (str(product.key) for product in error.suggestions)
                yield f"(did you mean {' or '.join(names)}?)"
