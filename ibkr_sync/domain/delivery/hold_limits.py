"""Until when a position in a contract may be held, and which date says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.delivery import (
    LATEST_BY_POLICY,
    Confidence,
    DeliveryDates,
    Settlement,
)


class PositionSide(StrEnum):
    """Which way a position is."""

    LONG = "long"
    SHORT = "short"


class HoldLimitKind(StrEnum):
    """What ends the time for which a position may be held."""

    LAST_TRADE = "last-trade"
    NOTICE = "notice"
    CUTOFF = "cutoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLimit:
    """One date until which a position may be held.

    Attributes:
        day: the date itself: last trade, first notice or IBKR's cut-off.
        last_day: the last day on which the position may be held.
        source: who says the date.
        confidence: None for the last trade date, which IBKR says.
    """

    kind: HoldLimitKind
    day: date
    last_day: date
    source: str
    confidence: Confidence | None = None


class UnknownDelivery(StrEnum):
    """What isn't known of the delivery of a contract, which may end before its last trade date."""

    SETTLEMENT = "settlement"
    NOTICE = "notice"


class StandInReason(StrEnum):
    """Why the last trade date counts instead of another one that was asked for."""

    NONE = "none"
    UNKNOWN = "unknown"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """That the last trade date stands in for another.

    Attributes:
        asked: what it stands in for.
        day: the date of that, which comes later than the last trade; None if there is none.
    """

    asked: HoldLimitKind
    reason: StandInReason
    day: date | None = None


_ORDER: Final = (HoldLimitKind.CUTOFF, HoldLimitKind.NOTICE, HoldLimitKind.LAST_TRADE)
"""Of limits on one day the first that is named."""

NOTHING_KNOWN: Final = DeliveryDates()


def hold_limits(
    contract: FuturesContract,
    days: BusinessDays,
    side: PositionSide = PositionSide.LONG,
    by: HoldLimitKind | None = None,
) -> tuple[HoldLimit, ...]:
    """Give every known date that ends a position, the earliest first.

    Notice is given to longs; of shorts it counts where `by` asks for it. Of what `by` names the
    last trade date stands in for what is not known, is known not to be, or comes later than it.
    """
    end = contract.last_trade_date
    found = [limit for limit in _limits(contract, days, side, by) if limit.day <= end]
    last_trade = HoldLimit(
        kind=HoldLimitKind.LAST_TRADE,
        day=contract.last_trade_date,
        last_day=contract.last_trade_date,
        source="IBKR",
    )
    if by is not None:
        found = [limit for limit in found if limit.kind is by]
    if by in (None, HoldLimitKind.LAST_TRADE) or not found:
        found.append(last_trade)
    return tuple(sorted(found, key=lambda item: (item.last_day, _ORDER.index(item.kind))))


def stand_in_of(
    contract: FuturesContract, side: PositionSide, by: HoldLimitKind | None
) -> StandIn | None:
    """What the last trade date stands in for under `hold_limits`; None where it doesn't."""
    if by in (None, HoldLimitKind.LAST_TRADE):
        return None
    known = contract.delivery or NOTHING_KNOWN
    name = "first_notice_date" if by is HoldLimitKind.NOTICE else _cutoff_name(side)
    day: date | None = getattr(known, name)
    if day is not None and day <= contract.last_trade_date:
        return None
    if day is not None:
        reason = StandInReason.LATER
    elif name in known.sources or known.settlement is Settlement.CASH:
        reason = StandInReason.NONE
    else:
        reason = StandInReason.UNKNOWN
    return StandIn(asked=by, reason=reason, day=day)


def outlasted_limits(
    contract: FuturesContract, days: BusinessDays, side: PositionSide, held_until: date
) -> tuple[HoldLimit, ...]:
    """The limits of a side that a position held until a day is kept beyond, the earliest first."""
    return tuple(
        limit for limit in hold_limits(contract, days, side) if limit.last_day < held_until
    )


def unknown_delivery(
    contract: FuturesContract, side: PositionSide, by: HoldLimitKind | None
) -> UnknownDelivery | None:
    """What is not known that may end a position before all that is; None if nothing is missing."""
    known = contract.delivery or NOTHING_KNOWN
    if by is HoldLimitKind.LAST_TRADE or known.settlement is Settlement.CASH:
        return None
    if known.settlement is None:
        return UnknownDelivery.SETTLEMENT
    cutoff = known.sources.get(_cutoff_name(side))
    is_known = cutoff is not None and cutoff.source != LATEST_BY_POLICY
    if side is PositionSide.LONG and "first_notice_date" in known.sources:
        is_known = True
    return None if is_known else UnknownDelivery.NOTICE


def uncertain_fact(
    contract: FuturesContract, limit: HoldLimit, side: PositionSide, by: HoldLimitKind | None
) -> str | None:
    """Which fact lets a contract be held until its last trade on general knowledge alone.

    It is a name of `DELIVERY_FACTS`; None where something surer says so, or the limit is another
    date, which has a confidence of its own. Whoever asks by the last trade alone relies on nothing
    else.
    """
    known, last_trade = contract.delivery, HoldLimitKind.LAST_TRADE
    if known is None or by is last_trade or limit.kind is not last_trade:
        return None
    names = []
    if known.settlement is Settlement.CASH:
        names.append("settlement")
    if side is PositionSide.LONG:
        names.append("first_notice_date")
    return next((name for name in names if known.confidence(name) is Confidence.C), None)


def _limits(
    contract: FuturesContract,
    days: BusinessDays,
    side: PositionSide,
    by: HoldLimitKind | None,
) -> Iterator[HoldLimit]:
    known = contract.delivery or NOTHING_KNOWN
    notice = known.first_notice_date
    if notice is not None and (side is PositionSide.LONG or by is HoldLimitKind.NOTICE):
        yield _limit(known, "first_notice_date", HoldLimitKind.NOTICE, days.before(notice, 1))
    name = _cutoff_name(side)
    cutoff: date | None = getattr(known, name)
    if cutoff is not None:
        yield _limit(known, name, HoldLimitKind.CUTOFF, cutoff)


def _limit(known: DeliveryDates, name: str, kind: HoldLimitKind, last_day: date) -> HoldLimit:
    source = known.sources[name]
    return HoldLimit(
        kind=kind,
        day=getattr(known, name),
        last_day=last_day,
        source=source.source,
        confidence=source.confidence,
    )


def _cutoff_name(side: PositionSide) -> str:
    return f"{side.value}_cutoff"
