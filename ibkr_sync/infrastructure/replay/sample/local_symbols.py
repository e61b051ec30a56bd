"""How the exchanges name a contract, in the forms that IBKR uses today."""

from __future__ import annotations

from ibkr_sync.infrastructure.replay.sample.listing import ListedContract
from ibkr_sync.infrastructure.replay.sample.products import SampleProduct

_MONTH_NAMES = (
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
)  # fmt: skip


def class_in_local_symbol(product: SampleProduct, contract: ListedContract) -> str:
    """The product's class, which names the week for a weekly expiry (`VX48`)."""
    if contract.week is None:
        return product.trading_class
    return f"{product.trading_class}{contract.week:02d}"


def local_symbol(product: SampleProduct, contract: ListedContract) -> str:
    """The local symbol; raises ValueError for a form that the table shouldn't name.

    `month_code` ESZ6, `eurex` FGBL 20261208 M, `nse` NIFTY26NOVFUT, `meff` M3FITXZ6P, and
    `ose:<product code>` 161120018, whose third digit counts the years from 2015.
    """
    code, year = contract.month_code, contract.year
    root = class_in_local_symbol(product, contract)
    match product.local_symbol.split(":"):
        case ["month_code"]:
            return f"{root}{code}{year % 10}"
        case ["eurex"]:
            return f"{root} {contract.last_trade_date:%Y%m%d} M"
        case ["nse"]:
            return f"{root}{year % 100:02d}{_MONTH_NAMES[contract.month - 1]}FUT"
        case ["meff"]:
            return f"M3F{root}{code}{year % 10}P"
        case ["ose", product_code]:
            return f"16{(year - 2015) % 10}{contract.month:02d}{product_code}"
        case _:
            raise ValueError(f"no such form of local symbol: {product.local_symbol!r}")
