"""One futures contract: its identity, its dates and its numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.delivery import DeliveryDates
from ibkr_sync.domain.entities.fields import Kind, kind
from ibkr_sync.domain.entities.remarks import Remark
from ibkr_sync.domain.entities.schedules import TradingSchedule

FIRST_ZONE: Final = timezone(timedelta(hours=14))
"""Where a date begins first (Kiritimati)."""

LAST_ZONE: Final = timezone(timedelta(hours=-12))
"""Where a date ends last (Baker Island)."""

LIKELY_YEARS = range(1970, 2200)
"""Years in which a contract may stop trading; others are no dates, whoever says them."""

_CONTRACT_MONTH = re.compile(r"([0-9]{4})-?([0-9]{2})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class ContractMonth:
    """The delivery month that names a contract; not derivable from its last trade date.

    Source: IBKR `contractMonth` (CL for December 2026 stops trading in November).
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if self.year not in range(1900, 3000) or self.month not in range(1, 13):
            raise ValueError(f"no such contract month: {self.year}-{self.month}")

    @classmethod
    def parse(cls, text: str) -> ContractMonth:
        """Read `202612` or `2026-12`; raises ValueError for anything else."""
        match = _CONTRACT_MONTH.fullmatch(text)
        if match is None:
            raise ValueError(f"not a contract month (YYYYMM): {text!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


class ContractState(StrEnum):
    """What is known of a contract today."""

    ACTIVE = "active"
    EXPIRED = "expired"
    MISSING = "missing"
    DELISTED = "delisted"


class ContractSeries(StrEnum):
    """The listing series a contract belongs to within its product."""

    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """An exchange or route a contract trades on, with the tick ladder that applies there.

    Source: IBKR `validExchanges` and `marketRuleIds`, which belong together by position.
    """

    exchange: str
    market_rule_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractListing:
    """When a contract was seen in complete replies; kept by the local repository.

    All instants are UTC. `first_seen_at` is when it was stored first, `last_seen_at` when the last
    reply that has it was given: the earlier of the two while there is one reply. `missing_since` is
    set while an unexpired contract is absent from complete replies, `delisted_at` once a second
    such reply confirmed it.
    """

    first_seen_at: datetime = field(metadata=kind(Kind.INSTANT))
    last_seen_at: datetime = field(metadata=kind(Kind.INSTANT))
    missing_since: datetime | None = field(default=None, metadata=kind(Kind.INSTANT))
    delisted_at: datetime | None = field(default=None, metadata=kind(Kind.INSTANT))


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesContract:
    """A futures contract; `con_id` is its identity, everything else an attribute.

    `None` means that IBKR did not say. Prices, ticks and sizes are exact decimals.

    Attributes:
        con_id: IBKR's contract id, unique and never reused.
        local_symbol: the exchange's name for the contract, opaque (`ESZ6`, `FDAX 20261218 M`).
        contract_month: the delivery month that names the contract.
        last_trade_date: calendar date, in the exchange's zone, of the last trading session.
        last_trade_at: UTC instant at which trading stops; None when the time or zone is unknown.
        last_trade_text: `lastTradeDateOrContractMonth` exactly as received.
        real_expiration_date: IBKR `realExpirationDate`.
        multiplier: contract size in units of the underlying; may differ by month.
        min_tick: smallest increment in currency units, not in magnified ones.
        price_magnifier: quoted prices are this many times the currency price.
        settlement_method: how it settles in IBKR's word (`Cash`), opaque.
        listing: None until the local repository has stored the contract.
        remarks: what is presently not believed of its row, or no longer stated.
        delivery: None until rules and imports were asked; no source says it in one piece.
    """

    # Not tracked: it is the identity itself.
    con_id: int = field(metadata=kind(Kind.POSITIVE_INTEGER, tracked=False))
    symbol: str = field(metadata=kind(Kind.TEXT))
    exchange: str = field(metadata=kind(Kind.TEXT))
    trading_class: str = field(metadata=kind(Kind.TEXT))
    currency: str = field(metadata=kind(Kind.TEXT))
    local_symbol: str = field(metadata=kind(Kind.TEXT))
    last_trade_date: date = field(metadata=kind(Kind.DATE))
    last_trade_at: datetime | None = field(default=None, metadata=kind(Kind.INSTANT))
    # Not tracked: it depends on the login's time zone; last_trade_at is the fact.
    last_trade_text: str | None = field(default=None, metadata=kind(Kind.TEXT, tracked=False))
    contract_month: ContractMonth | None = field(default=None, metadata=kind(Kind.MONTH))
    real_expiration_date: date | None = field(default=None, metadata=kind(Kind.DATE))
    series: ContractSeries = field(default=ContractSeries.MONTHLY, metadata=kind(ContractSeries))
    multiplier: Decimal | None = field(default=None, metadata=kind(Kind.POSITIVE_NUMBER))
    min_tick: Decimal | None = field(default=None, metadata=kind(Kind.POSITIVE_NUMBER))
    price_magnifier: int | None = field(default=None, metadata=kind(Kind.POSITIVE_INTEGER))
    market_name: str | None = field(default=None, metadata=kind(Kind.TEXT))
    long_name: str | None = field(default=None, metadata=kind(Kind.TEXT))
    underlying_con_id: int | None = field(default=None, metadata=kind(Kind.POSITIVE_INTEGER))
    underlying_symbol: str | None = field(default=None, metadata=kind(Kind.TEXT))
    underlying_sec_type: str | None = field(default=None, metadata=kind(Kind.TEXT))
    industry: str | None = field(default=None, metadata=kind(Kind.TEXT))
    category: str | None = field(default=None, metadata=kind(Kind.TEXT))
    subcategory: str | None = field(default=None, metadata=kind(Kind.TEXT))
    time_zone: str | None = field(default=None, metadata=kind(Kind.ZONE))
    venues: tuple[Venue, ...] = field(default=(), metadata=kind(Kind.VENUES))
    # Not tracked: they depend on the account's permissions.
    order_types: tuple[str, ...] = field(default=(), metadata=kind(Kind.TEXTS, tracked=False))
    security_ids: tuple[tuple[str, str], ...] = field(default=(), metadata=kind(Kind.PAIRS))
    economic_value_rule: str | None = field(default=None, metadata=kind(Kind.TEXT))
    economic_value_multiplier: Decimal | None = field(default=None, metadata=kind(Kind.NUMBER))
    aggregated_group: int | None = field(default=None, metadata=kind(Kind.INTEGER))
    # Sizes are not tracked: sent from server version 164 on only, they depend on the ibapi.
    min_size: Decimal | None = field(default=None, metadata=kind(Kind.NUMBER, tracked=False))
    size_increment: Decimal | None = field(default=None, metadata=kind(Kind.NUMBER, tracked=False))
    suggested_size_increment: Decimal | None = field(
        default=None, metadata=kind(Kind.NUMBER, tracked=False)
    )
    # Not tracked: a rolling window, new every day.
    schedule: TradingSchedule | None = field(
        default=None, compare=False, metadata=kind(TradingSchedule, tracked=False)
    )
    # Not tracked: written by the local repository.
    listing: ContractListing | None = field(
        default=None, compare=False, metadata=kind(ContractListing, tracked=False)
    )
    # Not tracked: sent from server version 225 on only, it depends on the gateway.
    settlement_method: str | None = field(default=None, metadata=kind(Kind.TEXT, tracked=False))
    remarks: tuple[Remark, ...] = field(default=(), metadata=kind(Kind.REMARKS))
    # No kind: it is derived, and kept in a table of its own.
    delivery: DeliveryDates | None = field(default=None, compare=False)

    @property
    def point_value(self) -> Decimal | None:
        """Money per 1.0 of quoted price: multiplier / price magnifier."""
        if self.multiplier is None:
            return None
        return self.multiplier / (self.price_magnifier or 1)

    @property
    def quoted_tick(self) -> Decimal | None:
        """The smallest step of the quoted price: IBKR's minTick is not magnified, prices are."""
        if self.min_tick is None:
            return None
        return self.min_tick * (self.price_magnifier or 1)

    @property
    def tick_value(self) -> Decimal | None:
        """Money per smallest step: min_tick is already in currency units."""
        if self.min_tick is None or self.multiplier is None:
            return None
        return self.min_tick * self.multiplier

    @property
    def exchanges_by_rule(self) -> dict[int, tuple[str, ...]]:
        """The venues where each tick ladder applies, by the id of its market rule."""
        found: dict[int, tuple[str, ...]] = {}
        for venue in self.venues:
            if venue.market_rule_id is not None:
                known = found.get(venue.market_rule_id, ())
                found[venue.market_rule_id] = (*known, venue.exchange)
        return found

    @property
    def is_absent(self) -> bool:
        """Whether it was missing or delisted when it was last heard of."""
        listing = self.listing
        return listing is not None and (listing.missing_since or listing.delisted_at) is not None

    @property
    def is_delisted(self) -> bool:
        """Whether its delisting was confirmed."""
        return self.listing is not None and self.listing.delisted_at is not None

    def is_expired(self, now: datetime) -> bool:
        """Whether trading has stopped at the aware instant `now`.

        Without a known instant the contract lives through its last trade date in the
        exchange's zone; without a zone it lives until that date has ended everywhere.
        """
        if self.last_trade_at is not None:
            return now >= self.last_trade_at
        zone = LAST_ZONE if self.time_zone is None else ZoneInfo(self.time_zone)
        return now.astimezone(zone).date() > self.last_trade_date

    def has_reached_last_day(self, now: datetime) -> bool:
        """Whether the last trade date has begun at the aware instant `now`, or trading has stopped.

        Without a zone the date has begun where it begins first.
        """
        if self.is_expired(now):
            return True
        zone = FIRST_ZONE if self.time_zone is None else ZoneInfo(self.time_zone)
        return now.astimezone(zone).date() >= self.last_trade_date

    def local_date(self, now: datetime) -> date:
        """The exchange's date at the aware instant `now`; that of UTC where its zone is unknown."""
        zone = ZoneInfo(self.time_zone) if self.time_zone is not None else UTC
        return now.astimezone(zone).date()

    def days_left(self, now: datetime) -> int:
        """Calendar days until the last trade date, in the exchange's zone; negative after it."""
        return (self.last_trade_date - self.local_date(now)).days

    def state(self, now: datetime) -> ContractState:
        """What is known of the contract at the aware instant `now`; expiry outranks absence."""
        if self.is_expired(now):
            return ContractState.EXPIRED
        if self.listing is not None and self.listing.delisted_at is not None:
            return ContractState.DELISTED
        if self.listing is not None and self.listing.missing_since is not None:
            return ContractState.MISSING
        return ContractState.ACTIVE
