"""An open database, asked from Python."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ibkr_sync
from example_products import DECEMBER, ES
from fakes.clock import FakeClock
from ibkr_sync import ReferenceData, Severity
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.library.session import choices_explained
from integration.local_repo.products import repository
from one_case import one_case
from sample_week import MONDAY, gateway_of, sample_nights


def test_values_and_text_ask_the_same(futures: ReferenceData) -> None:
    week_ago = MONDAY - timedelta(days=7)
    for text, value in (("7d", timedelta(days=7)), ("2026-11-23T12:00Z", week_ago)):
        of_text = futures.changes(since=text, severity="notice")
        assert [*of_text] == [*futures.changes(since=value, severity=Severity.NOTICE)]
        assert of_text.rows == futures.changes(since=value, severity="notice").rows
    on = date(2026, 11, 24)
    assert futures.as_of(on).product("VX") == futures.as_of("2026-11-24").product("VX")
    until = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert [*futures.changes(until=until)] == [*futures.changes(until="2026-11-25T12:00Z")]
    assert futures.next("GC", days_before=5) == futures.next("GC", days_before=timedelta(days=5))
    assert [*futures.contracts(expiring=30)] == [*futures.contracts(expiring="30d")]
    assert futures.next("ES", months="M") == futures.next("ES", months=[6])
    assert futures.check(max_age="1h").stale == futures.check(max_age=timedelta(hours=1)).stale
    z6 = futures.contract("ESZ6")
    assert futures.contract(z6.con_id) == futures.contract(str(z6.con_id)) == z6
    con_id = futures.contracts("ESZ6").to_pandas()["con_id"].iloc[0]
    assert futures.contract(con_id) == z6
    es = futures.product("ES")
    assert futures.product(es.key) == es == futures.product("ES", multiplier=type(con_id)(50))
    assert [*futures.contracts("ES", trading_class="ES", multiplier=50)] == [
        *futures.contracts(es.key)
    ]
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert futures.hours("ES", on=noon) == futures.hours("ES", on="2026-11-27")
    assert futures.product("ES", multiplier=50) == futures.product("ES", multiplier=Decimal(50))


Ask = Callable[[ReferenceData], object]
UNREADABLE: tuple[tuple[Ask, str], ...] = (
    (lambda futures: futures.changes(since="soon"), "'soon' is no moment"),
    (lambda futures: futures.changes(since="2027-01-01"), "2027-01-01 is in the future"),
    (lambda futures: futures.changes(since="1d", until="2d"), "is before since"),
    (lambda futures: futures.changes(run=1, since="1d"), "a run is a span of its own"),
    (lambda futures: futures.changes(severity="grave"), "'grave' is none of info, notice"),
    (lambda futures: futures.next("GC", days_before="x"), "'x' is no number of days"),
    (lambda futures: futures.next("GC", side="up"), "'up' is none of long, short"),
    (lambda futures: futures.next("GC", months=[13]), "are no months"),
    (lambda futures: futures.contracts(expiring="30"), "'30' lacks a unit"),
    (lambda futures: futures.check(max_age="7"), "'7' lacks a unit"),
    (lambda futures: futures.check(max_age=timedelta(0)), "longer than nothing"),
    (lambda futures: futures.hours("ES", on="today"), "'today' isn't a date"),
    (lambda futures: futures.rolls("ES", rule="soon"), "'soon' is no rule"),
    (lambda futures: futures.history("ES", field="colour"), "'colour' is none of"),
    (lambda futures: futures.changes(exchange="CME"), "exchange is for a symbol"),
    (lambda futures: futures.contracts(currency="USD"), "currency is for a symbol"),
    (lambda futures: futures.as_of("foo"), "'foo' is no moment"),
    (lambda futures: futures.refresh(currency="USD"), "currency is for a symbol"),
    (lambda futures: futures.rolls("ES", years=0), "years is from 1 to 20"),
    (lambda futures: futures.runs(last=-1), "last is from 1 to"),
    (lambda futures: futures.get(), "name a product"),
    (lambda futures: futures.watchlist.add(), "name a product"),
    (lambda futures: futures.get("ES", port=7496), "port is for a gateway"),
    (lambda futures: futures.refresh(), "nobody would be asked"),
    (lambda futures: futures.refresh("ES", groups="night"), "products or groups, not both"),
    (lambda futures: futures.refresh(source="ibkr", deadline="8d"), "at most 7d"),
)


@one_case(("ask", "message"), UNREADABLE)
def test_an_argument_that_cannot_be_read_is_a_value_error(
    futures: ReferenceData, ask: Ask, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ask(futures)


FAILING: tuple[tuple[Ask, type[Exception], str], ...] = (
    (lambda futures: futures.contract("ES"), ibkr_sync.MalformedSymbolError, "no contract"),
    (lambda futures: futures.next("ESZ6"), ibkr_sync.MalformedSymbolError, "no product"),
    (lambda futures: futures.contract("ESV6"), ibkr_sync.ContractNotFoundError, "ESV6"),
    (lambda futures: futures.contract("ZNZ6"), ibkr_sync.ProductNotFoundError, "ZN"),
    (lambda futures: futures.product("XXYY"), ibkr_sync.ProductNotFoundError, "not found"),
    (
        lambda futures: futures.product("ES", multiplier=5),
        ibkr_sync.ProductNotFoundError,
        r"ES \(multiplier 5\): not found in .*; known is ES@CME \(ES\)",
    ),
    (lambda futures: futures.list(exchange="CMX"), ibkr_sync.UnknownExchangeError, "CMX"),
    (lambda futures: futures.changes(run=99), ibkr_sync.UnknownRunError, "99"),
    (lambda futures: futures.outcomes(99), ibkr_sync.UnknownRunError, "99"),
    (lambda futures: futures.as_of("2026-11-01").product("ES"), ibkr_sync.NotYetKnownError, "ES"),
    (lambda futures: futures.product(None), TypeError, "not None"),  # type: ignore[arg-type]
    (lambda futures: futures.product(["ES"]), TypeError, "not \\['ES'\\]"),  # type: ignore[arg-type]
    (lambda futures: futures.product("ES", exchange=5), TypeError, "exchange can't be 5"),  # type: ignore[arg-type]
    (lambda futures: futures.expirations(within=None), TypeError, "days can't be None"),  # type: ignore[arg-type]
    (lambda futures: futures.as_of(None), TypeError, "a moment can't be None"),  # type: ignore[arg-type]
    (lambda futures: futures.changes(since=5), TypeError, "a moment can't be 5"),  # type: ignore[arg-type]
    (lambda futures: futures.get("ES", max_age=5), TypeError, "time can't be 5"),  # type: ignore[arg-type]
    (lambda futures: futures.rolls("ES", years="x"), TypeError, "years can't be 'x'"),  # type: ignore[arg-type]
    (lambda futures: futures.list(exchange=5), TypeError, "exchange can't be 5"),  # type: ignore[arg-type]
    (lambda futures: futures.watchlist.list(5), TypeError, "a group can't be 5"),  # type: ignore[arg-type]
    (lambda futures: futures.outcomes("x"), TypeError, "run can't be 'x'"),  # type: ignore[arg-type]
    (lambda futures: futures.catalogue(5), TypeError, "pattern can't be 5"),  # type: ignore[arg-type]
    (lambda futures: futures.hours("ES", on=5), TypeError, "a date can't be 5"),  # type: ignore[call-overload]
    (lambda futures: futures.product("ES", exchang="CME"), TypeError, "'exchang'"),  # type: ignore[call-arg]
)


@one_case(("ask", "kind", "message"), FAILING)
def test_what_is_not_there_is_an_error_of_the_domain(
    futures: ReferenceData, ask: Ask, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        ask(futures)


def test_an_ambiguous_symbol_names_the_candidates_and_how_to_say_which(
    futures: ReferenceData,
) -> None:
    with pytest.raises(ibkr_sync.AmbiguousProductError) as vague:
        futures.product("DAX")
    assert "DAX@EUREX (FDAX), DAX@EUREX (FDXM)" in str(vague.value)
    (note,) = vague.value.__notes__
    assert note == ("say which, as trading_class='FDAX'; pin('DAX', trading_class='FDAX') keeps it")
    (update,) = futures.get("DAX", trading_class="FDAX", source="local").updates
    assert (update.product.trading_class, update.product.is_stub) == ("FDAX", True)
    with pytest.raises(ibkr_sync.NeverFetchedError, match="never fetched"):
        futures.contract("DAXZ6", trading_class="FDAX")
    assert str(futures.pin("DAX", trading_class="FDXM")) == "DAX@EUREX (FDXM)"
    assert [pin.word for pin in futures.pins()] == ["DAX"]
    futures.unpin("DAX")
    assert futures.pins() == ()


@one_case(
    ("other", "note"),
    [
        ({"multiplier": Decimal(250)}, "say which, as multiplier='250'"),
        ({"contract_month": None}, f"say which by its conId, as {DECEMBER.con_id}"),
    ],
)
def test_ambiguous_contracts_are_said_by_what_distinguishes_them(
    other: dict[str, Any], note: str
) -> None:
    contracts = [DECEMBER, dataclasses.replace(DECEMBER, con_id=7, **other)]
    with pytest.raises(ibkr_sync.AmbiguousContractError) as vague, choices_explained():
        raise ibkr_sync.AmbiguousContractError("ESZ6", contracts, ES.key)
    assert vague.value.__notes__ == [note]


def test_a_past_moment_has_what_was_known_then(futures: ReferenceData) -> None:
    then = futures.as_of("2026-11-23")
    assert then.ladders("VX")[9007].increments[0].increment == Decimal("0.05")
    assert futures.ladders("VX")[9007].increments[0].increment == Decimal("0.01")
    assert then.contract("VXZ6").min_tick == Decimal("0.05")
    assert [product.symbol for product in then.products(exchange="CFE")] == ["VIX"]
    assert then.explain_next("GC").nearest().contract == then.next("GC")
    assert futures.contract("VXZ6").min_tick == Decimal("0.01")
    assert then.next("GC").local_symbol == futures.as_of("2026-11-24").next("GC").local_symbol
    assert futures.as_of("2027-03-01").next("GC").local_symbol == "GCJ7"
    with pytest.raises(ValueError, match="in the future"):
        futures.as_of("2027-03-01").product("GC")
    assert {row["symbol"] for row in then.contracts().rows} == {"ES", "CL", "GC", "VIX"}
    assert len(then.contracts("ESZ6", "ESH7")) == 2
    assert len(futures.as_of("2026-11-01").contracts()) == 0


def test_questions_leave_the_database_as_it_is(week: Path) -> None:
    before = hashlib.sha256(week.read_bytes()).hexdigest()
    with ibkr_sync.open(week) as futures:
        assert futures.contracts()
        assert futures.products()
        assert futures.changes()
        assert futures.expirations()
        assert set(futures.list())  # which may be keys, as they never change
        assert futures.audit()
        assert futures.check().is_ok
        assert futures.hours("ES", liquid=True).calendar
        assert set(futures.watchlist.list())
    assert hashlib.sha256(week.read_bytes()).hexdigest() == before
    assert not [path for path in week.parent.iterdir() if path.name.startswith("futures.db.")]


def test_a_file_that_does_not_exist_is_an_empty_database(week: Path) -> None:
    path = week.with_name("other.db")
    with ibkr_sync.open(path) as futures:
        assert (futures.list(), len(futures.contracts()), futures.runs()) == ((), 0, ())
        with pytest.raises(ibkr_sync.ProductNotFoundError):
            futures.product("ES")
        assert not futures.check().is_ok
        assert not path.exists()
        futures.watchlist.add("ES", group="night")
        assert path.exists()
        assert [str(state.product.symbol) for state in futures.watchlist.list("night")] == ["ES"]
        assert len(futures.watchlist.remove("ES")) == 1
        with pytest.raises(ibkr_sync.NothingToRefreshError):
            futures.refresh(source="ibkr")
    nowhere = week.parent / "nowhere" / "other.db"
    with ibkr_sync.open(nowhere) as futures, pytest.raises(ibkr_sync.StorageError, match="no dir"):
        futures.list()


def test_a_source_is_asked_by_the_rules_of_the_command(week: Path) -> None:
    night = sample_nights().nights[-1]
    with ibkr_sync.open(week) as futures, gateway_of(night, lambda: MONDAY) as port:
        report = futures.get("ES", "ESZ6", "XXYY", source="ibkr", port=port)
        assert [update.product.symbol for update in report.updates] == ["ES"]
        assert [match.contract.local_symbol for _, match in report.contracts] == ["ESZ6"]
        assert [type(error) for error in report.errors] == [ibkr_sync.ProductNotFoundError]
        planned = futures.refresh("CL", source="ibkr", port=port, dry_run=True)
        assert (planned.run_id, planned.has_success) == (None, True)
        assert futures.runs(last=1)[0].run_id == report.run_id
        assert len(futures.outcomes(report.run_id or 0)) == 2
        other = Database(week)
        with other, repository(other, FakeClock()).sync_run(Origin.IBKR):
            with pytest.raises(ibkr_sync.AlreadyRunningError):
                futures.refresh(source="ibkr", port=port)
            assert futures.contract("ESZ6").symbol == "ES"
    with ibkr_sync.open(week) as futures, pytest.raises(ibkr_sync.GatewayError):
        futures.get("ES", source="ibkr", port=port)


def test_dates_that_were_got_elsewhere_are_imported(futures: ReferenceData, week: Path) -> None:
    file = week.with_name("cme.csv")
    gold = futures.contract("GCF7")
    file.write_text(
        "Contract Month,Product Code,Last Trade,First Notice\n"
        f"{gold.contract_month},GC,{gold.last_trade_date},2026-12-28\n"
        "2026-12,QQ,2026-12-28,2026-12-28\n"
    )
    found = futures.import_deliveries(file, dated="2026-11-28")
    assert (len(found.imports), found.unknown) == (1, ("QQ",))
    delivery = futures.contract("GCF7").delivery
    assert delivery is not None
    assert delivery.first_notice_date == date(2026, 12, 28)
    with pytest.raises(ValueError, match="2026-12-24 is in the future"):
        futures.import_deliveries(file, dated=date(2026, 12, 24))


def test_a_list_in_a_file_is_watched_whole_or_not_at_all(
    futures: ReferenceData, week: Path
) -> None:
    listed = week.with_name("list.csv")
    listed.write_text("ZN,night\nESZ6\nXXYY,night\nDAX\n")
    before = futures.watchlist.list()
    with pytest.raises(ibkr_sync.WatchlistFileError) as wrong:
        futures.watchlist.add_file(listed)
    assert [problem.partition(":")[0] for problem in wrong.value.problems] == ["line 2", "line 4"]
    assert futures.watchlist.list() == before
    listed.write_text("ZN,night\nZB\n")
    added = futures.watchlist.add_file(listed, group="bonds")
    assert [product.group for product in added.new] == ["night", "bonds"]


def test_files_for_other_systems_are_written(futures: ReferenceData, week: Path) -> None:
    file, folder = week.with_name("vx.jsonl"), week.with_name("lean")
    written = futures.export("jsonl", file, "VXZ6", "ES", trading_class=None, as_of="2026-11-23")
    assert (written.products, written.contracts) == (2, 22)
    assert '"min_tick":"0.05"' in file.read_text().replace(" ", "")
    assert futures.export("lean", folder).products == 4
    assert any(folder.rglob("*.csv"))
    kept = file.read_bytes()
    with pytest.raises(ibkr_sync.ProductNotFoundError):
        futures.export("jsonl", file, "ES", "XXYY")
    with pytest.raises(ibkr_sync.NothingToExportError):
        futures.export("jsonl", file, as_of="2026-11-01")
    assert file.read_bytes() == kept
    with pytest.raises(ValueError, match="is the database"):
        futures.export("csv", week)
    with pytest.raises(ValueError, match="the command line reviews yours"):
        futures.export("pysystemtrade", file)
    with pytest.raises(OSError, match="directory"):
        futures.export("csv", folder)


def test_a_part_of_a_table_is_a_table(futures: ReferenceData) -> None:
    contracts = futures.contracts("ES", "GC")
    assert contracts[:2].rows == contracts.rows[:2]
    assert contracts[-1].local_symbol == contracts.rows[-1]["local_symbol"]
    assert futures.products()[1:].rows == futures.products().rows[1:]
    assert futures.changes()[:3].to_polars().height == 3
    assert repr(futures.expirations("GC", within="2d")) == "<Expirations: 1>"
    for table in (futures.rolls("GC"), futures.expirations(within="90d")):
        read = table.to_arrow().to_pylist()
        assert read == table.to_polars().to_dicts() == [*table.rows]
        assert table.to_pandas().dtypes.equals(table[:0].to_pandas().dtypes)


def test_after_closing_every_question_says_so(week: Path) -> None:
    with ibkr_sync.open(week) as futures:
        past, watchlist = futures.as_of("7d"), futures.watchlist
    futures.close()
    asked: tuple[Callable[[], Any], ...] = (
        futures.list,
        watchlist.list,
        lambda: past.product("ES"),
        lambda: futures.get("ES"),
        lambda: futures.unpin("ES"),
    )
    for ask in asked:
        with pytest.raises(ibkr_sync.DatabaseClosedError, match="it was closed"):
            ask()


def test_several_are_open_at_once_and_threads_share_one(week: Path) -> None:
    with (
        ibkr_sync.open(week) as futures,
        ibkr_sync.open(week) as same,
        ibkr_sync.open(":memory:") as empty,
        ThreadPoolExecutor(8) as pool,
    ):
        asked = [*pool.map(futures.next, ["ES", "GC", "VX", "CL"] * 3)]
        assert {contract.local_symbol for contract in asked} == {"ESZ6", "GCF7", "VXZ6", "CLF7"}
        assert {*pool.map(lambda _: empty.list(), range(8))} == {()}
        futures.watchlist.add("ZN")
        assert len(same.watchlist.list()) == 5

        async def ask() -> list[ibkr_sync.FuturesContract]:
            return await asyncio.gather(
                *(asyncio.to_thread(same.contract, symbol) for symbol in ("ESZ6", "GCZ6"))
            )

        assert [contract.symbol for contract in asyncio.run(ask())] == ["ES", "GC"]


def test_a_database_that_is_restored_meanwhile_is_read_as_it_is_now(week: Path) -> None:
    with ibkr_sync.open(week) as futures, ibkr_sync.open(week.with_name("other.db")) as other:
        other.watchlist.add("ZN")
        assert len(futures.watchlist.list()) == 4
        other.close()
        week.with_name("other.db").replace(week)
        assert [entry.product.symbol for entry in futures.watchlist.list()] == ["ZN"]
        futures.watchlist.add("ES")
        assert len(futures.watchlist.list()) == 2


def test_the_default_is_the_database_of_the_settings(week: Path) -> None:
    with ibkr_sync.open() as futures:
        assert (futures.database, len(futures.list())) == (str(week), 4)
        assert repr(futures) == f"<ReferenceData: {week}>"
    with pytest.raises(ibkr_sync.ConfigError):
        ibkr_sync.open(profile="nowhere")
    with ibkr_sync.open("postgresql://me:secret@db/futures") as futures:
        assert "secret" not in repr(futures)
