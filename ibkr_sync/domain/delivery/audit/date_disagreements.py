"""Where IBKR, rules and imports differ in the dates of contracts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Final

from ibkr_sync.domain.delivery.audit.disagreements import IBKR, Disagreement
from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.delivery.delivery_rules import DeliveryRule
from ibkr_sync.domain.delivery.ruled_dates import ruled_last_trade_date
from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.delivery import DELIVERY_DATES, STANDARD_POLICY, Confidence
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery
from ibkr_sync.domain.history.severity import Severity

_LAST_TRADE: Final = "last_trade_date"
_OF_CONFIDENCE: Final = {
    Confidence.A: Severity.NOTICE,
    Confidence.B: Severity.NOTICE,
    Confidence.C: Severity.INFO,
}


def date_disagreements(
    product: Future, book: DeliveryBook, imports: Collection[ImportedDelivery], now: datetime
) -> Iterator[Disagreement]:
    """Compare the dates of each contract that trades at the aware instant `now`.

    IBKR's last trade date is compared with the rule's and with that of each import, imports with
    the other dates that rules give. That IBKR's own cut-off is not its standard policy's is no
    contradiction. `imports` are in the order in which they were made.
    """
    rule = book.rule_of(product)
    ruled = book.dated(_undated(product), now.date()).contracts
    for contract, by_rule in zip(product.contracts, ruled, strict=True):
        if contract.state(now) is not ContractState.ACTIVE:
            continue
        if rule is not None and rule.calendar is not None:
            days = BusinessDays(book.calendar, rule.calendar)
            yield from _against_rule(product, contract, rule, days)
        for delivery in _newest(contract, imports):
            yield from _against_import(product, contract, by_rule, delivery)


def _undated(product: Future) -> Future:
    chain = (dataclasses.replace(contract, delivery=None) for contract in product.contracts)
    return dataclasses.replace(product, contracts=tuple(chain))


def _newest(
    contract: FuturesContract, imports: Collection[ImportedDelivery]
) -> Iterator[ImportedDelivery]:
    """Of each origin the import of a contract that applies."""
    own = (other for other in imports if other.is_of(contract))
    by_origin = {
        delivery.origin: delivery for delivery in sorted(own, key=lambda item: item.learnt_on)
    }
    yield from by_origin.values()


def _against_rule(
    product: Future, contract: FuturesContract, rule: DeliveryRule, days: BusinessDays
) -> Iterator[Disagreement]:
    month, ruled = contract.contract_month, rule.dates.get(_LAST_TRADE)
    if contract.series is not ContractSeries.MONTHLY or month is None or ruled is None:
        return
    day = ruled_last_trade_date(rule, days, month)
    if day is not None and ruled.formula is not None and day != contract.last_trade_date:
        yield _of_last_trade(
            *(product, contract, day, f"rule: {ruled.formula.text} ({rule.family})"),
            _OF_CONFIDENCE[ruled.confidence],
        )


def _of_last_trade(
    product: Future,
    contract: FuturesContract,
    other: date | None,
    source: str,
    severity: Severity,
) -> Disagreement:
    return Disagreement(
        product=product.key,
        contract=contract,
        field=_LAST_TRADE,
        value=str(contract.last_trade_date),
        source=IBKR,
        other=str(other),
        other_source=source,
        severity=severity,
    )


def _against_import(
    product: Future,
    contract: FuturesContract,
    by_rule: FuturesContract,
    imported: ImportedDelivery,
) -> Iterator[Disagreement]:
    if imported.is_refuted_by(contract):
        doubted = f"{imported.source}, whose dates are doubted"
        yield _of_last_trade(
            product, contract, imported.last_trade_date, doubted, Severity.CRITICAL
        )
        return
    ruled = by_rule.delivery
    for name in DELIVERY_DATES if ruled else ():
        day: date | None = getattr(ruled, name)
        other: date | None = getattr(imported.delivery, name)
        source = ruled.sources.get(name) if ruled else None
        if None in (day, other) or day == other or source is None:
            continue
        if not source.source.startswith(STANDARD_POLICY):
            yield Disagreement(
                product=product.key,
                contract=contract,
                field=name,
                value=str(other),
                source=imported.source,
                other=str(day),
                other_source=source.source,
                severity=_OF_CONFIDENCE[source.confidence],
            )
