"""The table of one contract: a line per fact that is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.untrusted_text import harmless_line
from ibkr_sync_cli.units.durations import age_phrase
from ibkr_sync_cli.units.field_phrases import rule_in_words
from ibkr_sync_cli.views.cells import (
    last_trade_cell,
    last_trade_utc_cell,
    money_cell,
    number_cell,
    origin_cell,
    tick_cell,
)
from ibkr_sync_cli.views.products.chain import session
from ibkr_sync_cli.views.products.delivery_table import delivery_facts
from ibkr_sync_cli.views.products.product_table import product_name


def contract_table(
    future: Future, contract: FuturesContract, ladders: Mapping[int, MarketRule], now: datetime
) -> RenderableType:
    """All that a trader wants to know of a contract."""
    table = Table.grid(padding=(0, 2))
    facts = (
        *_identity(future, contract),
        *_dates(future, contract, now),
        *_delivery(contract),
        *_numbers(future, contract, ladders),
        *_evidence(future, contract, now),
    )
    for name, value in facts:
        if value:
            table.add_row(Text(name, style="dim"), Text(harmless_line(value)))
    title = Text.assemble(
        (harmless_line(contract.local_symbol), "bold"), "  ", product_name(future)
    )
    return Group(title, table)


def _identity(future: Future, contract: FuturesContract) -> Iterator[tuple[str, str | None]]:
    yield "Product", str(future.key)
    kinds = (future.asset_class.value, future.category)
    yield "Type", " · ".join(kind.replace("_", " ") for kind in dict.fromkeys(kinds) if kind)
    yield "conId", str(contract.con_id)
    yield "Contract month", str(contract.contract_month or "-")
    yield "Series", contract.series.value
    if contract.trading_class != future.trading_class:
        yield "Trading class", contract.trading_class
    yield "Name", contract.long_name
    underlying = (
        contract.underlying_symbol,
        contract.underlying_sec_type,
        f"conId {contract.underlying_con_id}" if contract.underlying_con_id else None,
    )
    yield "Underlying", " · ".join(filter(None, underlying))
    yield "Exchanges", ", ".join(venue.exchange for venue in contract.venues)
    yield "Currency", contract.currency


def _dates(
    future: Future, contract: FuturesContract, now: datetime
) -> Iterator[tuple[str, str | None]]:
    zone = contract.time_zone or future.time_zone
    days = contract.days_left(now)
    yield "State", contract.state(now).value + (f" · {days} days left" if days >= 0 else "")
    yield "Last trade", f"{last_trade_cell(contract, zone)} {zone or '(time zone unknown)'}"
    yield "Last trade UTC", last_trade_utc_cell(contract)
    if contract.real_expiration_date is not None:
        yield "Expiration", str(contract.real_expiration_date)
    yield "Session", session(contract, now)


def _delivery(contract: FuturesContract) -> Iterator[tuple[str, str | None]]:
    if contract.delivery is None:
        yield "Settlement", contract.settlement_method
    for name, value, source in delivery_facts(contract):
        by = rule_in_words(source.source)
        yield name, f"{value} · {by} ({source.confidence}, {source.learnt_on})"


def _numbers(
    future: Future, contract: FuturesContract, ladders: Mapping[int, MarketRule]
) -> Iterator[tuple[str, str | None]]:
    currency = contract.currency
    yield "Multiplier", number_cell(contract.multiplier)
    if contract.price_magnifier not in (None, 1):
        yield "Prices in", f"1/{contract.price_magnifier} {currency}"
    yield "Point value", money_cell(contract.point_value, currency)
    tick = tick_cell(future.key, contract.quoted_tick)
    yield "Tick", f"{tick} = {money_cell(contract.tick_value, currency)}"
    for rule_id, exchanges in contract.exchanges_by_rule.items():
        if rule_id in ladders:
            steps = _steps(future.key, ladders[rule_id].quoted(contract.price_magnifier))
            yield f"Market rule {rule_id}", f"{steps} · {', '.join(exchanges)}"
    sizes = (
        ("at least", contract.min_size),
        ("in steps of", contract.size_increment),
    )
    yield "Size", ", ".join(f"{name} {number_cell(size)}" for name, size in sizes if size)
    yield "Identifiers", ", ".join(f"{kind} {value}" for kind, value in contract.security_ids)


def _evidence(
    future: Future, contract: FuturesContract, now: datetime
) -> Iterator[tuple[str, str | None]]:
    listing = contract.listing
    if listing is not None:
        yield "First seen", _seen(listing.first_seen_at, now)
        yield "Last seen", _seen(listing.last_seen_at, now)
        yield "Missing since", _seen(listing.missing_since, now)
        yield "Delisted", _seen(listing.delisted_at, now)
    for remark in contract.remarks:
        yield "Remark", str(remark)
    yield "Source", origin_cell(future.origin)


def _steps(product: ProductKey, ladder: MarketRule) -> str:
    """The steps of the price; the edge from which a step counts, unless there is only one."""
    if len(ladder.increments) == 1:
        return tick_cell(product, ladder.increments[0].increment)
    return ", ".join(
        f"{tick_cell(product, step.increment)} from {number_cell(step.low_edge)}"
        for step in ladder.increments
    )


def _seen(at: datetime | None, now: datetime) -> str | None:
    if at is None:
        return None
    return f"{at:%Y-%m-%d %H:%M} UTC · {age_phrase(now - at)}"
