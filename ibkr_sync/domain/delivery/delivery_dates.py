"""What is known of a contract's delivery, from every source in order of their rank.

What IBKR says of the contract itself comes first, then what the user imported of IBKR, what was
imported of an exchange, and a rule. An import whose last trade date IBKR refutes comes last, as
general knowledge. What nobody says stays unknown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ibkr_sync.domain.delivery.ruled_dates import ruled_dates_of, standard_cutoffs
from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.delivery import (
    DELIVERY_FACTS,
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.business_days import BusinessDays
    from ibkr_sync.domain.delivery.delivery_rules import DeliveryRule
    from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery

IBKR: Final = "IBKR"
"""The source of what IBKR says of a contract in its details."""

_SETTLEMENTS: Final = (
    ("cash", Settlement.CASH),
    ("physical", Settlement.PHYSICAL),
    ("deliver", Settlement.PHYSICAL),
)
"""What IBKR's words mean; only `Cash` was ever recorded."""


def delivery_of(
    contract: FuturesContract,
    rule: DeliveryRule | None,
    days: BusinessDays | None,
    today: date,
    imported: Iterable[DeliveryDates] = (),
    *,
    refuted: Iterable[DeliveryDates] = (),
) -> DeliveryDates:
    """Give what is known of a contract's delivery on the UTC day `today`.

    `rule` is that of its product and `days` are those of the rule's calendar; `imported` is what
    the user got elsewhere, what ranks highest first; `refuted` is that of which IBKR has another
    last trade date, and says only what nothing else does. Rules are of monthly contracts alone.
    """
    doubtful = first_known_delivery(refuted)
    known = first_known_delivery((_stated(contract, today), *imported))
    if rule is None:
        return first_known_delivery((known, doubtful))
    last_trade = contract.last_trade_date
    is_monthly = contract.series is ContractSeries.MONTHLY
    month = contract.contract_month if is_monthly else None
    known = first_known_delivery((known, ruled_dates_of(rule, days, month, last_trade)))
    if days is None or not is_monthly:
        return first_known_delivery((known, doubtful))
    cutoffs = standard_cutoffs(rule, days, known, last_trade)
    days_of: dict[str, Any] = {name: day for name, (day, _) in cutoffs.items()}
    policy = DeliveryDates(
        **days_of,
        sources={name: source for name, (_, source) in cutoffs.items()},
    )
    return first_known_delivery((known, policy, doubtful))


def _stated(contract: FuturesContract, today: date) -> DeliveryDates:
    """What IBKR says of the contract: its settlement, from server version 225 on."""
    method = (contract.settlement_method or "").casefold()
    settlement = next((other for word, other in _SETTLEMENTS if word in method), None)
    if settlement is None:
        return DeliveryDates()
    source = DeliverySource(source=IBKR, confidence=Confidence.A, learnt_on=today)
    return DeliveryDates(settlement=settlement, sources={"settlement": source})


def imports_of_contract(
    contract: FuturesContract, imports: Collection[ImportedDelivery]
) -> list[DeliveryDates]:
    """What was imported of a contract, what ranks highest first, of equal rank the newest.

    `imports` are in the order in which they were made. What IBKR refutes is left out.
    """
    own = _ranked_imports(contract, imports)
    return [other.delivery for other in own if not other.is_refuted_by(contract)]


def refuted_imports_of_contract(
    contract: FuturesContract, imports: Collection[ImportedDelivery]
) -> list[DeliveryDates]:
    """What was imported of a contract under another last trade date than IBKR's, in that order.

    It is of confidence C: a file that slipped by a row has the dates of another contract.
    """
    own = _ranked_imports(contract, imports)
    return [_doubted(other.delivery) for other in own if other.is_refuted_by(contract)]


def _ranked_imports(
    contract: FuturesContract, imports: Collection[ImportedDelivery]
) -> list[ImportedDelivery]:
    own = [other for other in reversed(list(imports)) if other.is_of(contract)]
    own.sort(key=lambda item: item.learnt_on, reverse=True)
    return sorted(own, key=lambda item: item.origin.rank)


def _doubted(delivery: DeliveryDates) -> DeliveryDates:
    sources = {
        name: dataclasses.replace(source, confidence=Confidence.C)
        for name, source in delivery.sources.items()
    }
    return dataclasses.replace(delivery, sources=sources)


def first_known_delivery(ranked: Iterable[DeliveryDates]) -> DeliveryDates:
    """Of each fact what the first one says that says it, which may be that it is not."""
    values: dict[str, Any] = {}
    sources = {}
    for dates in ranked:
        for name in DELIVERY_FACTS:
            if name in dates.sources and name not in sources:
                values[name] = getattr(dates, name)
                sources[name] = dates.sources[name]
    return DeliveryDates(**values, sources=sources)
