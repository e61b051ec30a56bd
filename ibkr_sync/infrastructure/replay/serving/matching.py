"""Which rows answer a contract-details request: TWS's rule, as far as futures need it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from zlib import crc32
from zoneinfo import ZoneInfo

from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.rows import ContractRow

_UNSET_STRIKE = Decimal("1e300")
"""Clients send 1.7976931348623157e308 for a strike that was never set."""

_CONTRACT_MONTH_DIGITS = 6
_DATE_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchableRow:
    """A row on one exchange, ready to be matched.

    Attributes:
        expires_at: the UTC instant from which the contract counts as expired; None when the
            row's date can't be read.
        place: where it comes in replies.
    """

    row: ContractRow
    last_trade_date: str
    multiplier: Decimal | None
    expires_at: datetime | None
    place: int

    def is_expired(self, now: datetime) -> bool:
        """Whether the contract's last trade date is over at `now`."""
        return self.expires_at is not None and now >= self.expires_at


class MatchableRows:
    """All listings of a recording, found by symbol, local symbol, conId or trading class.

    Those of `answers` are found by conId alone. A recording may hold thousands of listings, of
    which a run asks for few: they are made ready when they are asked for.
    """

    def __init__(self, rows: Iterable[ContractRow], answers: Iterable[ContractRow] = ()) -> None:
        self._rows = _by_con_id(rows)
        self._answers = _by_con_id(answers)
        self._listings: dict[str, list[MatchableRow]] = {}
        self._by_symbol: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_local_symbol: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_trading_class: dict[str, dict[str, None]] = defaultdict(dict)
        for con_id, recorded in self._rows.items():
            for row in recorded:
                self._by_symbol[row.symbol][con_id] = None
                self._by_local_symbol[row.local_symbol][con_id] = None
                self._by_trading_class[row.trading_class][con_id] = None

    def answer(self, request: ContractDataRequest, now: datetime) -> tuple[ContractRow, ...]:
        """The rows that TWS would send, in no useful order; empty is its error 200."""
        return matching_rows(request, self._candidates(request), now)

    def _candidates(self, request: ContractDataRequest) -> Sequence[MatchableRow]:
        if request.con_id:
            con_id = str(request.con_id)
            answers = map(_listing, matching_on_every_route(self._answers.get(con_id, ())))
            return [*self._scattered([con_id]), *answers]
        if request.symbol:
            return self._scattered(self._by_symbol.get(request.symbol, ()))
        if request.local_symbol:
            return self._scattered(self._by_local_symbol.get(request.local_symbol, ()))
        return self._scattered(self._by_trading_class.get(request.trading_class, ()))

    def _scattered(self, con_ids: Iterable[str]) -> list[MatchableRow]:
        listings = [listing for con_id in con_ids for listing in self._listings_of(con_id)]
        return sorted(listings, key=lambda listing: listing.place)

    def _listings_of(self, con_id: str) -> list[MatchableRow]:
        if con_id not in self._listings:
            rows = matching_on_every_route(self._rows.get(con_id, ()))
            self._listings[con_id] = [_listing(row) for row in rows]
        return self._listings[con_id]


def unmatchable_reason(request: ContractDataRequest) -> str | None:
    """Why TWS refuses to look a request up (error 321), or None."""
    if request.con_id:
        return None
    if not (request.symbol or request.local_symbol or request.trading_class):
        return "Please enter a local symbol or a symbol"
    if not request.sec_type:
        return "Please enter a valid security type"
    expiry = request.last_trade_date_or_contract_month
    if expiry and not (
        expiry.isascii()
        and expiry.isdigit()
        and len(expiry) in (_CONTRACT_MONTH_DIGITS, _DATE_DIGITS)
    ):
        return "Invalid contract month"
    return None


def matching_rows(
    request: ContractDataRequest, listings: Iterable[MatchableRow], now: datetime
) -> tuple[ContractRow, ...]:
    """Apply a request to listings.

    Every field that the request fills must agree; expired contracts come only when asked
    for, without zone and hours. CONTFUT gives the nearest contract for each exchange and
    multiplier, under the conId of that contract; FUT+CONTFUT gives both kinds.
    """
    fitting = [listing for listing in listings if _fits(request, listing)]
    kinds = request.sec_type.split("+") if request.sec_type else ["FUT"]
    rows: list[ContractRow] = []
    if "FUT" in kinds:
        rows += [
            _as_expired(listing.row) if listing.is_expired(now) else listing.row
            for listing in fitting
            if request.include_expired or not listing.is_expired(now)
        ]
    if "CONTFUT" in kinds:
        rows += _continuous(listing for listing in fitting if not listing.is_expired(now))
    return tuple(rows)


def matching_on_every_route(rows: Iterable[ContractRow]) -> list[ContractRow]:
    """Repeat each row on each of its valid exchanges, equal but for the exchange.

    A row that the recording itself holds for an exchange is taken as it is.
    """
    recorded = list(rows)
    held = {(row.con_id, row.exchange) for row in recorded}
    routed = list(recorded)
    for row in recorded:
        for exchange in row.valid_exchanges.split(","):
            if exchange and (row.con_id, exchange) not in held:
                held.add((row.con_id, exchange))
                routed.append(replace(row, exchange=exchange))
    return routed


def matching_date(row: ContractRow) -> str:
    """The eight digits of the last trade date; its own field wins where it is sent."""
    return row.last_trade_date or row.last_trade_date_or_contract_month[:_DATE_DIGITS]


def _by_con_id(rows: Iterable[ContractRow]) -> dict[str, list[ContractRow]]:
    found: dict[str, list[ContractRow]] = defaultdict(list)
    for row in rows:
        found[row.con_id].append(row)
    return found


def _fits(request: ContractDataRequest, listing: MatchableRow) -> bool:
    row = listing.row
    asked_and_held = (
        (request.symbol, row.symbol),
        (request.exchange, row.exchange),
        (request.currency, row.currency),
        (request.local_symbol, row.local_symbol),
        (request.trading_class, row.trading_class),
        (request.primary_exchange, row.primary_exchange or row.exchange),
    )
    return (
        row.sec_type == "FUT"
        and (not request.con_id or row.con_id == str(request.con_id))
        and all(not asked or asked == held for asked, held in asked_and_held)
        and _fits_expiry(request.last_trade_date_or_contract_month, listing)
        and (not request.multiplier or _number(request.multiplier) == listing.multiplier)
        and _is_open_strike(request.strike)
        and not request.sec_id
    )


def _fits_expiry(asked: str, listing: MatchableRow) -> bool:
    if not asked:
        return True
    if len(asked) == _CONTRACT_MONTH_DIGITS:
        return asked == listing.row.contract_month
    return asked == listing.last_trade_date


def _is_open_strike(strike: str) -> bool:
    """A future has no strike: TWS finds none when a request names one."""
    if not strike:
        return True
    number = _number(strike)
    return number is not None and (number == 0 or number > _UNSET_STRIKE)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _continuous(listings: Iterable[MatchableRow]) -> list[ContractRow]:
    nearest: dict[tuple[str, Decimal | None], MatchableRow] = {}
    for listing in listings:
        venue = (listing.row.exchange, listing.multiplier)
        held = nearest.get(venue)
        if held is None or listing.last_trade_date < held.last_trade_date:
            nearest[venue] = listing
    return [replace(listing.row, sec_type="CONTFUT") for listing in nearest.values()]


def _listing(row: ContractRow) -> MatchableRow:
    last_trade_date = matching_date(row)
    return MatchableRow(
        row=row,
        last_trade_date=last_trade_date,
        multiplier=_number(row.multiplier),
        expires_at=_end_of_day(last_trade_date, row.time_zone_id),
        place=_scattered(row),
    )


def _as_expired(row: ContractRow) -> ContractRow:
    """What TWS sends for a contract that no longer trades."""
    return replace(row, time_zone_id="", trading_hours="", liquid_hours="", order_types="LTH")


def _end_of_day(digits: str, time_zone_id: str) -> datetime | None:
    """The UTC end of a date in a zone; in UTC when the zone is no name that Python knows."""
    if not digits.isdigit():
        return None
    try:
        next_day = date.fromisoformat(digits) + timedelta(days=1)
        return datetime.combine(next_day, time(), _zone(time_zone_id)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(time_zone_id: str) -> tzinfo:
    try:
        return ZoneInfo(time_zone_id)
    except (ValueError, OSError, KeyError):
        return UTC


def _scattered(row: ContractRow) -> int:
    """A fixed order that has nothing to do with dates, as replies of TWS have none."""
    return crc32(f"{row.con_id}@{row.exchange}".encode("utf-8", "surrogateescape"))
