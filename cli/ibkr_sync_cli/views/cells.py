"""How single values look in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Origin, ProductKey
from ibkr_sync.domain.entities.price_fractions import ticks_in_32nds
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.units.clocks import clock_name

if TYPE_CHECKING:  # a pipe needs no drawing
    from rich.text import Text

    from ibkr_sync.domain.hours.sessions import MarketState

_WEEK = timedelta(days=7)
_CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}

STATE_STYLES = {
    ContractState.ACTIVE: "",
    ContractState.EXPIRED: "dim",
    ContractState.MISSING: "yellow",
    ContractState.DELISTED: "red",
}

SEVERITY_STYLES = {Severity.INFO: "", Severity.NOTICE: "yellow", Severity.CRITICAL: "red"}


def severity_counts(severities: Iterable[Severity]) -> list[str]:
    """How many there are of each severity, what matters most first: `2 critical`."""
    counts = Counter(severities)
    return [f"{counts[other]} {other}" for other in reversed(Severity) if counts[other]]


def sample_tag() -> Text:
    """Stands wherever computed data is shown, so that nobody trades on it."""
    from rich.text import Text

    return Text("SAMPLE DATA", style="bold black on yellow")


def number_cell(value: Decimal | None) -> str:
    """An exact number without trailing zeros or exponent; `-` when unknown."""
    if value is None:
        return "-"
    normalised = value.normalize()
    return f"{normalised:f}"


def tick_cell(product: ProductKey, tick: Decimal | None) -> str:
    """A step of the quoted price, with its 32nds where prices are quoted in them."""
    parts = ticks_in_32nds(product, tick)
    if parts is None:
        return number_cell(tick)
    return f"{number_cell(tick)} ({'1/32' if parts == 1 else f'{parts} of 1/32'})"


def money_cell(value: Decimal | None, currency: str) -> str:
    """An amount with its currency: `$12.50`, `6.25 CHF`; at least two decimals."""
    if value is None:
        return "-"
    decimals = max(2, -int(value.normalize().as_tuple().exponent))
    amount = f"{value:,.{decimals}f}"
    sign = _CURRENCY_SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} {currency}"


def range_cell(values: Iterable[Decimal | None], cell: Callable[[Decimal | None], str]) -> str:
    """One value, or the least and the greatest where they differ; `-` when none is known."""
    known = {value for value in values if value is not None}
    if len(known) < 2:  # noqa: PLR2004 - two make a range
        return cell(next(iter(known), None))
    return f"{cell(min(known))} to {cell(max(known))}"


def last_trade_cell(
    contract: FuturesContract, time_zone: str | None, *, weekday: bool = True
) -> str:
    """The last trade as the exchange's clock has it; without the time when it is unknown."""
    day = "%a %d %b %Y" if weekday else "%d %b %Y"
    if contract.last_trade_at is None or time_zone is None:
        return f"{contract.last_trade_date:{day}}"
    local = contract.last_trade_at.astimezone(ZoneInfo(time_zone))
    if local.date() != contract.last_trade_date:
        return f"{contract.last_trade_date:{day}}"
    return f"{local:{day} %H:%M}"


def last_trade_utc_cell(contract: FuturesContract) -> str | None:
    """The instant of the last trade in UTC, to the minute."""
    at = contract.last_trade_at
    return f"{at:%Y-%m-%d %H:%M}" if at else None


def market_state_cell(state: MarketState, now: datetime, zone: tzinfo | None) -> str:
    """Open or closed, and until when: `open until 16:00 CT`, `closed until Sun 17:00 CT`.

    Times are in `zone`, in this machine's if None.
    """
    word = "open" if state.is_open else "closed"
    if state.until is None:
        return word
    until, today = state.until.astimezone(zone), now.astimezone(zone).date()
    if until.date() == today:
        moment = f"{until:%H:%M}"
    elif until.date() - today < _WEEK:
        moment = f"{until:%a %H:%M}"
    else:
        moment = f"{until:%d %b %H:%M}"
    return f"{word} until {moment} {clock_name(until)}"


def days_left_cell(contract: FuturesContract, now: datetime) -> str:
    """Calendar days until the last trade date, in the exchange's zone."""
    days = contract.days_left(now)
    return str(days) if days >= 0 else "-"


def marked_cell(text: Text, *, is_sample: bool) -> Text:
    """The text, behind a tag if it tells of sample data."""
    return text.assemble(sample_tag(), "  ", text) if is_sample else text


def origin_cell(origin: Origin) -> str:
    """Where data came from, as a reader sees it."""
    return {Origin.SAMPLE: "sample data"}.get(origin, origin.value)
