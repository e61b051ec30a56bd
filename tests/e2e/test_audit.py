"""What contradicts what: every seeded error, and nothing of the sample."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from e2e.command_line import CommandLine
from e2e.gateways import sample_gateway
from e2e.stored_rows import opened
from ibkr_sync.infrastructure.replay.sample.products import sample_products


def test_the_whole_sample_raises_no_false_alarm(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    database = ("--database", tmp_path / "sample.db")
    products = {
        (product.symbol, product.exchange, product.trading_class) for product in sample_products()
    }
    names = [f"{symbol}@{exchange} ({product})" for symbol, exchange, product in sorted(products)]
    with sample_gateway() as gateway:
        done = ibkr_sync(*database, "get", *names, "--source", "ibkr", "--port", str(gateway.port))
    assert (done.code, "otherwise" in done.err) == (0, False)
    audited = ibkr_sync(*database, "audit", "--json")
    assert (audited.code, audited.json["disagreements"]) == (0, [])
    assert audited.err == "nothing disagrees\n"


def test_get_says_how_much_disagrees_of_what_it_stored_and_how_to_see_it(
    ibkr_sync: CommandLine, delivered: Path, tmp_path: Path
) -> None:
    database = ("--database", Path(shutil.copy(delivered, tmp_path / "own.db")))
    gold = ibkr_sync(*database, "show", "GC", "--json").json["contracts"][2]
    file = tmp_path / "slipped.csv"
    file.write_text(
        "Contract Month,Product Code,Last Trade,First Notice\n"
        f"{gold['contract_month']},GC,{gold['delivery']['first_notice_date']},\n"
    )
    assert ibkr_sync(*database, "import", file).code == 0
    with sample_gateway() as gateway:
        done = ibkr_sync(
            *database, *("get", "GC@COMEX", "--source", "ibkr", "--port", str(gateway.port))
        )
    assert done.code == 0, done
    assert "note: 1 value differs from other sources: ibkr-sync" in done.err
    assert "audit GC@COMEX" in done.err


@pytest.mark.parametrize(
    ("statement", "field", "severity"),
    [
        (
            "UPDATE contracts SET last_trade_date = date(last_trade_date, '-1 day')",
            "last_trade_date",
            "notice",
        ),
        ("UPDATE contracts SET multiplier = '1000'", "multiplier", "critical"),
        ("UPDATE contracts SET price_magnifier = 100", "price_magnifier", "critical"),
        ("UPDATE contracts SET min_tick = '0.25'", "min_tick", "notice"),
        ("UPDATE products SET currency = 'EUR'", "currency", "critical"),
        ("UPDATE products SET symbol = 'XAU'", "symbol", "notice"),
    ],
)
def test_an_error_that_was_seeded_is_found(  # noqa: PLR0917 - a row each
    ibkr_sync: CommandLine,
    delivered: Path,
    tmp_path: Path,
    statement: str,
    field: str,
    severity: str,
) -> None:
    database = Path(shutil.copy(delivered, tmp_path / "own.db"))
    where = {
        "contracts": "con_id = (SELECT con_id FROM contracts WHERE trading_class = 'GC'"
        " ORDER BY last_trade_date DESC LIMIT 1)",
        "products": "trading_class = 'GC'",
    }[statement.split()[1]]
    with opened(database) as connection, connection:
        connection.execute(f"{statement} WHERE {where}")
    found = ibkr_sync("--database", database, "audit", "--json").json["disagreements"]
    assert {(item["field"], item["severity"], item["trading_class"]) for item in found} == {
        (field, severity, "GC")
    }
    critical = ibkr_sync("--database", database, "audit", "--severity", "critical", "--json").json
    assert bool(critical["disagreements"]) == (severity == "critical")
