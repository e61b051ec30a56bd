"""What was typed can't be meant: exit code 2 or 5, what is wrong, and nothing happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from e2e.command_line import CommandLine
from e2e.gateways import gateway_with, sample_gateway
from e2e.stored_rows import checksum

ESCAPE = "\x1b[31m"
LIBRARY_WORDS = re.compile(r"Usage:|Try '|Input should|Invalid value|Value error|No such|[╭│╰]")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "There is no command 'nonsense'"),
        ([f"[/nope]{ESCAPE}"], r"There is no command '[/nope]\x1b[31m'"),
        (["show"], "ibkr-sync show needs SYMBOL."),
        (["show", "ES", "--nonsense"], "ibkr-sync show has no option '--nonsense'."),
        (["show", ""], "'' is no symbol"),
        (["show", "=1+1"], "'=1+1' is no symbol"),
        (["show", f"[bold]{ESCAPE}"], r"'[bold]\x1b[31m' is no symbol"),
        (["show", "'; DROP TABLE products"], "is no symbol"),
        (["show", "A" * 5000], "is no symbol"),
        (["show", "ES", "--exchange", "../../etc"], "'../../etc' is no exchange"),
        (["show", "ES", "--format", "xml"], "--format: 'xml' is none of table, json"),
        (["get"], "ibkr-sync get needs SYMBOL."),
        (["get", "ES", "--port", "abc"], "--port: 'abc' is no whole number."),
        (["get", "ES", "--max-age", "3 fortnights"], "write 90m, 20h, 7d or"),
        (["list", "--expiring", "soon"], "write 90m, 20h, 7d or"),
        (["shwo", "ES"], "There is no command 'shwo'. next: Did you mean ibkr-sync show?"),
        (["watchlist", "ad", "ES"], "next: Did you mean ibkr-sync watchlist add?"),
        (["show", "ES", "--exchagne", "X"], "Did you mean --exchange? ibkr-sync show --help"),
        (["history", "ES", "NQ"], "ibkr-sync history does not take 'NQ' as well."),
        (["show", "ES", "--exchange"], "--exchange needs a value."),
        (["show", "ES", "--json=1"], "--json takes no value."),
        (["hours", "ES", "--days", "0"], "'0' is too small, it must be at least 1."),
        (["hours", "ES", "--tz", "exchang"], "did you mean exchange?"),
        (["--quiet"], "ibkr-sync needs a command."),
        (["--exchange", "CME", "list"], "an option of a command stands after it"),
        (["list", "--foo"], "has no option '--foo'. next: ibkr-sync list --help"),
        (["help", "shwo"], "There is no command 'shwo'."),
        (
            ["replay", "serve", "--port", "70000"],
            "--port: '70000' is too large, it must be at most 65535.",
        ),
    ],
    ids=lambda value: (
        " ".join(value)[:40].encode("unicode_escape").decode() if isinstance(value, list) else ""
    ),
)
def test_a_word_that_does_not_fit_is_named(
    ibkr_sync: CommandLine, arguments: list[str], message: str
) -> None:
    done = ibkr_sync(*arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.message
    lines = done.err.splitlines()
    assert [line[:7] for line in lines] == ["error: ", "next:  "], "no frames, no usage lines"
    assert not LIBRARY_WORDS.search(done.err)
    assert not any(ibkr_sync.home.iterdir())


def test_a_global_option_may_stand_anywhere(ibkr_sync: CommandLine, stocked: Path) -> None:
    words = ("list", "--database", stocked, "--json", "-q")
    expected = ibkr_sync(*words[1:], words[0])
    assert expected.code == 0
    assert [product["symbol"] for product in expected.json["products"]] == ["CL", "ES", "VIX"]

    assert ibkr_sync(*words) == expected
    assert ibkr_sync("--database", "none.db", "--format", "json", *words) == expected
    watched = ibkr_sync("watchlist", f"--database={stocked}", "list", "--json", "-p", "local")
    assert (watched.code, watched.json["watchlist"]) == (0, [])
    assert "ibkr-sync --profile local --database" in watched.err
    for refused in (
        ("--json", "list", "--format", "csv"),
        ("watchlist", "--format", "csv", "list", "--json"),
    ):
        done = ibkr_sync(*refused, "--database", stocked)
        assert (done.code, done.out) == (2, "")
        assert "--json and --format csv exclude each other" in done.message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "ibrk", "show", "ES"], 'no profile "ibrk" (did you mean "ibkr"?)'),
        (["--profile", f"[x]{ESCAPE}", "show", "ES"], r'not "[x]\x1b[31m"'),
        (["--config", "none.toml", "show", "ES"], "there is no such file"),
        (["--config", "/etc", "show", "ES"], "is a folder, not a file"),
        (["--database", "mysql://u:secret@h/d", "list"], "only SQLite and PostgreSQL"),
        (["--database", "", "list"], "--database: must be a file"),
        (["--database", "", "config", "show"], 'not "": it names no file'),
        (["--database", "", "schedule", "--print", "cron"], 'not "": it names no file'),
        (["--config", "", "list"], '--config: must be a file\'s path, not ""'),
        (["--log-file", "", "list"], '--log-file: must be a file\'s path, not ""'),
        (["--log-format", "xml", "list"], "must be auto, text or json"),
        (["--log-file", "none/x.log", "list"], "No such file or directory"),
        (["get", "ES", "--source", "ftp://x"], "there is no such source"),
        (["get", "ES", "--source", "ibkr", "--port", "0"], "must be a port from 1 to 65535"),
        (["get", "ES", "--source", "ibkr", "--host", "a b"], "it can't be a host"),
        (["get", "ES", "--source", "ibkr", "--client-id", "-1"], "--client-id"),
    ],
    ids=lambda value: (
        " ".join(value).encode("unicode_escape").decode() if isinstance(value, list) else ""
    ),
)
def test_a_setting_that_does_not_fit_is_named(
    ibkr_sync: CommandLine, arguments: list[str], message: str
) -> None:
    done = ibkr_sync(*arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.message
    assert "next: " in done.err
    assert "secret" not in done.err
    assert not any(ibkr_sync.home.iterdir())


def test_a_product_that_is_not_stored_is_reported_with_the_next_command(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    before = checksum(stocked)

    done = ibkr_sync("--database", stocked, "show", "GC")

    assert (done.code, done.out) == (5, "")
    assert done.err.splitlines() == [
        f"error: GC was not found in {stocked}.",
        f"next:  ibkr-sync --database {stocked} get GC --source ibkr",
    ]
    assert checksum(stocked) == before


def test_a_symbol_that_ibkr_does_not_know_is_reported(ibkr_sync: CommandLine) -> None:
    with gateway_with() as gateway:
        done = ibkr_sync(
            *("get", "NOVA", "-f", "table", "--source", "ibkr", "--port", str(gateway.port))
        )

    assert (done.code, done.out) == (5, "")
    assert "NOVA was not found in IBKR" in done.err
    assert "200" in done.err
    assert "Use IBKR's symbol" in done.err


def test_an_ambiguous_symbol_is_never_picked_silently(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    database = tmp_path / "own.db"
    with sample_gateway() as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port), "-f", "table")
        vague = ibkr_sync("--database", database, "get", "DAX", *source)
        clear = ibkr_sync("--database", database, "get", "DAX", "--trading-class", "FDAX", *source)
        other = ibkr_sync("--database", database, "get", "DAX", "--trading-class", "FDXS", *source)
    stored = ibkr_sync("--database", database, "show", "DAX")

    assert (vague.code, vague.out) == (5, "")
    lines = vague.err.splitlines()
    assert lines[0] == "error: DAX may mean 3 products."
    assert [line.split()[:3] for line in lines[1:6] if "EUREX" in line] == [
        ["EUREX", "FDAX", "25"],
        ["EUREX", "FDXM", "5"],
        ["EUREX", "FDXS", "1"],
    ]
    assert "--trading-class FDAX" in lines[-1]
    assert max(map(len, lines[:-1])) <= 80  # the last one holds the path of the database
    assert (clear.code, other.code) == (0, 0)
    assert "class FDAX" in clear.out
    assert (stored.code, stored.out) == (5, "")
    assert "DAX may mean 3 products" in stored.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["get", "ES", "--port", "4002"], "--port is for a gateway: add --source ibkr"),
        (["get", "ES", "--client-id", "7"], "--client-id is for a gateway: add --source ibkr"),
        (["show", "ES", "--json", "--format", "csv"], "--json and --format csv exclude each other"),
        (["--json", "--format", "csv", "show", "ES"], "--json and --format csv exclude each other"),
        (["get", "ES", "--max-age", "9999999d"], "--max-age: '9999999d' is too long"),
        (["refresh", "--deadline", "999999d"], "--deadline: '999999d' is too long"),
        (["refresh", "--deadline", "8d"], "--deadline: it is at most 7d"),
        (["refresh", "--stale", "36501d"], "--stale: '36501d' is too long"),
        (["check", "--max-age", "999999d"], "--max-age: '999999d' is too long"),
        (["list", "--expiring", "999999d"], "--expiring: '999999d' is too long"),
        (["db", "prune", "--older-than", "999999d"], "--older-than: '999999d' is too long"),
        (["schedule", "--print", "cron", "--deadline", "8d"], "it is at most 7d"),
        (["next", "ES", "--days-before", "36501"], "'36501' is too long; it takes at most 36500"),
        (["check", "--max-age", "0s"], "--max-age: it must be longer than nothing"),
        (["list", "-o", "es.xlsx"], ".xlsx is no format; use .csv"),
        (["list", "--expiring", "3x"], "--expiring: '3x' is no duration"),
    ],
)
def test_options_that_can_not_be_heeded_are_refused(
    ibkr_sync: CommandLine, arguments: list[str], message: str
) -> None:
    done = ibkr_sync(*arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.message
    assert not any(ibkr_sync.home.iterdir())


def test_get_says_that_no_source_was_asked(ibkr_sync: CommandLine, stocked: Path) -> None:
    done = ibkr_sync("--database", stocked, "get", "ES", "GC", "--json")

    outcomes = {outcome["symbol"]: outcome["outcome"] for outcome in done.json["outcomes"]}
    assert (done.code, outcomes) == (0, {"ES": "stored", "GC": "catalogue"})
    assert done.err.splitlines() == [
        "note: IBKR was not asked: profile local answers from the database",
        "GC@COMEX (GC): only the catalogue knows it; its contracts were never fetched",
        f"next:  ibkr-sync --database {stocked} get GC@COMEX --source ibkr",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--exchange", "NOPE"], "Exchange NOPE was not found in the catalogue or the"),
        (["list", "--exchange", "eurx"], "next: Did you mean EUREX?"),
        (["expirations", "--exchange", "NOPE"], "Exchange NOPE was not found in the catalogue"),
        (["unpin", "NOPE"], "NOPE was not found among the pins."),
        (["watchlist", "remove", "NOPE"], "NOPE was not found in the watchlist."),
        (["watchlist", "list", "--group", "nope"], "Group nope was not found in the watchlist."),
        (["catalogue", "ZZZZZ"], "ZZZZZ was not found in the catalogue."),
        (["runs", "--run", "99"], "Run 99 was not found in the database."),
        (["show", "NOPE"], "NOPE was not found in "),
    ],
)
def test_what_is_not_there_is_said_in_one_way(
    ibkr_sync: CommandLine, stocked: Path, arguments: list[str], message: str
) -> None:
    done = ibkr_sync("--database", stocked, *arguments)

    assert (done.code, done.out) == (5, "")
    assert done.err.startswith("error: ")
    assert "\nnext:  " in done.err
    assert message in done.message


def test_a_list_that_is_empty_says_why(ibkr_sync: CommandLine, stocked: Path) -> None:
    for arguments, message in (
        (["list", "--exchange", "globex", "--database", "none.db"], "is stored of CME"),
        (["list", "--exchange", "LMEOTC"], "is stored of LMEOTC"),
        (["expirations", "--exchange", "LMEOTC"], "that is stored fits"),
        (["pin"], "is pinned"),
    ):
        done = ibkr_sync("--database", stocked, *arguments)
        assert (done.code, done.err) == (0, f"note: nothing {message}\n")
