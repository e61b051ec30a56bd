"""Is the data fresh, and what did the runs do? For people, and for monitoring."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.command_line import CommandLine
from e2e.gateways import gateway_with, sample_gateway
from e2e.stored_rows import checksum, opened


@pytest.fixture
def on(ibkr_sync: CommandLine, stocked: Path) -> CommandLine:
    """The command, with the stocked database by its settings."""
    ibkr_sync.configure(f'[profiles.local]\ndatabase = "{stocked}"\n')
    return ibkr_sync


def change(database: Path, statement: str, *values: object) -> None:
    with opened(database) as connection:
        connection.execute(statement, values)
        connection.commit()


def age(database: Path, symbol: str, **span: float) -> None:
    change(database, "UPDATE products SET synced_at = ? WHERE symbol = ?", ago(**span), symbol)


def add_run(database: Path, *values: object) -> None:
    change(
        database,
        "INSERT INTO sync_runs"
        " (id, origin, kind, started_at, finished_at, outcome, error, message)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *values,
    )


def as_stored(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def ago(**span: float) -> str:
    return as_stored(datetime.now(UTC) - timedelta(**span))


# --- check


def test_fresh_data_is_fine_and_quiet_says_nothing(on: CommandLine, stocked: Path) -> None:
    before = checksum(stocked)

    message = on("check", "-f", "table")
    quiet = on("-q", "check")
    document = on("check", "--json").json

    assert (message.code, message.err) == (0, "")
    assert message.out == "SAMPLE DATA  3 products checked, all refreshed within 26h\n"
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert document.pop("checked_at").endswith("Z")
    run = document.pop("run")
    assert (run["kind"], run["outcome"], run["succeeded"]) == ("get", "ok", 3)
    assert document == {
        "schema": "ibkr-sync/check/1",
        "ok": True,
        "max_age_seconds": 93600.0,
        "checked": 3,
        "stale": [],
        "run_alarming": False,
        "remarked": [],
    }
    assert checksum(stocked) == before


def test_stale_data_is_reported_with_its_reason(on: CommandLine, stocked: Path) -> None:
    age(stocked, "CL", hours=27)

    done = on("-q", "check", "-f", "table", env={"COLUMNS": "80"})
    document = on("check", "--json").json
    patient = on("check", "--max-age", "28h")

    assert done.code == 6
    assert "1 of 3 products without a complete reply for 26h" in done.message
    assert "next: ibkr-sync refresh" in done.message
    assert "CL@NYMEX (CL)     27h" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert not document["ok"]
    (stale,) = document["stale"]
    assert (stale["symbol"], stale["reason"]) == ("CL", "old_reply")
    assert patient.code == 0


def test_what_failed_is_reported_with_its_error_in_every_format(
    on: CommandLine, stocked: Path
) -> None:
    with gateway_with() as gateway:
        failed = on("get", "ES", "--source", "ibkr", "--port", str(gateway.port))
    for symbol in ("ES", "VIX", "CL"):
        age(stocked, symbol, hours=30)

    document = on("check", "--json").json
    lines = [json.loads(line) for line in on("check", "-f", "jsonl").out.splitlines()]
    rows = on("check", "-f", "csv").rows()

    assert failed.code != 0
    assert document["stale"] == lines
    by_symbol = {other["symbol"]: other for other in lines}
    assert by_symbol.keys() == {"ES", "VIX", "CL"}
    assert by_symbol["ES"]["reason"] == "failed"
    assert by_symbol["ES"]["error"]
    assert by_symbol["ES"]["detail"].startswith("run 2 failed for it: ")
    assert [row["detail"] for row in rows] == [other["detail"] for other in lines]


def test_a_vague_symbol_is_blamed_on_no_product(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    database = tmp_path / "dax.db"
    demo = ("--profile", "demo", "--database", database)
    ibkr_sync(*demo, "get", "FDXM", "FDAX")
    age(database, "DAX", hours=30)

    vague = ibkr_sync(*demo, "get", "DAX")
    stale = ibkr_sync(*demo, "check", "--json").json["stale"]
    (asked,) = ibkr_sync(*demo, "runs", "--run", "2", "--json").json["products"]

    assert "DAX may mean 3 products" in vague.message
    assert [(item["trading_class"], item["error"]) for item in stale] == [
        ("FDAX", None),
        ("FDXM", None),
    ]
    assert (asked["symbol"], asked["trading_class"]) == ("DAX", None)
    assert (asked["outcome"], asked["error"]) == ("failed", "AmbiguousProductError")


def test_a_run_that_was_cut_short_is_reported(on: CommandLine, stocked: Path) -> None:
    age(stocked, "ES", hours=30)
    change(stocked, "UPDATE run_products SET at = ?", ago(hours=30))
    ended = ("failed", "GatewayUnreachableError", "gw:4002: refused")
    add_run(stocked, 2, "ibkr", "refresh", ago(hours=8), ago(hours=7), *ended)

    done = on("check", "-f", "table")

    assert done.code == 6
    assert "run 2 was cut short: gw:4002: refused" in " ".join(done.out.split())
    assert "Run 2 (refresh of" in done.message
    assert "failed: gw:4002: refused." in done.message
    assert "runs --run 2" in done.message


def test_what_is_watched_and_not_stored_was_never_synced(on: CommandLine) -> None:
    on("watchlist", "add", "NOVA", "--group", "night")
    on("watchlist", "add", "ES")

    (stale,) = on("check", "--json").json["stale"]
    one_group = on("check", "--group", "night", "--json").json
    unknown = on("check", "--group", "day")

    assert (stale["symbol"], stale["reason"], stale["synced_at"]) == ("NOVA", "never_synced", None)
    assert one_group["checked"] == 1
    assert (unknown.code, unknown.out) == (5, "")


def test_data_from_the_future_is_stale(on: CommandLine, stocked: Path) -> None:
    age(stocked, "ES", hours=-2)

    done = on("check", "-f", "table")

    assert done.code == 6
    assert "ahead" in done.out


def test_nothing_to_check_is_not_fine_and_creates_nothing(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("check", "--json")

    assert done.code == 6
    assert "There is nothing to check: watchlist and database are empty." in done.message
    assert ibkr_sync("check", "-f", "table").out == "0 products checked\n"
    assert not done.json["ok"]
    assert not any(ibkr_sync.home.iterdir())


def test_a_database_that_can_not_be_read_is_no_stale_data(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 99)

    assert ibkr_sync("--database", broken, "check").code == 7


# --- runs


def test_runs_are_listed_the_newest_first_in_every_format(on: CommandLine) -> None:
    with gateway_with() as gateway:
        on("get", "ES", "--source", "ibkr", "--port", str(gateway.port))

    document = on("runs", "--json").json
    rows = on("runs", "-f", "csv").rows()
    (newest,) = on("runs", "--last", "1", "--json").json["runs"]
    table = on("runs", "-f", "table", env={"COLUMNS": "80"}).out

    assert document["schema"] == "ibkr-sync/runs/1"
    assert [run["run"] for run in document["runs"]] == [2, 1]
    assert newest == document["runs"][0]
    assert (newest["succeeded"], newest["failed"]) == (0, 1)
    first = document["runs"][1]
    assert (first["outcome"], first["succeeded"], first["failed"]) == ("ok", 3, 0)
    assert first["added"] > 0
    assert first["took_seconds"] > 0
    assert [row["run"] for row in rows] == ["2", "1"]
    assert "2 runs\n" in table
    assert max(map(len, table.splitlines())) <= 80


def test_the_widest_runs_fit_80_columns(on: CommandLine, stocked: Path) -> None:
    ended = ("interrupted", "GatewayUnreachableError", "gw: \x1b[31mrefused")
    add_run(stocked, 12345, "file", "renormalise", ago(days=900), ago(days=899), *ended)

    table = on("runs", "-f", "table", env={"COLUMNS": "80"})

    assert table.code == 0
    assert max(map(len, table.out.splitlines())) <= 80
    assert "gw: [31mrefused" in table.out


def test_a_run_that_ended_before_it_began_has_no_duration(on: CommandLine, stocked: Path) -> None:
    """The clock was set back while it ran."""
    add_run(stocked, 2, "ibkr", "get", ago(hours=1), ago(hours=2), "ok", None, None)

    (newest,) = on("runs", "--last", "1", "--json").json["runs"]
    (row,) = on("runs", "--last", "1", "-f", "csv").rows()
    table = on("runs", "--last", "1", "-f", "table", env={"COLUMNS": "80"}).out

    assert newest["finished_at"] < newest["started_at"]
    assert (newest["took_seconds"], row["took_seconds"]) == (None, "")
    assert re.search(r":\d\d +- +ok", table), table


def test_the_products_of_one_run_are_reported(on: CommandLine) -> None:
    with gateway_with() as gateway:
        on("get", "ES", "nova@cme", "--source", "ibkr", "--port", str(gateway.port))

    document = on("runs", "--run", "2", "--json").json
    table = on("runs", "--run", "2", "-f", "table", env={"COLUMNS": "80"}).out
    first = on("runs", "--run", "1", "-f", "csv").rows()

    assert (document["schema"], document["run"]) == ("ibkr-sync/run/1", 2)
    assert {product["outcome"] for product in document["products"]} == {"failed"}
    assert {product["symbol"] for product in document["products"]} == {"ES", "NOVA"}
    assert "ES@CME (ES)" in table
    assert max(map(len, table.splitlines())) <= 80
    assert {row["symbol"]: row["outcome"] for row in first} == dict.fromkeys(
        ("ES", "VIX", "CL"), "created"
    )


def test_a_run_says_what_was_reported_when_it_ended(on: CommandLine, stocked: Path) -> None:
    """`get`, `refresh` and `runs` have one word for one event."""
    change(stocked, "UPDATE products SET category = 'odd' WHERE symbol = 'VIX'")
    with sample_gateway() as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port), "--json")
        planned = on("get", "ES", "--dry-run", *source).json["outcomes"]
        got = on("get", "ES", "NQ", "VIX", *source).json["outcomes"]
        kept = on("refresh", "ES", "GC", *source).json["products"]

    def recorded(run_id: str) -> dict[str, str]:
        products = on("runs", "--run", run_id, "--json").json["products"]
        return {product["symbol"]: product["outcome"] for product in products}

    assert [item["outcome"] for item in planned] == ["unchanged"]
    message = {item["symbol"]: item["outcome"] for item in got}
    assert message == recorded("2") == {"ES": "unchanged", "NQ": "created", "VIX": "updated"}
    message = {item["symbol"]: item["state"] for item in kept}
    assert message == recorded("3") == {"ES": "unchanged", "GC": "created"}


def test_a_run_whose_process_died_was_interrupted_for_check(on: CommandLine, stocked: Path) -> None:
    add_run(stocked, 2, "ibkr", "refresh", ago(hours=1), None, "running", None, None)

    (newest, _) = on("runs", "--json").json["runs"]
    checked = on("check")
    quiet = on("--quiet", "check")

    assert (quiet.code, quiet.out) == (6, "")  # nothing is stale
    assert (newest["outcome"], newest["finished_at"]) == ("running", None)
    assert checked.code == 6
    assert "Run 2 (refresh of" in checked.message
    assert "was interrupted" in checked.message


def test_without_runs_there_is_nothing_to_list(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("runs", "--json")

    assert (done.code, done.json["runs"]) == (0, [])
    assert "note: nothing was recorded yet" in done.message
    assert not any(ibkr_sync.home.iterdir())


@pytest.mark.parametrize("run_id", ["7", "0", "99999999999999999999"])
def test_a_run_that_there_is_not_is_reported(on: CommandLine, run_id: str) -> None:
    done = on("runs", "--run", run_id)

    assert (done.code, done.out) == (5, "")
    assert f"Run {run_id} was not found in the database." in done.message


@pytest.mark.parametrize(
    "arguments", [["runs", "--last", "0"], ["runs", "--last", "x"], ["check", "--max-age", "soon"]]
)
def test_numbers_that_make_no_sense_are_refused(on: CommandLine, arguments: list[str]) -> None:
    done = on(*arguments)

    assert (done.code, done.out) == (2, "")
