"""Futures products: one shape for all, one subclass per asset type.

A new asset type is a subclass of `Future` with its own `asset_class`, and a line in
`ASSET_TYPES`; ports, repositories, storage and commands follow from that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, NamedTuple

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.fields import EntityField, Kind, fields_of, kind
from ibkr_sync.domain.entities.remarks import Remark

ASSET_CLASS = "asset_class"
"""The field of a product that the type of its entity states."""

OF_CONTRACTS = ("multiplier", "price_magnifier", "min_tick")
"""Fields of a product that its contracts have, and in which they may differ by month."""

SAMPLE_MARKER = " [sample]"
"""Ends the long name of every contract row that is computed, not IBKR's."""


class AssetClass(StrEnum):
    """What a future is on. IBKR says IND even for crude oil, so the catalogue says it."""

    INDEX = "index"
    COMMODITY = "commodity"
    INTEREST_RATE = "interest_rate"
    CURRENCY = "currency"
    CRYPTO = "crypto"
    VOLATILITY = "volatility"
    SINGLE_STOCK = "single_stock"
    UNCLASSIFIED = "unclassified"


class Origin(StrEnum):
    """Where a product's data came from."""

    IBKR = "ibkr"
    FILE = "file"
    CATALOGUE = "catalogue"
    SAMPLE = "sample"

    @property
    def is_real(self) -> bool:
        """Whether a source said it of a real market: neither computed nor merely known of."""
        return self not in (Origin.CATALOGUE, Origin.SAMPLE)


class ChainExtent(IntEnum):
    """How much of a product's chain is stored."""

    NOTHING = 0
    SINGLE_CONTRACTS = 1
    WHOLE = 2

    @classmethod
    def of(cls, origin: Origin, *, synced_at: datetime | None, has_contracts: bool) -> ChainExtent:
        """That of a product of this origin: if it was never synced only what moved in.

        A file may give a whole chain and no time.
        """
        if not has_contracts:
            return cls.NOTHING
        is_whole = synced_at is not None or origin in (Origin.FILE, Origin.SAMPLE)
        return cls.WHOLE if is_whole else cls.SINGLE_CONTRACTS


class ProductKey(NamedTuple):
    """The identity of a product."""

    symbol: str
    exchange: str
    trading_class: str

    def __str__(self) -> str:
        return f"{self.symbol}@{self.exchange} ({self.trading_class})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Underlying:
    """What the product is written on, as IBKR names it (ES: index ES, conId 11004968)."""

    symbol: str = field(metadata=kind(Kind.TEXT))
    sec_type: str | None = field(default=None, metadata=kind(Kind.TEXT))
    con_id: int | None = field(default=None, metadata=kind(Kind.POSITIVE_INTEGER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """A futures product with its chain.

    Attributes:
        symbol: IBKR's symbol (`ESTX50`), not the exchange's (`FESX`).
        exchange: IBKR's code of the listing exchange.
        trading_class: IBKR's trading class; in most cases the exchange's product code.
        category: the finer class within the asset class (`energy`, `short_rate`, …).
        multiplier: what its living contracts agree on; None where they differ, as they may by
            month (TTF). Of a product without contracts, what the catalogue knows.
        price_magnifier: as `multiplier`.
        min_tick: as `multiplier`; in currency units.
        time_zone: IANA name of the exchange's zone; None when IBKR's id is unknown.
        contracts: the chain in order of last trade date.
        synced_at: UTC instant of the last complete reply; None when never synced.
        remarks: on rows that make no contract, and those that every row deserves.
        absent_since: UTC instant since which its source does not know it; None while it does.
        closed_at: UTC instant at which that was confirmed of a product without a living contract.
    """

    asset_class: ClassVar[AssetClass] = AssetClass.UNCLASSIFIED

    symbol: str = field(metadata=kind(Kind.TEXT))
    exchange: str = field(metadata=kind(Kind.TEXT))
    trading_class: str = field(metadata=kind(Kind.TEXT))
    currency: str = field(metadata=kind(Kind.TEXT))
    name: str | None = field(default=None, metadata=kind(Kind.TEXT))
    category: str | None = field(default=None, metadata=kind(Kind.TEXT))
    underlying: Underlying | None = field(default=None, metadata=kind(Underlying))
    # Not tracked: they are those of its contracts, each of which has a history of its own.
    multiplier: Decimal | None = field(
        default=None, metadata=kind(Kind.POSITIVE_NUMBER, tracked=False)
    )
    price_magnifier: int | None = field(
        default=None, metadata=kind(Kind.POSITIVE_INTEGER, tracked=False)
    )
    min_tick: Decimal | None = field(
        default=None, metadata=kind(Kind.POSITIVE_NUMBER, tracked=False)
    )
    time_zone: str | None = field(default=None, metadata=kind(Kind.ZONE))
    origin: Origin = field(default=Origin.IBKR, metadata=kind(Origin))
    contracts: tuple[FuturesContract, ...] = ()
    synced_at: datetime | None = field(default=None, metadata=kind(Kind.INSTANT, tracked=False))
    remarks: tuple[Remark, ...] = field(default=(), metadata=kind(Kind.REMARKS))
    # Not tracked: what follows from it is that the product is closed, or that it is not.
    absent_since: datetime | None = field(default=None, metadata=kind(Kind.INSTANT, tracked=False))
    closed_at: datetime | None = field(default=None, metadata=kind(Kind.INSTANT))

    def __post_init__(self) -> None:
        """Take what its contracts agree on, those that lived at the last sync, if there are any."""
        if self.contracts:
            current = self._current
            for name in OF_CONTRACTS:
                object.__setattr__(self, name, agreed_value(current, name))

    @property
    def key(self) -> ProductKey:
        """The product's identity."""
        return ProductKey(self.symbol, self.exchange, self.trading_class)

    @property
    def is_stub(self) -> bool:
        """Whether only the catalogue knows it: no source has reported any contract."""
        return self.origin is Origin.CATALOGUE and not self.contracts

    def closed_by(self, now: datetime) -> datetime | None:
        """When it was closed until the aware instant `now`; None too if a clock ahead said so."""
        is_so = self.closed_at is not None and self.closed_at <= now
        return self.closed_at if is_so else None

    @property
    def chain_extent(self) -> ChainExtent:
        """How much of the chain is stored."""
        return ChainExtent.of(
            self.origin, synced_at=self.synced_at, has_contracts=bool(self.contracts)
        )

    @property
    def quoted_tick(self) -> Decimal | None:
        """The smallest step of the quoted price (see `FuturesContract.quoted_tick`)."""
        if self.contracts:
            agreed: Decimal | None = agreed_value(self._current, "quoted_tick")
            return agreed
        return None if self.min_tick is None else self.min_tick * (self.price_magnifier or 1)

    @property
    def tick_value(self) -> Decimal | None:
        """Money per smallest step (see `FuturesContract.tick_value`)."""
        if self.contracts:
            agreed: Decimal | None = agreed_value(self._current, "tick_value")
            return agreed
        if self.min_tick is None or self.multiplier is None:
            return None
        return self.min_tick * self.multiplier

    @property
    def point_value(self) -> Decimal | None:
        """Money per 1.0 of quoted price (see `FuturesContract.point_value`)."""
        if self.contracts:
            agreed: Decimal | None = agreed_value(self._current, "point_value")
            return agreed
        return None if self.multiplier is None else self.multiplier / (self.price_magnifier or 1)

    @property
    def _current(self) -> tuple[FuturesContract, ...]:
        """The contracts that lived at the last sync, or all if none did."""
        if self.synced_at is None:
            return self.contracts
        return self.living(self.synced_at) or self.contracts

    @property
    def sizes(self) -> frozenset[Decimal]:
        """The multipliers of its contracts, or its own where it has none; empty if unknown."""
        stated = [contract.multiplier for contract in self.contracts] or [self.multiplier]
        return frozenset(value for value in stated if value is not None)

    def living(self, now: datetime) -> tuple[FuturesContract, ...]:
        """The contracts that still trade at the aware instant `now`, and were not delisted."""
        ended = (ContractState.EXPIRED, ContractState.DELISTED)
        return tuple(contract for contract in self.contracts if contract.state(now) not in ended)

    def unexpired(self, now: datetime) -> tuple[FuturesContract, ...]:
        """The contracts that still trade at the aware instant `now`."""
        return tuple(contract for contract in self.contracts if not contract.is_expired(now))


def agreed_value(contracts: Iterable[FuturesContract], name: str) -> Any:  # noqa: ANN401 - the field decides
    """What contracts agree on, as far as they state it; None where they differ."""
    stated = {getattr(contract, name) for contract in contracts} - {None}
    return stated.pop() if len(stated) == 1 else None


class UnclassifiedFuture(Future):
    """A product that neither the catalogue nor IBKR classifies."""

    __slots__ = ()


class IndexFuture(Future):
    """A future on a stock, sector, dividend or other published index."""

    __slots__ = ()
    asset_class = AssetClass.INDEX


class VolatilityFuture(Future):
    """A future on a volatility index."""

    __slots__ = ()
    asset_class = AssetClass.VOLATILITY


class CommodityFuture(Future):
    """A future on energy, metals, agricultural goods or an index of them."""

    __slots__ = ()
    asset_class = AssetClass.COMMODITY


class InterestRateFuture(Future):
    """A future on a bond or on a short-term interest rate."""

    __slots__ = ()
    asset_class = AssetClass.INTEREST_RATE


class CurrencyFuture(Future):
    """A future on an exchange rate."""

    __slots__ = ()
    asset_class = AssetClass.CURRENCY


class CryptoFuture(Future):
    """A future on a crypto currency or its reference rate."""

    __slots__ = ()
    asset_class = AssetClass.CRYPTO


class SingleStockFuture(Future):
    """A future on one company's stock."""

    __slots__ = ()
    asset_class = AssetClass.SINGLE_STOCK


ASSET_TYPES: dict[AssetClass, type[Future]] = {
    entity.asset_class: entity
    for entity in (
        IndexFuture,
        CommodityFuture,
        InterestRateFuture,
        CurrencyFuture,
        CryptoFuture,
        VolatilityFuture,
        SingleStockFuture,
        UnclassifiedFuture,
    )
}
"""The entity of each asset class."""


PRODUCT_FIELDS = (EntityField(name=ASSET_CLASS, kind=AssetClass), *fields_of(Future))
"""The fields of a product without its contracts; the first is its entity's type."""

CONTRACT_FIELDS = fields_of(FuturesContract)


def covered_asset_classes(entity: type[Future]) -> frozenset[AssetClass]:
    """The asset classes that a repository of `entity` holds; `Future` itself covers all."""
    return frozenset(cls for cls, kind in ASSET_TYPES.items() if issubclass(kind, entity))
