"""`refresh`: all that is watched is brought up to date, and nobody has to watch it happen."""

from __future__ import annotations

import dataclasses
import json
import signal
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, Ended, finish, wait_until
from e2e.gateways import (
    IMPATIENT,
    ROW,
    SERVER_VERSION,
    changed,
    gateway_with,
    sample,
    sample_gateway,
)
from e2e.stored_rows import is_sound, kept, opened, runs
from gateway.faults import (
    ErrorReply,
    HangUpAfterRows,
    Notice,
    Occasion,
    PauseAfterRows,
    Silence,
)
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest

ES_CON_IDS = frozenset(int(row.con_id) for row in sample().contracts if row.symbol == "ES")
UNKNOWN_ES = ErrorReply(code=200, symbol="ES", con_ids=ES_CON_IDS)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def asking(database: Path, port: int, *arguments: str) -> list[str]:
    source = ["--source", "ibkr", "--port", str(port)]
    return ["--database", str(database), "refresh", *arguments, *source]


class Refresh:
    """The command against a database of three products."""

    def __init__(self, command: CommandLine, database: Path) -> None:
        self.command = command
        self.database = database
        command.configure(IMPATIENT)

    def __call__(self, gateway: ScriptedGateway | int, *arguments: str, before: str = "") -> Ended:
        port = gateway if isinstance(gateway, int) else gateway.port
        options = before.split()
        return self.command(*options, *asking(self.database, port, *arguments))

    def watch(self, *arguments: str) -> None:
        done = self.command("--database", self.database, "watchlist", "add", *arguments)
        assert done.code == 0, done


@pytest.fixture
def refresh(ibkr_sync: CommandLine, stocked: Path) -> Refresh:
    return Refresh(ibkr_sync, stocked)


def states(done: Ended) -> dict[str, str]:
    """The state of each product, by symbol; of a table or of TSV."""
    if done.out.startswith("symbol\t"):
        return {row["symbol"]: row["state"] for row in done.rows("\t")}
    lines = done.out.split("\n\n")[0].splitlines()[2:]
    return {line.split("@")[0]: line.split()[-1] for line in lines if "@" in line.split()[0]}


def symbols_asked(gateway: ScriptedGateway) -> list[str]:
    asked = (request for request in gateway.requests if isinstance(request, ContractDataRequest))
    return sorted(request.symbol for request in asked)


def test_without_a_watchlist_all_that_is_stored_is_refreshed(refresh: Refresh) -> None:
    before = kept(refresh.database)
    with sample_gateway() as gateway:
        done = refresh(gateway)

    assert done.code == 0
    assert states(done) == {"CL": "unchanged", "ES": "unchanged", "VIX": "unchanged"}
    assert symbols_asked(gateway) == ["CL", "ES", "VIX"]
    assert done.message.startswith("3 products: 3 unchanged · ")
    assert done.message.endswith(" · run 2")
    assert [line for line in kept(refresh.database) if 'INTO "field_changes"' in line] == [
        line for line in before if 'INTO "field_changes"' in line
    ]
    assert runs(refresh.database) == ["ok", "ok"]


def test_what_is_watched_is_refreshed_or_some_groups_of_it(refresh: Refresh) -> None:
    refresh.watch("ES", "NQ")
    refresh.watch("GC", "--group", "metals")
    with sample_gateway() as gateway:
        group = refresh(gateway, "--group", "metals")
        all_of_it = refresh(gateway)
        named = refresh(gateway, "VIX")

    assert states(group) == {"GC": "created"}
    assert states(all_of_it) == {"ES": "unchanged", "NQ": "created", "GC": "unchanged"}
    assert states(named) == {"VIX": "unchanged"}


def test_a_group_that_does_not_exist_is_reported(refresh: Refresh) -> None:
    refresh.watch("GC", "--group", "metals")
    done = refresh(free_port(), "--group", "metal")
    assert (done.code, done.out) == (5, "")
    assert "Group metal was not found" in done.err
    assert "metals" in done.err


def test_with_nothing_to_refresh_the_next_step_is_reported(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    done = ibkr_sync(*asking(tmp_path / "own.db", free_port()))
    assert (done.code, done.out) == (5, "")
    assert "nothing to refresh: watchlist and database are empty" in done.message
    assert "watchlist add ES" in done.message


def test_what_is_fresh_is_skipped_without_a_gateway(refresh: Refresh) -> None:
    with sample_gateway() as gateway:
        done = refresh(gateway, "--stale", "20h")
    assert done.code == 0
    assert states(done) == {"CL": "fresh", "ES": "fresh", "VIX": "fresh"}
    assert gateway.connections == 0
    assert done.message.startswith("3 products: 3 fresh")
    assert "run" not in done.message


def test_a_dry_run_shows_what_would_change_and_writes_nothing(refresh: Refresh) -> None:
    refresh.watch("NQ", "ES")
    before, recorded = kept(refresh.database), runs(refresh.database)
    gone = [row for row in sample().contracts if row.symbol == "ES"][-3:]
    with gateway_with(*(row for row in sample().contracts if row not in gone)) as gateway:
        done = refresh(gateway, "--dry-run", "--json")

    assert done.code == 0
    products = {product["symbol"]: product for product in done.json["products"]}
    assert {name: product["state"] for name, product in products.items()} == {
        "NQ": "planned",
        "ES": "planned",
    }
    assert products["NQ"]["added"] > 0
    assert products["ES"]["missing"] > 0
    assert done.json["run"] is None
    assert "dry run, nothing written" in done.err
    assert (kept(refresh.database), runs(refresh.database)) == (before, recorded)


def test_the_database_alone_can_not_refresh_itself(ibkr_sync: CommandLine, stocked: Path) -> None:
    done = ibkr_sync("--database", stocked, "refresh", "--source", "local")
    assert (done.code, done.out) == (2, "")
    assert "--source ibkr" in done.message


def test_a_file_needs_no_gateway(refresh: Refresh, tmp_path: Path) -> None:
    file = tmp_path / "es.json"
    shown = refresh.command("--database", refresh.database, "show", "ES", "--json", "--expired")
    file.write_text(shown.out, encoding="utf-8")
    call = ("--database", refresh.database, "refresh", "ES", "--source", f"file:{file}")
    done = refresh.command(*call)
    refused = refresh.command(*call, "--deadline", "5m")
    assert (done.code, states(done)) == (0, {"ES": "unchanged"})
    assert refused.code == 2
    assert "--deadline is for a gateway" in refused.message


def test_products_and_groups_exclude_each_other(refresh: Refresh) -> None:
    done = refresh(free_port(), "ES", "--group", "metals")
    assert (done.code, done.out) == (2, "")
    assert "not both" in done.message


def test_quiet_says_nothing_when_all_is_well(refresh: Refresh) -> None:
    with sample_gateway() as gateway:
        done = refresh(gateway, before="-q")
        as_data = refresh(gateway, "--json", before="-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (as_data.code, as_data.err) == (0, "")
    assert len(as_data.json["products"]) == 3


def test_quiet_says_nothing_in_a_format_that_is_only_configured(refresh: Refresh) -> None:
    refresh.command.configure(IMPATIENT + '[output]\nformat = "json"\n')
    with sample_gateway() as gateway:
        done = refresh(gateway, before="-q")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_quiet_says_failures_all_the_same(refresh: Refresh) -> None:
    with sample_gateway(UNKNOWN_ES) as gateway:
        done = refresh(gateway, before="-q")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("error: ES@CME (ES) was not found in IBKR: IBKR no longer knows it")
    assert "products:" not in done.err


def test_error_200_for_one_of_five_delists_nothing_and_the_others_are_saved(
    refresh: Refresh,
) -> None:
    with sample_gateway(UNKNOWN_ES) as gateway:
        done = refresh(gateway, "ES", "NQ", "GC", "CL", "VIX", "-f", "table")

    assert done.code == 4
    assert states(done) == {
        "ES": "failed",
        "NQ": "created",
        "GC": "created",
        "CL": "unchanged",
        "VIX": "unchanged",
    }
    assert "while it still answers for" in " ".join(done.out.split())
    shown = refresh.command("--database", refresh.database, "show", "ES", "--json").json
    assert {contract["state"] for contract in shown["contracts"]} == {"expired", "missing"}
    assert (shown["closed_at"], shown["min_tick"]) == (None, "0.25")
    assert runs(refresh.database)[-1] == "partial"


@pytest.mark.parametrize(
    "fault",
    [Notice(code=1100, before_row=5), Notice(code=2157), ErrorReply(code=200)],
    ids=["1100", "2157", "200 for all"],
)
def test_while_ibkr_is_away_nothing_changes_and_the_exit_code_says_so(
    refresh: Refresh, fault: Notice | ErrorReply
) -> None:
    before = kept(refresh.database)
    with sample_gateway(fault) as gateway:
        done = refresh(gateway, "--deadline", "3s")

    assert done.code == 8
    assert set(states(done).values()) == {"failed"}
    assert done.err.count("error: ") == 1
    assert "CL@NYMEX (CL), ES@CME (ES), VIX@CFE (VX): " in done.err
    assert kept(refresh.database) == before
    assert runs(refresh.database)[-1] == "failed"


def test_ibkr_that_is_back_before_the_deadline_is_asked_again(refresh: Refresh) -> None:
    with sample_gateway(
        Notice(code=1100, before_row=2, first=1),
        PauseAfterRows(rows=3, seconds=1.5, first=1),
        Notice(code=1102, before_row=None, first=1),
    ) as gateway:
        done = refresh(gateway, "--deadline", "30s")
    assert done.code == 0
    assert set(states(done).values()) == {"unchanged"}
    assert gateway.connections == 1


def test_a_gateway_that_hangs_up_once_costs_nothing(refresh: Refresh) -> None:
    with sample_gateway(HangUpAfterRows(rows=5, first=1)) as gateway:
        done = refresh(gateway)
    assert done.code == 0
    assert set(states(done).values()) == {"unchanged"}


def test_what_was_synced_longest_ago_is_asked_for_first(refresh: Refresh) -> None:
    with opened(refresh.database) as connection:
        connection.execute(
            "UPDATE products SET synced_at = '2026-01-05 00:00:00.000000' WHERE symbol = 'VIX'"
        )
        connection.commit()
    with sample_gateway() as gateway:
        done = refresh(gateway)
    asked = [
        request.symbol for request in gateway.requests if isinstance(request, ContractDataRequest)
    ]
    assert asked[0] == "VIX"
    assert list(states(done)) == ["CL", "ES", "VIX"]


def test_what_could_not_be_asked_for_is_reported_first_in_the_order_given(refresh: Refresh) -> None:
    several = ["DAX", "SMI", "SI", "ESTX50"]
    with sample_gateway() as gateway:
        done = refresh(gateway, "ES", *several, "--stale", "20h", before="-f tsv")
    assert list(states(done)) == [*several, "ES"]


def test_the_way_out_is_reported_for_a_product_that_ibkr_gave_up(refresh: Refresh) -> None:
    with sample_gateway(UNKNOWN_ES) as gateway:
        unwatched = refresh(gateway)
        refresh.watch("ES", "CL")
        watched = refresh(gateway)
    assert "watchlist add SYMBOL" in unwatched.err
    assert "watchlist remove ES@CME" in watched.err


def test_a_renamed_product_that_is_asked_for_by_its_new_name_is_no_new_one(
    refresh: Refresh,
) -> None:
    rows = tuple(
        dataclasses.replace(row, symbol="VOLX") if row.symbol == "VIX" else row
        for row in sample().contracts
    )
    recording = dataclasses.replace(sample(), contracts=rows)
    with ScriptedGateway(recording, server_version=SERVER_VERSION) as gateway:
        planned = refresh(gateway, "VOLX@CFE", "--dry-run")
        first = refresh(gateway, "VOLX@CFE")
        second = refresh(gateway, "VOLX@CFE")

    assert [states(ended) for ended in (planned, first, second)] == [
        {"VOLX": "planned"},
        {"VOLX": "updated"},
        {"VOLX": "unchanged"},
    ]
    assert "1 product: 1 updated · " in first.message
    with opened(refresh.database) as connection:
        recorded = connection.execute("SELECT outcome FROM run_products ORDER BY id").fetchall()
    assert [outcome for (outcome,) in recorded][-2:] == ["updated", "unchanged"]


def test_options_say_which_of_several_products_is_meant(refresh: Refresh) -> None:
    with sample_gateway() as gateway:
        ambiguous = refresh(gateway, "DAX")
        advised = refresh(gateway, "DAX", "--trading-class", "FDAX")
        alone = refresh(gateway, "--trading-class", "FDAX")
    assert ambiguous.code == 5
    assert "--trading-class FDAX" in ambiguous.err
    assert states(advised) == {"DAX": "created"}
    assert alone.code == 2


def test_what_is_fresh_counts_as_done_while_the_gateway_is_there(refresh: Refresh) -> None:
    with sample_gateway() as gateway:
        done = refresh(gateway, "ES", "ZZZ", "--stale", "20h")
    away = refresh(free_port(), "ES", "NQ", "--stale", "20h")
    assert (done.code, states(done)) == (4, {"ES": "fresh", "ZZZ": "failed"})
    assert away.code == 3


def test_quiet_says_a_reason_once_where_a_table_is_asked_for(refresh: Refresh) -> None:
    with sample_gateway(UNKNOWN_ES) as gateway:
        done = refresh(gateway, "-f", "table", before="-q")
    assert "was not found in IBKR" in " ".join(done.out.split())
    assert "was not found in IBKR" not in done.err


def test_without_a_gateway_the_run_ends_at_once(refresh: Refresh) -> None:
    port = free_port()
    before = kept(refresh.database)
    done = refresh(port)
    assert done.code == 3
    assert set(states(done).values()) == {"failed"}
    assert done.err.count(f"No gateway at 127.0.0.1:{port}") == 1
    assert done.err.count("next: ") == 1
    assert kept(refresh.database) == before
    assert runs(refresh.database)[-1] == "failed"


def test_a_gateway_that_comes_late_is_waited_for(refresh: Refresh) -> None:
    port = free_port()
    with refresh.command.running(*asking(refresh.database, port, "--deadline", "60s")) as waiting:
        wait_until(lambda: runs(refresh.database)[-1] == "running")
        with ScriptedGateway(sample(), port=port):
            done = finish(waiting)
    assert done.code == 0
    assert set(states(done).values()) == {"unchanged"}


@pytest.mark.parametrize(("signal_number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_between_two_tries_ends_the_run_at_once(
    refresh: Refresh, signal_number: int, code: int
) -> None:
    with refresh.command.running(
        *asking(refresh.database, free_port(), "--deadline", "30m")
    ) as waiting:
        assert waiting.stderr is not None
        assert b"asking again in" in waiting.stderr.readline()
        waiting.send_signal(signal_number)
        done = finish(waiting)
    assert done.code == code
    assert "error: Stopped." in done.err
    assert is_sound(refresh.database)
    assert runs(refresh.database)[-1] == "interrupted"


def test_a_signal_while_ibkr_is_away_leaves_what_was_complete(refresh: Refresh) -> None:
    script = Notice(code=1100, before_row=1, symbol="VIX")
    with (
        sample_gateway(script) as gateway,
        refresh.command.running(
            *asking(refresh.database, gateway.port, "ES", "NQ", "VIX", "--deadline", "30m")
        ) as waiting,
    ):
        wait_until(lambda: any("'NQ'" in line for line in kept(refresh.database)))
        wait_until(lambda: symbols_asked(gateway).count("VIX") == 1)
        time.sleep(0.3)
        waiting.send_signal(signal.SIGTERM)
        done = finish(waiting)
    assert done.code == 143
    assert states(done) == {"ES": "unchanged", "NQ": "created"}


def test_a_second_run_ends_at_once(refresh: Refresh) -> None:
    with (
        sample_gateway(Silence(occasion=Occasion.HELLO)) as gateway,
        refresh.command.running(*asking(refresh.database, gateway.port, "--deadline", "5m")),
    ):
        wait_until(lambda: gateway.connections == 1)
        done = refresh(gateway)
    assert (done.code, done.out) == (75, "")
    assert "Another run is at work on this database" in done.err


def test_the_log_says_the_whole_run(refresh: Refresh, tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    with sample_gateway(UNKNOWN_ES) as gateway:
        done = refresh(gateway, before=f"--log-file {file} --log-format json")
    entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    message = [entry["message"] for entry in entries]
    assert done.code == 4
    assert {entry.get("run") for entry in entries} == {2}
    assert message[0] == "run 2 started: refresh from ibkr"
    assert message[-1] == "run 2 ended: partial"
    for name in ("CL@NYMEX (CL): ", "VIX@CFE (VX): ", "ES@CME (ES) failed: ProductNotFoundError"):
        assert sum(line.startswith(name) for line in message) == 1


def test_a_terminal_shows_what_is_under_way_and_a_table_of_80_columns(refresh: Refresh) -> None:
    with sample_gateway(UNKNOWN_ES) as gateway:
        code, shown = refresh.command.on_terminal(*asking(refresh.database, gateway.port))
    assert code == 4
    assert "Refreshed" in shown
    assert "Product" in shown
    assert "3 products: 2 unchanged, 1 failed" in shown


def test_a_table_fits_80_columns(refresh: Refresh) -> None:
    with sample_gateway(UNKNOWN_ES) as gateway:
        done = refresh(gateway, "-f", "table")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == [
        *("Product", "Listed", "New", "Changed", "Missing", "Synced", "Outcome"),
    ]
    heading, _, event, step, *_ = done.err.splitlines()  # the reasons stand in the table
    assert heading.split() == ["Severity", "Type", "What", "Change"]
    assert event.split() == ["notice", "MISSING", "ES@CME", "listed", "→", "missing"]
    assert step.endswith(" changes --run 2")
    line = next(line for line in lines if line.startswith("ES@CME (ES) "))
    recorded = refresh.command("--database", refresh.database, "runs", "--run", "2", "--json").json
    (kept,) = (product for product in recorded["products"] if product["symbol"] == "ES")
    assert line.split()[5] == str(kept["missing"]) == str(recorded["missing"]) != "0"
    assert f" contracts: {kept['missing']} missing · " in done.err


def test_a_closed_product_is_named_wherever_it_is_left_out(ibkr_sync: CommandLine) -> None:
    database = ibkr_sync.cwd / "some.db"
    on = ("--database", database)
    other = changed(symbol="ES", trading_class="ES", local_symbol="ESZ8", con_id="5")
    with gateway_with(ROW, other) as gateway:
        asking = ("--source", "ibkr", "--port", str(gateway.port))
        assert ibkr_sync(*on, "get", "NOVA", "ES", *asking).code == 0
        with opened(database) as connection, connection:
            closed_at = datetime(2026, 11, 29, 22, 30, tzinfo=UTC).isoformat(" ")
            connection.execute(
                "UPDATE products SET closed_at = ? WHERE symbol = 'NOVA'", (closed_at,)
            )
        note = "closed, and no longer asked for by refresh: NOVA@CME (NOVA) since 2026-11-29;"
        refreshed = ibkr_sync(*on, "refresh", *asking)
        assert (refreshed.code, note in refreshed.message) == (0, True), refreshed
        assert "to ask again: ibkr-sync --database" in refreshed.message
        for words in (
            *(["show", "NOVA"], ["next", "NOVA"], ["watchlist", "add", "NOVA"], ["check"]),
        ):
            assert note in ibkr_sync(*on, *words).message, words
        again = ibkr_sync(*on, "refresh", *asking)
        assert (again.code, "all that is meant is closed: NOVA@CME (NOVA)" in again.message) == (
            5,
            True,
        )
        assert ibkr_sync(*on, "get", "NOVA", *asking).code == 0
        assert note not in ibkr_sync(*on, "refresh", *asking).message
