"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.units.durations import parse_duration, parse_duration_limit
from ibkr_sync_cli.units.quantities import multiplier_quantity

if TYPE_CHECKING:
    from ibkr_sync.domain.naming.limits import Limits

Symbol = Annotated[
    str,
    typer.Argument(
        help="A product, as ES, 6E or ES@CME; a contract, as ESZ6 or ES 202612; a conId.",
        metavar="SYMBOL",
    ),
]
Symbols = Annotated[
    list[str],
    typer.Argument(
        help="Products, as ES, 6E or ES@CME; contracts, as ESZ6 or ES 202612; conIds.",
        metavar="SYMBOL",
    ),
]
AnyProducts = Annotated[
    list[str] | None,
    typer.Argument(help="Products, as ES 6E CL@NYMEX; all if none.", metavar="SYMBOL"),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="As it was known at the end of a day in UTC, 7d ago or at an instant.",
        metavar="DATE",
    ),
]
MaxAge = Annotated[
    timedelta,
    typer.Option(
        "--max-age", help="What is older is stale.", metavar="26h", parser=parse_duration_limit
    ),
]
Stale = Annotated[
    timedelta | None,
    typer.Option("--stale", help="Skip what is no older.", metavar="20h", parser=parse_duration),
]
Host = Annotated[str | None, typer.Option("--host", help="Gateway's host.")]
Port = Annotated[int | None, typer.Option("--port", help="Gateway's port.")]
ClientId = Annotated[int | None, typer.Option("--client-id", help="API client id.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show, write nothing.")]
AllowShrink = Annotated[
    bool, typer.Option("--allow-shrink", help="Accept that many contracts are gone.")
]
Exchange = Annotated[
    str | None, typer.Option("--exchange", help="IBKR's code of the exchange.", metavar="X")
]
Currency = Annotated[str | None, typer.Option("--currency", help="Currency.", metavar="CUR")]
TradingClass = Annotated[
    str | None, typer.Option("--trading-class", help="Trading class, as FDAX.", metavar="C")
]
Multiplier = Annotated[
    Decimal | None,
    typer.Option(
        "--multiplier", help="Contract size, as 50 or 0.1.", metavar="M", parser=multiplier_quantity
    ),
]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="Only this group of the watchlist; several add up.", metavar="G"),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source", help="local, ibkr or file:PATH; the profile's if not given.", metavar="SOURCE"
    ),
]
Series = Annotated[
    SeriesChoice,
    typer.Option(
        "--series", help="Monthly, weekly or daily contracts; usual is monthly if there are any."
    ),
]


def limits_of_options(
    exchange: str | None,
    currency: str | None,
    trading_class: str | None,
    multiplier: Decimal | None,
) -> Limits:
    """What narrows the meaning of symbols, as the options say."""
    from ibkr_sync.domain.naming.limits import Limits

    return Limits(
        exchange=exchange, currency=currency, trading_class=trading_class, multiplier=multiplier
    )


def typed_limits(limits: Limits) -> tuple[str, ...]:
    """What narrows the meaning of symbols, as options are typed."""
    return tuple(
        word
        for name, value in asdict(limits).items()
        if value is not None
        for word in (f"--{name.replace('_', '-')}", str(value))
    )


def refuse_gateway_options(source: str, given: Mapping[str, object]) -> None:
    """Raise BadParameter for options of a gateway, those not None, where none is asked."""
    for name, value in given.items():
        if source != "ibkr" and value is not None:
            option = "--" + name.replace("_", "-")
            raise typer.BadParameter(f"{option} is for a gateway: add --source ibkr")


def refuse_symbol_options(symbols: Sequence[str] | None, limits: Limits, reason: str) -> None:
    """Raise BadParameter for options that narrow what symbols mean, where there are none."""
    if not symbols and any(item is not None for item in astuple(limits)):
        given = "--exchange, --currency, --trading-class and --multiplier"
        raise typer.BadParameter(f"{given} {reason}")
