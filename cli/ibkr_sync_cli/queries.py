"""From what the user typed to a query."""

from __future__ import annotations

import re

import typer

from ibkr_sync.domain.sync import FutureQuery

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._&/+-]{0,31}", re.ASCII)


def product_query(
    symbol: str,
    exchange: str | None = None,
    currency: str | None = None,
    trading_class: str | None = None,
) -> FutureQuery:
    """Check and normalise the words for one product; raises typer's BadParameter."""
    return FutureQuery(
        symbol=_word("symbol", symbol).upper(),
        exchange=None if exchange is None else _word("exchange", exchange).upper(),
        currency=None if currency is None else _word("currency", currency).upper(),
        trading_class=None if trading_class is None else _word("trading class", trading_class),
    )


def _word(what: str, text: str) -> str:
    stripped = text.strip()
    if _WORD.fullmatch(stripped) is None:
        raise typer.BadParameter(f"{text!r} is no {what}")
    return stripped
