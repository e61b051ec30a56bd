"""The delivery dates that rules give for a contract, and IBKR's standard close-out."""

from __future__ import annotations

import dataclasses
from datetime import date

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.date_formulas import FormulaContext
from ibkr_sync.domain.delivery.delivery_rules import CloseOutRule, DateRule, DeliveryRule
from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.entities.delivery import (
    CONTRADICTED_RULE,
    DELIVERY_DATES,
    LATEST_BY_POLICY,
    STANDARD_POLICY,
    Confidence,
    DeliveryDates,
    DeliverySource,
)

_LONG_DAYS_BEFORE = {CloseOutRule.STANDARD: 2, CloseOutRule.DAY_BEFORE: 1, CloseOutRule.POSITION: 2}
_SHORT_DAYS_BEFORE = 2
_ENDING = ("first_notice_date", "first_position_date")


def ruled_dates_of(
    rule: DeliveryRule, days: BusinessDays | None, month: ContractMonth | None, last_trade: date
) -> DeliveryDates:
    """Apply a rule to the contract of a month that IBKR says trades until `last_trade`.

    `days` are those of the rule's calendar; None where it has none. Where the rule gives another
    last trade date, of its dates only those that end a position are given, of confidence C: reason
    enough to pass the contract over.
    """
    settlement = DeliverySource(
        source=f"rule: {rule.family}",
        confidence=rule.settlement_confidence,
        learnt_on=rule.checked_on,
    )
    bare = DeliveryDates(settlement=rule.settlement, sources={"settlement": settlement})
    if days is None or month is None:
        return bare
    own = ruled_last_trade_date(rule, days, month)
    is_contradicted = own is not None and own != last_trade
    dates: dict[str, date | None] = {}
    sources = {"settlement": settlement}
    first_notice = None
    # The first notice date comes first: the first position date may be counted from it.
    for name in ("first_notice_date", *(_ENDING if is_contradicted else DELIVERY_DATES)):
        ruled = rule.dates.get(name)
        if ruled is None or name in dates:
            continue
        context = FormulaContext(
            days=days, month=month, last_trade=last_trade, first_notice=first_notice
        )
        dates[name] = None if ruled.formula is None else ruled.formula.date_of(context)
        sources[name] = _source(rule, ruled)
        if is_contradicted:
            sources[name] = _contradicted(sources[name])
        first_notice = dates.get("first_notice_date")
    return DeliveryDates(settlement=rule.settlement, **dates, sources=sources)


def ruled_last_trade_date(
    rule: DeliveryRule, days: BusinessDays, month: ContractMonth
) -> date | None:
    """The last trade date of the contract of a month by rule; None where the rule has none."""
    ruled = rule.dates.get("last_trade_date")
    if ruled is None or ruled.formula is None:
        return None
    return ruled.formula.date_of(FormulaContext(days=days, month=month))


def standard_cutoffs(
    rule: DeliveryRule, days: BusinessDays, delivery: DeliveryDates, last_trade: date
) -> dict[str, tuple[date, DeliverySource]]:
    """IBKR's cut-offs for longs and shorts by its standard policy, from whatever dates are known.

    Where no notice is known, that for longs is counted from the last trade: it is no later than
    that, though maybe earlier.
    """
    if rule.close_out is None:
        return {}
    short_end = days.before(last_trade, _SHORT_DAYS_BEFORE)
    found = {"short_cutoff": (short_end, _policy(Confidence.B, rule))}
    name = "first_position_date" if rule.close_out is CloseOutRule.POSITION else "first_notice_date"
    source = delivery.sources.get(name) or delivery.sources.get("first_notice_date")
    start: date | None = getattr(delivery, name)
    long_end = days.before(min(start or last_trade, last_trade), _LONG_DAYS_BEFORE[rule.close_out])
    if source is None:
        long_source = _policy(Confidence.C, rule, LATEST_BY_POLICY)
    else:
        long_source = _policy(Confidence.B.at_best(source.confidence), rule)
    found["long_cutoff"] = (long_end, long_source)
    return found


def _source(rule: DeliveryRule, ruled: DateRule) -> DeliverySource:
    words = "no notice before the last trade" if ruled.formula is None else ruled.formula.text
    return DeliverySource(
        source=f"rule: {words} ({rule.family})",
        confidence=ruled.confidence,
        learnt_on=rule.checked_on,
    )


def _contradicted(source: DeliverySource) -> DeliverySource:
    words = f"{source.source}, {CONTRADICTED_RULE}"
    return dataclasses.replace(source, source=words, confidence=Confidence.C)


def _policy(
    confidence: Confidence, rule: DeliveryRule, source: str = STANDARD_POLICY
) -> DeliverySource:
    return DeliverySource(source=source, confidence=confidence, learnt_on=rule.checked_on)
