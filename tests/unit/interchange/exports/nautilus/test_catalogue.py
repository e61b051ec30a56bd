"""A catalogue has a file for each contract, and names what has none."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, NOW
from ibkr_sync.domain.entities.catalogue import ProductFacts
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract, Venue
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import Future, UnclassifiedFuture
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart, NoteKind
from ibkr_sync.interchange.exports.nautilus.catalogue import build
from strategies import futures

TO_LOAD = "load_contracts.json"


def of(con_id: int, year: int = 2026, **fields: Any) -> FuturesContract:
    day = date(year, 12, 18)
    return dataclasses.replace(
        DECEMBER, **{"con_id": con_id, "last_trade_date": day, "last_trade_at": None, **fields}
    )


def built(*products: Future) -> tuple[dict[str, bytes], list[ExportNote]]:
    """The files by their paths, and the notes."""
    exported = [
        ExportedProduct(product=product, facts=ProductFacts(mic="XCME"), ladders={})
        for product in products
    ]
    return parts_of(exported)


def parts_of(exported: Sequence[ExportedProduct]) -> tuple[dict[str, bytes], list[ExportNote]]:
    parts = list(build(exported, NOW))
    files = [part for part in parts if isinstance(part, FilePart)]
    paths = {part.path.casefold() for part in files}
    assert len(paths) == len(files)
    notes = [part for part in parts if isinstance(part, ExportNote)]
    return {part.path: part.content for part in files}, notes


def table_of(content: bytes) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(content))


def chain(*contracts: FuturesContract) -> Future:
    return dataclasses.replace(ES, contracts=contracts)


def con_ids(files: dict[str, bytes]) -> list[int]:
    rows = [table_of(files[path]).to_pylist()[0] for path in files if path != TO_LOAD]
    return [json.loads(row["info"])["contract"]["conId"] for row in rows]


def test_a_file_stands_where_the_catalogue_looks_and_says_what_it_holds() -> None:
    files, notes = built(chain(DECEMBER))
    moment = "2026-11-23T12-00-00-000000000Z"
    path = f"data/futures_contract/ESZ6.CME/{moment}_{moment}.parquet"
    assert list(files) == [path, TO_LOAD]
    table = table_of(files[path])
    assert table.schema.metadata == {b"type": b"FuturesContract", b"ibkr_sync.origin": b"ibkr"}
    assert (
        str(table.schema.field("id").type) == "dictionary<values=string, indices=int64, ordered=0>"
    )
    assert [table.schema.field(name).type for name in ("price_precision", "info", "ts_init")] == [
        "uint8",
        "binary",
        "uint64",
    ]
    assert notes == []


def test_what_is_unchanged_gives_the_same_files_the_next_night() -> None:
    seen = ContractListing(first_seen_at=NOW, last_seen_at=datetime(2026, 11, 24, 12, tzinfo=UTC))
    tonight = dataclasses.replace(DECEMBER, listing=seen)
    assert built(chain(tonight)) == built(chain(DECEMBER))


def test_of_equal_ids_that_which_trades_and_ends_first_is_kept() -> None:
    gone = of(1, 2016)
    files, notes = built(chain(gone, of(2, 2026), of(3, 2036)))
    assert con_ids(files) == [2]
    assert [(note.kind, note.subject) for note in notes if note.kind is not NoteKind.UNKNOWN] == [
        (NoteKind.COLLISION, "ES 20161218@CME (ES)"),
        (NoteKind.COLLISION, "ES 20361218@CME (ES)"),
    ]
    assert "nearer" in notes[-1].reason


def test_a_delisted_contract_gives_its_id_to_the_one_that_replaced_it() -> None:
    delisted = ContractListing(first_seen_at=NOW, last_seen_at=NOW, delisted_at=NOW)
    files, _ = built(chain(of(1, listing=delisted), of(2)))
    assert con_ids(files) == [2]


def test_nothing_chooses_among_contracts_that_end_on_the_same_day() -> None:
    files, notes = built(chain(of(1), of(2, multiplier=Decimal(5))))
    assert con_ids(files) == []
    assert [note.kind for note in notes if note.kind is not NoteKind.UNKNOWN] == [
        NoteKind.COLLISION
    ] * 2
    assert json.loads(files[TO_LOAD]) == []


def test_equal_local_symbols_at_two_exchanges_are_no_collision() -> None:
    elsewhere = dataclasses.replace(ES, exchange="EUREX", contracts=(of(2, exchange="EUREX"),))
    files, notes = built(chain(DECEMBER), elsewhere)
    assert con_ids(files) == [DECEMBER.con_id, 2]
    assert {note.kind for note in notes} == {NoteKind.UNKNOWN}


def test_only_what_trades_is_to_be_loaded() -> None:
    missing = ContractListing(first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW)
    files, _ = built(
        chain(
            of(1, 2025),
            of(2, 2027, local_symbol="ESZ7"),
            of(3, 2028, local_symbol="ESZ8", listing=missing),
        )
    )
    assert con_ids(files) == [1, 2, 3]
    assert json.loads(files[TO_LOAD]) == [
        {
            "secType": "FUT",
            "conId": 2,
            "exchange": "CME",
            "symbol": "ES",
            "tradingClass": "ES",
            "currency": "USD",
            "localSymbol": "ESZ7",
        }
    ]


def test_what_is_not_known_or_can_not_be_said_is_noted() -> None:
    steps = (
        PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.05")),
        PriceIncrement(low_edge=Decimal(500), increment=Decimal("0.1")),
    )
    venue = Venue(exchange="OSE.JPN", market_rule_id=67)
    nikkei = UnclassifiedFuture(
        symbol="N225",
        exchange="OSE.JPN",
        trading_class="225",
        currency="JPY",
        contracts=(
            of(1, exchange="OSE.JPN", local_symbol="161120018", min_tick=None),
            of(2, exchange="OSE.JPN", local_symbol="161120018", time_zone="Asia/Tokyo"),
            of(3, 2027, exchange="OSE.JPN", local_symbol="171120018", venues=(venue,)),
        ),
    )
    item = ExportedProduct(
        product=nikkei,
        facts=ProductFacts(),
        ladders={67: MarketRule(market_rule_id=67, increments=steps)},
    )
    _, notes = parts_of([item])
    assert {note.reason for note in notes} == {
        "its minimum tick is not known",
        "the time of a last trade is not known, the end of its date stands for it",
        "a time zone is not known, the last trade date ends where it ends last",
        "the market identifier code of the exchange is not known",
        "the asset class is not known, ALTERNATIVE stands for it",
        "the tick depends on the price, the minimum tick stands for all",
        "NautilusTrader reads the venue OSE.JPN as JPN",
    }


@given(
    st.lists(futures(), max_size=2, unique_by=lambda item: item.key).map(
        lambda items: sorted(items, key=lambda item: (item.exchange, item.symbol))
    )
)
def test_whatever_is_stored_each_contract_is_in_one_file_or_in_one_note(
    products: list[Future],
) -> None:
    files, notes = built(*products)
    left_out = [note for note in notes if note.kind is not NoteKind.UNKNOWN]
    stored = sum(len(product.contracts) for product in products)
    assert len(files) - 1 + len(left_out) == stored
    for path in files:
        *folders, _ = PurePosixPath(path).parts
        assert ".." not in folders
        assert path == TO_LOAD or len(folders) == 3
