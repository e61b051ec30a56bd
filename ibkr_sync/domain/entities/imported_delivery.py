"""What a user got elsewhere of the delivery of a contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ibkr_sync.domain.entities.contracts import ContractMonth, ContractSeries, FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence, DeliveryDates, DeliverySource
from ibkr_sync.domain.entities.import_origin import ImportOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRow:
    """A row of an imported file; a contract is named by its conId, or by code and month.

    Attributes:
        code: the exchange's or IBKR's name of the product; None where the file does not say.
        exchange: IBKR's code of the exchange; None where the file does not say.
        dates: by the names of the fields of `DeliveryDates`.
        close_out_days: business days before its cut-offs on which IBKR begins to close out.
        place: where in its file it stands.
    """

    origin: ImportOrigin
    source: str
    con_id: int | None = None
    code: str | None = None
    exchange: str | None = None
    contract_month: ContractMonth | None = None
    last_trade_date: date | None = None
    dates: dict[str, date]
    close_out_days: int = 0
    place: str = field(default="", compare=False)

    def on_product(
        self, exchange: str | None, trading_class: str | None, day: date
    ) -> ImportedDelivery:
        """What it says of a contract of a product; one with a conId needs none.

        `day` is the day that the file is of.
        """
        source = DeliverySource(source=self.source, confidence=Confidence.A, learnt_on=day)
        known: dict[str, Any] = dict(self.dates)
        return ImportedDelivery(
            origin=self.origin,
            source=self.source,
            con_id=self.con_id,
            exchange=exchange,
            trading_class=trading_class,
            contract_month=self.contract_month,
            last_trade_date=self.last_trade_date,
            delivery=DeliveryDates(**known, sources=dict.fromkeys(self.dates, source)),
            learnt_on=day,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDelivery:
    """One contract of an import: known by its conId, or by exchange, class and month.

    Attributes:
        last_trade_date: as the import has it; where IBKR's own is another, its dates are doubted.
        source: what it is called where a date of it is shown.
        delivery: the dates that it says.
        learnt_on: the day that the import is of; a newer one of the same origin replaces it.
    """

    origin: ImportOrigin
    source: str
    con_id: int | None = None
    exchange: str | None = None
    trading_class: str | None = None
    contract_month: ContractMonth | None = None
    last_trade_date: date | None = None
    delivery: DeliveryDates
    learnt_on: date

    def is_of(self, contract: FuturesContract) -> bool:
        """Whether it is about a contract; weekly and daily ones have no month of their own."""
        if self.con_id is not None:
            return self.con_id == contract.con_id
        return contract.series is ContractSeries.MONTHLY and (
            self.exchange,
            self.trading_class,
            self.contract_month,
        ) == (contract.exchange, contract.trading_class, contract.contract_month)

    def is_refuted_by(self, contract: FuturesContract) -> bool:
        """Whether IBKR has another last trade date of its contract: the row may have slipped."""
        return self.last_trade_date not in {None, contract.last_trade_date}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefutedImport:
    """An import that has another last trade date than IBKR's own for its contract."""

    imported: ImportedDelivery
    contract: FuturesContract


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptImports:
    """What became of imports that were to be kept.

    Attributes:
        stored: of how many of them stored contracts are.
        new: how many were not kept before.
        refuted: those whose dates are doubted, in their order.
    """

    stored: int
    new: int
    refuted: tuple[RefutedImport, ...] = ()
