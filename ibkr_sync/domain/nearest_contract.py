"""Which contract of a chain is the nearest that may still be traded, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import NoTradableContractError


class Objection(StrEnum):
    """Why a contract is not tradable under a rule."""

    EXPIRED = "expired"
    MISSING = "missing"
    DELISTED = "delisted"
    OTHER_SERIES = "other_series"
    TOO_CLOSE = "too_close"


_OBJECTIONS_TO_STATES = {
    ContractState.EXPIRED: Objection.EXPIRED,
    ContractState.MISSING: Objection.MISSING,
    ContractState.DELISTED: Objection.DELISTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingRule:
    """What a contract must be to be traded still.

    Attributes:
        days_before: it must have more than so many calendar days left until its last trade
            date, in the exchange's zone; None asks only that it has not expired.
        series: the series it must be of; None takes any.
    """

    days_before: int | None = None
    series: ContractSeries | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A contract under a rule; without an objection it is tradable."""

    contract: FuturesContract
    objection: Objection | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestContract:
    """The nearest tradable contract of a product, and those before it that are not."""

    contract: FuturesContract
    passed_over: tuple[Judgement, ...]


def usual_series(product: Future) -> ContractSeries | None:
    """The series that is meant when none is named: monthly, or any where nothing is monthly."""
    has_monthly = any(each.series is ContractSeries.MONTHLY for each in product.contracts)
    return ContractSeries.MONTHLY if has_monthly else None


def judge_chain(product: Future, rule: TradingRule, now: datetime) -> tuple[Judgement, ...]:
    """Judge every contract at the aware instant `now`, in order of last trade date."""
    chain = sorted(product.contracts, key=lambda each: (each.last_trade_date, each.con_id))
    return tuple(Judgement(contract=each, objection=_objection(each, rule, now)) for each in chain)


def nearest_contract(product: Future, judgements: tuple[Judgement, ...]) -> NearestContract:
    """Give the first contract without objection; raises NoTradableContractError."""
    for position, judgement in enumerate(judgements):
        if judgement.objection is None:
            return NearestContract(contract=judgement.contract, passed_over=judgements[:position])
    raise NoTradableContractError(product.key, len(judgements))


def _objection(contract: FuturesContract, rule: TradingRule, now: datetime) -> Objection | None:
    state = contract.state(now)
    if state in _OBJECTIONS_TO_STATES:
        return _OBJECTIONS_TO_STATES[state]
    if rule.series not in (None, contract.series):
        return Objection.OTHER_SERIES
    if rule.days_before is not None and contract.days_left(now) <= rule.days_before:
        return Objection.TOO_CLOSE
    return None
