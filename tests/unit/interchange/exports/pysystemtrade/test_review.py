"""What is wrong in a table is found, and what pysystemtrade then reads is right."""

from __future__ import annotations

import dataclasses
import io
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from example_products import DECEMBER, ES, NOW
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.catalogue import CatalogueProduct, ProductFacts
from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.interchange.exports.pysystemtrade.config_table import COLUMNS, read_config_table
from ibkr_sync.interchange.exports.pysystemtrade.findings import TableReview
from ibkr_sync.interchange.exports.pysystemtrade.review import TableReviewer
from one_case import one_case


def stored(
    symbol: str,
    exchange: str,
    sizes: Iterable[str] = ("50",),
    trading_class: str | None = None,
    *,
    series: Iterable[ContractSeries] = (ContractSeries.MONTHLY,),
    **fields: Any,
) -> Future:
    """A product with a contract of each size and series."""
    key = {"symbol": symbol, "exchange": exchange, "trading_class": trading_class or symbol}
    common = {"currency": fields.pop("currency", "USD"), **key}
    of_contract = {"price_magnifier": fields.pop("price_magnifier", 1)}
    contracts: list[FuturesContract] = [
        dataclasses.replace(
            DECEMBER, **common, **of_contract, multiplier=Decimal(size), series=kind, con_id=number
        )
        for number, (size, kind) in enumerate(((a, b) for a in sizes for b in series), 1)
    ]
    product: Future = dataclasses.replace(ES, **common, **fields, contracts=tuple(contracts))
    return product


def reviewed(rows: str, *products: Future, former: Iterable[FormerName] = ()) -> TableReview:
    exported = [
        ExportedProduct(product=product, facts=ProductFacts(), ladders={}) for product in products
    ]
    reviewer = TableReviewer(exported, load_catalogue(), former, NOW)
    return reviewer.review(read_config_table(f"{','.join(COLUMNS)}\n{rows}\n"))


def found(review: TableReview) -> list[tuple[str | None, str | None, str | None]]:
    """Instrument, column and what is right, of each finding; None where that is not known."""
    return [(item.row["Instrument"], item.column, item.expected) for item in review.findings]


def code_of(config: Any, symbol: str, multiplier: float, exchange: str) -> str:
    """The instrument of a contract of IBKR's, as pysystemtrade finds it."""
    rows = config[
        (config.IBSymbol == symbol)
        & ((config.IBMultiplier == multiplier) | config.IBMultiplier.isna())
        & (config.IBExchange == exchange)
    ]
    assert len(rows) == 1, (symbol, "not found, or more than once")
    return str(rows.iloc[0].Instrument)


def test_pysystemtrade_finds_each_instrument_once_it_is_corrected() -> None:
    review = reviewed(
        "SP500,ES,GLOBEX,NA,50,,FALSE\n"
        "GAS_NL,TFM,ENDEX,USD,1,1,FALSE\n"
        "SGX,STI,SGX,SGD,10,1,FALSE\n"
        "VIX,VIX,CFE,USD,1000,1,FALSE\n"
        "CORN,ZC,ECBOT,,5000,1,\n"
        "right,DAX,EUREX,EUR,25.0,1,True",
        stored("ES", "CME"),
        stored("TFM", "ENDEX", ["744", "720"], currency="EUR"),
        stored("STI", "SGX", ["2"], currency="SGD"),
        stored(
            "VIX",
            "CFE",
            ["1000"],
            "VX",
            series=[ContractSeries.MONTHLY, ContractSeries.WEEKLY],
        ),
        stored("ZC", "CBOT", ["5000"], price_magnifier=100),
        stored("DAX", "EUREX", ["25"], "FDAX", currency="EUR"),
    )

    assert found(review) == [
        ("SP500", "IBExchange", "CME"),
        ("GAS_NL", "IBCurrency", "EUR"),
        ("GAS_NL", "IBMultiplier", ""),
        ("SGX", "IBMultiplier", "2"),
        ("VIX", "IgnoreWeekly", "TRUE"),
        ("CORN", "IBExchange", "CBOT"),
        ("CORN", "priceMagnifier", "100"),
        ("CORN", "IgnoreWeekly", "FALSE"),
    ]
    assert (review.problems, review.unjudged, review.unnamed) == ((), (), ())
    import pandas as pd

    config = pd.read_csv(io.StringIO(review.table.corrected(review.corrections)))
    assert config.IgnoreWeekly.dtype == bool
    for instrument, symbol, multiplier, exchange in (
        ("SP500", "ES", 50.0, "CME"),
        ("GAS_NL", "TFM", 720.0, "ENDEX"),
        ("SGX", "STI", 2.0, "SGX"),
        ("VIX", "VIX", 1000.0, "CFE"),
        ("CORN", "ZC", 5000.0, "CBOT"),
        ("right", "DAX", 25.0, "EUREX"),
    ):
        assert code_of(config, symbol, multiplier, exchange) == instrument


@one_case(
    ("row", "products", "reason"),
    [
        ("A,ES,CME,USD,50,1,FALSE", [], "it is not stored"),
        # Another size that the catalogue knows, that another row has, or that none may have.
        ("A,DAX,EUREX,EUR,1,1,FALSE", [stored("DAX", "EUREX", ["25"], "FDAX", currency="EUR")],
         "no product of its multiplier is stored"),
        ("B,X,CME,USD,200,1,FALSE\nA,X,CME,USD,7,1,FALSE", [stored("X", "CME", ["200"])],
         "no product of its multiplier is stored"),
        ("A,X,CME,USD,7,1,FALSE", [stored("X", "CME", ["1"], "X"), stored("X", "CME", ["2"], "Y")],
         "no product of its multiplier is stored"),
        ("A,X,CME,USD,,1,FALSE", [stored("X", "CME", ["1"], "X"), stored("X", "CME", ["2"], "Y")],
         "several stored products fit it: it needs a multiplier"),
        # The peso was called so, which is Micro XRP since.
        ("A,MXP,CME,NA,500000,1,FALSE", [stored("MXP", "CME", ["2500"])],
         "no product of its multiplier is stored"),
    ],
)  # fmt: skip
def test_what_may_be_another_product_is_not_judged(
    row: str, products: list[Future], reason: str
) -> None:
    review = reviewed(row, *products)
    assert [(item.row["Instrument"], item.reason) for item in review.unjudged] == [("A", reason)]
    assert review.findings == ()


def test_no_correction_gives_a_row_what_another_has() -> None:
    review = reviewed(
        "old,ES,GLOBEX,USD,50,1,FALSE\n"
        "new,ES,CME,USD,50,1,FALSE\n"
        "one,STI,SGX,USD,10,1,FALSE\n"
        "two,STI,SGX,USD,5,1,FALSE",
        stored("ES", "CME"),
        stored("STI", "SGX", ["2"]),
    )
    assert review.corrections == {}
    assert [(item.row["Instrument"], item.column) for item in review.problems] == [
        ("old", "IBExchange"),
        ("one", "IBMultiplier"),
        ("two", "IBMultiplier"),
    ]


def test_a_table_that_agrees_with_all_products_has_no_findings() -> None:
    """Every row of the catalogue's that pysystemtrade has, beside all other products."""
    rows, by_key = [], defaultdict[ProductKey, list[CatalogueProduct]](list)
    for number, row in enumerate(load_catalogue().products):
        by_key[row.key] += [row] if row.active else []
        if "pst" in row.sources:
            magnifier, weekly = row.price_magnifier, str(row.weekly_expiries).upper()
            cells = (row.symbol, row.exchange, row.currency, row.multiplier, magnifier, weekly)
            rows.append(",".join(str("" if cell is None else cell) for cell in (number, *cells)))
    products = [
        stored(
            key.symbol,
            key.exchange,
            [str(row.multiplier) for row in found if row.multiplier] or ("1", "2"),
            key.trading_class,
            series=ContractSeries if found[0].weekly_expiries else [ContractSeries.MONTHLY],
            currency=found[0].currency,
            price_magnifier=found[0].price_magnifier,
        )
        for key, found in by_key.items()
        if found
    ]
    review = reviewed("\n".join(rows), *products)
    assert (len(rows) > 500, review.findings) == (True, ())
    assert {item.reason for item in review.unjudged} == {"it is not stored"}


def test_renamed_products_are_found_by_what_they_were_called() -> None:
    peso = stored("6M", "CME", ["500000"])
    former = FormerName(
        former=ProductKey("OLD", "CME", "OLD"), current=ProductKey("NEW", "EUREX", "NEW"), until=NOW
    )
    review = reviewed(
        "MXP,MXP,CME,NA,500000,1,FALSE\nold,OLD,CME,USD,50,1,FALSE\nbund,GBL,DTB,EUR,1000,1,FALSE",
        peso,
        stored("NEW", "EUREX"),
        stored("ES", "CME"),
        former=[former],
    )
    blanks = reviewed("A, ES ,CME ,USD,50,1,FALSE", stored("ES", "CME"))
    assert [(item.expected, item.reason) for item in blanks.findings] == [
        ("ES", "blanks stand around it"),
        ("CME", "blanks stand around it"),
    ]
    assert found(review) == [
        ("MXP", "IBSymbol", "6M"),
        ("old", "IBSymbol", "NEW"),
        ("old", "IBExchange", "EUREX"),
        ("bund", "IBExchange", "EUREX"),
    ]
    assert [(item.row["Instrument"], item.reason) for item in review.unjudged] == [
        ("bund", "it is not stored")
    ]
    assert review.unnamed == (ProductKey("ES", "CME", "ES"),)


def test_what_only_the_user_can_decide_is_a_problem() -> None:
    closed = stored("GE", "CME", ["2500"], closed_at=NOW - timedelta(days=9))
    review = reviewed(
        "EURHUF,EHF,CME,EUR,30000000,1,FALSE\n"
        "HUFEUR,EHF,CME,EUR,3e7,1,FALSE\n"
        "A,TFM,ENDEX,USD,,1,FALSE\n"
        "B,TFM,ENDEX,USD,744,1,FALSE\n"
        "C,NA,CME,USD,1,1,FALSE\n"
        "D,X,CME,USD,fifty,one,maybe\n"
        "D,GE,CME,USD,2500,1,FALSE\n"
        "#E,Y,CME,USD,1,1,FALSE\n"
        "# a remark\n"
        "DAXS,DAX,EUREX,EUR,2,100,FALSE",
        stored("DAX", "EUREX", ["25"], "FDAX", currency="EUR"),
        stored("TFM", "ENDEX", ["744", "720"]),
        closed,
    )
    assert review.corrections == {}
    assert [
        (item.row.line, item.column, item.reason.split(" ")[0]) for item in review.problems
    ] == [
        (2, None, "another"),
        (3, None, "another"),
        (5, None, "a"),
        (6, None, "pandas"),
        (7, "IBMultiplier", "it"),
        (7, "priceMagnifier", "it"),
        (7, "IgnoreWeekly", "it"),
        (7, "Instrument", "another"),
        (8, "Instrument", "another"),
        (8, None, "IBKR"),
        (9, None, "pandas"),
        (10, None, "pandas"),
        (11, "IBMultiplier", "its"),
    ]
