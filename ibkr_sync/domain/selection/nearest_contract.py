"""Which contract of a chain is the nearest that may still be traded, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import NoTradableContractError
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series


class NearestObjection(StrEnum):
    """Why a contract is not tradable under a rule."""

    EXPIRED = "expired"
    MISSING = "missing"
    DELISTED = "delisted"
    OTHER_SERIES = "other_series"
    TOO_CLOSE = "too_close"


_OBJECTIONS_TO_STATES = {
    ContractState.EXPIRED: NearestObjection.EXPIRED,
    ContractState.MISSING: NearestObjection.MISSING,
    ContractState.DELISTED: NearestObjection.DELISTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRule:
    """What a contract must be to be traded still.

    Attributes:
        days_before: it must have more than so many calendar days left until its last trade
            date, in the exchange's zone; None asks only that it has not expired.
    """

    days_before: int | None = None
    series: SeriesChoice = SeriesChoice.USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestJudgement:
    """A contract under a rule; without an objection it is tradable."""

    contract: FuturesContract
    objection: NearestObjection | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestJudgements:
    """Every contract of a product under a rule, in order of last trade date."""

    product: Future
    judgements: tuple[NearestJudgement, ...]

    @property
    def passed_over(self) -> tuple[NearestJudgement, ...]:
        """The contracts before the nearest tradable one; all if none is."""
        return tuple(takewhile(lambda each: each.objection is not None, self.judgements))

    def missing(self, series: SeriesChoice) -> list[FuturesContract]:
        """The contracts of a series passed over because the last reply lacks them."""
        chosen = chosen_series(self.product, series)
        missing = (each for each in self.passed_over if each.objection is NearestObjection.MISSING)
        return [each.contract for each in missing if each.contract.series in chosen]

    def nearest(self) -> FuturesContract:
        """Give the first contract without objection; raises NoTradableContractError."""
        count = len(self.passed_over)
        if count == len(self.judgements):
            raise NoTradableContractError(self.product.key, count)
        return self.judgements[count].contract


def judge_nearest(product: Future, rule: NearestRule, now: datetime) -> NearestJudgements:
    """Judge every contract of a product at the aware instant `now`."""
    series = chosen_series(product, rule.series)
    chain = sorted(product.contracts, key=lambda each: (each.last_trade_date, each.con_id))
    return NearestJudgements(
        product=product,
        judgements=tuple(
            NearestJudgement(
                contract=each,
                objection=_objection(each, series, rule.days_before, now),
            )
            for each in chain
        ),
    )


def _objection(
    contract: FuturesContract,
    series: frozenset[ContractSeries],
    days_before: int | None,
    now: datetime,
) -> NearestObjection | None:
    state = contract.state(now)
    if state in _OBJECTIONS_TO_STATES:
        return _OBJECTIONS_TO_STATES[state]
    if contract.series not in series:
        return NearestObjection.OTHER_SERIES
    if days_before is not None and contract.days_left(now) <= days_before:
        return NearestObjection.TOO_CLOSE
    return None
