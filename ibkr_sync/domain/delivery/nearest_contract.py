"""Which contract of a chain is the nearest that may be held, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import takewhile

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.hold_limits import (
    HoldLimit,
    HoldLimitKind,
    PositionSide,
    StandIn,
    UnknownDelivery,
    hold_limits,
    outlasted_limits,
    stand_in_of,
    uncertain_fact,
    unknown_delivery,
)
from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousContractError, NoTradableContractError
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series
from ibkr_sync.domain.selection.size_choice import differ_in_size_only


class NearestObjection(StrEnum):
    """Why a contract is not to be held under a rule."""

    EXPIRED = "expired"
    MISSING = "missing"
    DELISTED = "delisted"
    OTHER_SERIES = "other_series"
    OTHER_MONTH = "other_month"
    LAST_TRADE = "last_trade"
    NOTICE = "notice"
    CUTOFF = "cutoff"


_OBJECTIONS_TO_STATES = {
    ContractState.EXPIRED: NearestObjection.EXPIRED,
    ContractState.MISSING: NearestObjection.MISSING,
    ContractState.DELISTED: NearestObjection.DELISTED,
}
_OBJECTIONS_TO_ALL = {*_OBJECTIONS_TO_STATES.values(), NearestObjection.OTHER_SERIES}
_OBJECTIONS_OF_LIMITS = {
    HoldLimitKind.LAST_TRADE: NearestObjection.LAST_TRADE,
    HoldLimitKind.NOTICE: NearestObjection.NOTICE,
    HoldLimitKind.CUTOFF: NearestObjection.CUTOFF,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRule:
    """What a contract must be to be held still.

    Attributes:
        by: the one date that counts; None for the earliest of all that are known.
        days_before: a contract is passed over from so many days before that date on; without it
            once the date has passed, from the day of a first notice on.
        months: the numbers of the delivery months that are wanted; None for all.
    """

    side: PositionSide = PositionSide.LONG
    by: HoldLimitKind | None = None
    days_before: DaysBefore | None = None
    months: frozenset[int] | None = None
    series: SeriesChoice = SeriesChoice.USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestJudgement:
    """A contract under a rule; without an objection it may be held.

    Attributes:
        limit: the date that objects, else the first that will.
        unknown: what is not known of its delivery, which may end before the limit.
        uncertain: the fact, of general knowledge alone, on which it is held until its last trade.
        outlasted: the earlier limits of the side that the rule doesn't count.
        stand_in: where the last trade date counts instead of the date that the rule names.
    """

    contract: FuturesContract
    objection: NearestObjection | None
    limit: HoldLimit
    unknown: UnknownDelivery | None = None
    uncertain: str | None = None
    outlasted: tuple[HoldLimit, ...] = ()
    stand_in: StandIn | None = None

    @property
    def is_certain(self) -> bool:
        """Whether all that it rests on is known, and by more than general knowledge."""
        missing = (self.unknown, self.uncertain)
        return missing == (None, None) and self.limit.confidence is not Confidence.C


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestJudgements:
    """Every contract of a product under a rule, in order of last trade date and month."""

    product: Future
    judgements: tuple[NearestJudgement, ...]

    @property
    def passed_over(self) -> tuple[NearestJudgement, ...]:
        """The contracts before the nearest that may be held; all if none may."""
        return tuple(takewhile(lambda item: item.objection is not None, self.judgements))

    def missing(self, series: SeriesChoice) -> list[FuturesContract]:
        """The contracts of a series passed over because the last reply lacks them."""
        chosen = chosen_series(self.product, series)
        missing = (
            judgement
            for judgement in self.passed_over
            if judgement.objection is NearestObjection.MISSING
        )
        return [judgement.contract for judgement in missing if judgement.contract.series in chosen]

    @property
    def past_notice(self) -> list[NearestJudgement]:
        """The contracts passed over though they trade: for first notice or IBKR's cut-off."""
        reasons = (NearestObjection.NOTICE, NearestObjection.CUTOFF)
        return [judgement for judgement in self.passed_over if judgement.objection in reasons]

    def _other_months(self) -> set[int]:
        """The months of contracts that trade; none if one of a wanted month does."""
        others = {
            judgement.contract.contract_month: judgement.objection is NearestObjection.OTHER_MONTH
            for judgement in self.judgements
            if judgement.objection not in _OBJECTIONS_TO_ALL
        }
        return {other.month for other in others if other} if all(others.values()) else set()

    def nearest(self) -> NearestJudgement:
        """Give the first contract without objection, which no other is equal to but for its size.

        Raises NoTradableContractError, or AmbiguousContractError with those that are equal.
        """
        key, count = self.product.key, len(self.passed_over)
        tradable = [
            judgement for judgement in self.judgements[count:] if judgement.objection is None
        ]
        if not tradable:
            raise NoTradableContractError(key, count, self._other_months())
        first = tradable[0]
        contracts = (judgement.contract for judgement in tradable)
        equal = [other for other in contracts if differ_in_size_only(other, first.contract)]
        if len(equal) > 1:
            raise AmbiguousContractError(str(key), equal, key)
        return first


def judge_nearest(
    product: Future, rule: NearestRule, now: datetime, days: BusinessDays
) -> NearestJudgements:
    """Judge every contract of a product at the aware instant `now`.

    `days` are the business days of its market; days of dates are those of the exchange's zone.
    """
    series = chosen_series(product, rule.series)
    chain = sorted(product.contracts, key=lambda item: _place_in_chain(item, product))
    return NearestJudgements(
        product=product,
        judgements=tuple(_judgement(contract, series, rule, now, days) for contract in chain),
    )


def _place_in_chain(contract: FuturesContract, product: Future) -> tuple[object, ...]:
    """By last trade date; of one date the earlier month and the product's own class first."""
    month = contract.contract_month
    of_series = contract.trading_class != product.trading_class
    return contract.last_trade_date, month is None, str(month), of_series, contract.con_id


def _judgement(
    contract: FuturesContract,
    series: frozenset[ContractSeries],
    rule: NearestRule,
    now: datetime,
    days: BusinessDays,
) -> NearestJudgement:
    limits = hold_limits(contract, days, rule.side, rule.by)
    limit, objection = limits[0], _objection(contract, series, rule, now)
    if objection is None:
        today = contract.local_date(now)
        reached = (other for other in limits if _is_reached(other, rule, today, days))
        reason = next(reached, None)
        if reason is not None:
            limit, objection = reason, _OBJECTIONS_OF_LIMITS[reason.kind]
    return NearestJudgement(
        contract=contract,
        objection=objection,
        limit=limit,
        unknown=unknown_delivery(contract, rule.side, rule.by),
        uncertain=uncertain_fact(contract, limit, rule.side, rule.by),
        outlasted=outlasted_limits(contract, days, rule.side, limit.last_day),
        stand_in=stand_in_of(contract, rule.side, rule.by),
    )


def _objection(
    contract: FuturesContract,
    series: frozenset[ContractSeries],
    rule: NearestRule,
    now: datetime,
) -> NearestObjection | None:
    state = contract.state(now)
    if state in _OBJECTIONS_TO_STATES:
        return _OBJECTIONS_TO_STATES[state]
    if contract.series not in series:
        return NearestObjection.OTHER_SERIES
    month = contract.contract_month
    if rule.months is not None and (month is None or month.month not in rule.months):
        return NearestObjection.OTHER_MONTH
    return None


def _is_reached(limit: HoldLimit, rule: NearestRule, today: date, days: BusinessDays) -> bool:
    if rule.days_before is not None:
        return today >= rule.days_before.start(limit.day, days)
    # On the day of the last trade `is_expired` decides, which knows the time.
    return limit.kind is not HoldLimitKind.LAST_TRADE and today > limit.last_day
