"""What was known at a moment of the past."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from ibkr_sync.domain.history.moments import PastMoment, parse_last_moment, parse_moment
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync.library.arguments import Narrowing, Since, Symbol, choice_of, written_moment
from ibkr_sync.library.chain_answers import ChainAnswers
from ibkr_sync.library.session import Session
from ibkr_sync.library.tables import Contracts


class PastData(ChainAnswers):
    """The stored data as of a moment; `futures.as_of("2026-10-01")` makes it.

    A date is its end in UTC, with all that runs left which began on it. Of a moment that lies ahead
    `next` and `explain_next` can be asked, for which a date is its noon, the others raise
    ValueError. What was not known yet raises NotYetKnownError. Order types, sizes of orders,
    `settlement_method` and hours have no history, and are as unknown.
    """

    def __init__(self, session: Session, moment: Since) -> None:
        super().__init__(session)
        self._moment = written_moment(moment, session.now())
        parse_moment(self._moment, session.now())

    def __repr__(self) -> str:
        return f"<PastData: {self._session.database} as of {self._moment}>"

    def contracts(
        self,
        *symbols: Symbol,
        series: str | SeriesChoice = SeriesChoice.USUAL,
        expired: bool = False,
        **limits: Unpack[Narrowing],
    ) -> Contracts:
        """The contracts of products as they were known, or of all that was stored then."""
        past = self._past
        selection = ChainSelection(series=choice_of(SeriesChoice, series), expired=expired)
        with self._session.reading() as services:
            return Contracts(
                (
                    (product, contract)
                    for product in self._session.products(services, symbols, limits, past)
                    for contract in selection.shown(product, past.at)
                ),
                past.at,
            )

    @property
    def _past(self) -> PastMoment:
        return parse_last_moment(self._moment, self._session.now())

    @property
    def _moment_to_hold(self) -> datetime:
        """A date is its noon in UTC; it may lie ahead."""
        return parse_moment(self._moment, self._session.now()).at
