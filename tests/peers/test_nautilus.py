"""NautilusTrader reads our catalogue, and its IB adapter takes the contracts that we list."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from nautilus_trader.adapters.interactive_brokers.common import (
    IBContract,
    dict_to_contract_details,
)
from nautilus_trader.adapters.interactive_brokers.config import (
    InteractiveBrokersInstrumentProviderConfig,
)
from nautilus_trader.adapters.interactive_brokers.parsing.instruments import (
    VENUES_FUT,
    ib_contract_to_instrument_id,
    instrument_id_to_ib_contract,
    parse_instrument,
)
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.enums import AccountType, OmsType, asset_class_to_str
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import FuturesContract
from nautilus_trader.model.objects import Money, Price
from nautilus_trader.persistence.catalog import ParquetDataCatalog

from peers.nautilus_names import is_named_as_ours

ASSET_CLASSES = {
    "index": "INDEX",
    "volatility": "INDEX",
    "commodity": "COMMODITY",
    "interest_rate": "DEBT",
    "currency": "FX",
    "crypto": "CRYPTOCURRENCY",
    "single_stock": "EQUITY",
}


@pytest.fixture(scope="session")
def catalogue(exported: Path) -> ParquetDataCatalog:
    return ParquetDataCatalog(exported / "nautilus")


@pytest.fixture(scope="session")
def instruments(catalogue: ParquetDataCatalog) -> dict[int, Any]:
    """What is read, by conId."""
    return {
        instrument.info["contract"]["conId"]: instrument for instrument in catalogue.instruments()
    }


def ib_contract(contract: dict[str, Any]) -> IBContract:
    """Our contract, as the adapter has one that IBKR sent."""
    return IBContract(
        secType="FUT",
        conId=contract["con_id"],
        exchange=contract["exchange"],
        symbol=contract["symbol"],
        localSymbol=contract["local_symbol"],
        tradingClass=contract["trading_class"],
        currency=contract["currency"],
        lastTradeDateOrContractMonth=contract["last_trade_date"].replace("-", ""),
    )


def expiration(contract: dict[str, Any]) -> datetime:
    if contract["last_trade_at"]:
        return datetime.fromisoformat(contract["last_trade_at"])
    day = date.fromisoformat(contract["last_trade_date"]) + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(contract["time_zone"]))


def test_each_contract_is_read_as_it_is_stored(
    instruments: dict[int, Any], contracts: dict[int, dict[str, Any]]
) -> None:
    assert len(instruments) > 2000
    for con_id, read in instruments.items():
        ours = contracts[con_id]
        assert type(read) is FuturesContract
        assert str(read.raw_symbol) == ours["local_symbol"]
        assert read.underlying == ours["underlying_symbol"]
        assert asset_class_to_str(read.asset_class) == ASSET_CLASSES[ours["product"]["asset_class"]]
        assert read.exchange is None or len(read.exchange) == 4
        assert str(read.quote_currency) == ours["currency"]
        assert read.price_increment.as_decimal() == Decimal(ours["min_tick"])
        assert read.multiplier.as_decimal() == Decimal(ours["multiplier"])
        assert read.make_price(Decimal(ours["min_tick"])) == read.price_increment
        assert read.price_precision == len(ours["min_tick"].partition(".")[2])
        assert (read.activation_ns, str(read.lot_size), str(read.size_increment)) == (0, "1", "1")
        expires_at = datetime.fromtimestamp(read.expiration_ns / 1e9, UTC)
        assert expires_at == expiration(ours)
        assert read.info["priceMagnifier"] == ours["price_magnifier"]


def test_each_contract_is_there_but_those_of_which_a_nearer_one_has_the_id(
    instruments: dict[int, Any], contracts: dict[int, dict[str, Any]]
) -> None:
    taken = {read.id.value for read in instruments.values()}
    left_out = {con_id: contracts[con_id] for con_id in contracts.keys() - instruments.keys()}
    assert left_out
    for contract in left_out.values():
        identifier = ib_contract_to_instrument_id(ib_contract(contract), contract["exchange"])
        assert identifier.value in taken


def test_ids_are_those_that_the_adapter_makes(
    instruments: dict[int, Any], contracts: dict[int, dict[str, Any]]
) -> None:
    for con_id, read in instruments.items():
        ours = contracts[con_id]
        if is_named_as_ours(ours["local_symbol"]):
            made = ib_contract_to_instrument_id(ib_contract(ours), ours["exchange"])
            assert read.id.value == made.value
            assert read.id == made or "." in ours["exchange"]
        assert InstrumentId.from_str(read.id.value) == read.id


def test_ids_lead_back_to_the_contract(
    instruments: dict[int, Any], contracts: dict[int, dict[str, Any]]
) -> None:
    """At the exchanges of which the adapter knows that futures trade there."""
    decoded = 0
    for con_id, read in instruments.items():
        ours = contracts[con_id]
        if (
            ours["exchange"] in VENUES_FUT
            and is_named_as_ours(ours["local_symbol"])
            and read.id.venue.value == ours["exchange"]
        ):
            found = instrument_id_to_ib_contract(read.id, ours["exchange"])
            assert (found.secType, found.exchange) == ("FUT", ours["exchange"])
            if found.localSymbol:
                assert found.localSymbol == ours["local_symbol"]
            else:
                day = ours["last_trade_date"].replace("-", "")
                assert found.lastTradeDateOrContractMonth == day
                assert (found.symbol, found.tradingClass) == (ours["symbol"], ours["trading_class"])
            decoded += 1
    assert decoded > 1000


def test_the_adapter_makes_the_same_instrument_of_what_is_kept_beside_it(
    instruments: dict[int, Any], contracts: dict[int, dict[str, Any]]
) -> None:
    for con_id, read in instruments.items():
        ours = contracts[con_id]
        if is_named_as_ours(ours["local_symbol"]):
            made = parse_instrument(dict_to_contract_details(read.info), ours["exchange"])
            for name in ("raw_symbol", "price_increment", "multiplier", "quote_currency"):
                assert getattr(made, name) == getattr(read, name)
            assert made.id.value == read.id.value


def test_a_query_finds_an_instrument_by_its_id(
    catalogue: ParquetDataCatalog, instruments: dict[int, Any]
) -> None:
    yen = next(read for read in instruments.values() if read.id.value.startswith("6J"))
    (found,) = catalogue.instruments(instrument_ids=[yen.id.value])
    assert found == yen
    assert (found.price_precision, found.price_increment) == (7, Price.from_str("0.0000005"))


def test_a_backtest_takes_every_instrument(instruments: dict[int, Any]) -> None:
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    for venue in {read.id.venue for read in instruments.values()}:
        engine.add_venue(
            venue=venue,
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            starting_balances=[Money(1_000_000, USD)],
        )
    for read in instruments.values():
        engine.add_instrument(read)
    assert len(engine.cache.instruments()) == len(instruments)
    engine.dispose()


def test_the_provider_takes_the_contracts_to_load(
    exported: Path, instruments: dict[int, Any], contracts: dict[int, dict[str, Any]]
) -> None:
    listed = (exported / "nautilus/load_contracts.json").read_text(encoding="ascii")
    config = InteractiveBrokersInstrumentProviderConfig.parse(f'{{"load_contracts": {listed}}}')
    assert config.load_contracts == frozenset(
        IBContract(**contract) for contract in json.loads(listed)
    )
    trading = {con_id for con_id in instruments if contracts[con_id]["state"] == "active"}
    assert {contract.conId for contract in config.load_contracts} == trading
    for contract in config.load_contracts:
        ours = contracts[contract.conId]
        assert (contract.secType, contract.exchange) == ("FUT", ours["exchange"])
        assert (contract.symbol, contract.localSymbol) == (ours["symbol"], ours["local_symbol"])
        assert not contract.lastTradeDateOrContractMonth


def test_the_documented_ways_to_use_it_work(
    exported: Path,
    instruments: dict[int, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (Path(__file__).parents[2] / "docs/exports.md").read_text(encoding="utf-8")
    section = page.partition("\n## nautilus\n")[2].partition("\n## ")[0]
    examples = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(examples) == 2
    (tmp_path / "catalog").symlink_to(exported / "nautilus")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for example in examples:
        exec(example, names)  # noqa: S102 - our own page
    assert len(names["instruments"]) == len(instruments)
    client = names["node"].data_clients["INTERACTIVE_BROKERS"]
    assert len(client.instrument_provider.load_contracts) == len(names["contracts"]) > 1000
