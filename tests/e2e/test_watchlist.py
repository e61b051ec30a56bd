"""Putting products on the watchlist and taking them off, one by one and from files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from e2e.command_line import COMMAND, CommandLine

ES = {"symbol": "ES", "exchange": "CME", "trading_class": "ES", "currency": None, "group": None}


@pytest.fixture
def watchlist(ibkr_sync: CommandLine, tmp_path: Path) -> CommandLine:
    """The command, with a database of its own by its settings."""
    ibkr_sync.configure(f'[profiles.local]\ndatabase = "{tmp_path}/own.db"\n')
    return ibkr_sync


def watched(ibkr_sync: CommandLine, *options: str) -> list[str]:
    rows = ibkr_sync("watchlist", "list", *options, "-f", "csv").rows()
    return [
        " ".join(row[name] or "-" for name in ("symbol", "exchange", "trading_class", "group"))
        for row in rows
    ]


# --- one by one


def test_a_product_is_kept_exactly_and_listed_in_every_format(watchlist: CommandLine) -> None:
    added = watchlist("watchlist", "add", "ES", "--json")
    document = watchlist("watchlist", "list", "--json").json
    (line,) = watchlist("watchlist", "list", "-f", "jsonl").out.splitlines()
    table = watchlist("watchlist", "list", "-f", "table", env={"COLUMNS": "80"}).out

    assert (added.code, added.err) == (0, "")
    assert added.json == {
        "schema": "ibkr-sync/watchlist-changes/1",
        "products": [ES | {"outcome": "added"}],
    }
    assert document["schema"] == "ibkr-sync/watchlist/1"
    (entry,) = document["watchlist"]
    assert entry == json.loads(line)
    assert entry.pop("added_at").endswith("Z")
    assert entry == ES | {"synced_at": None, "listed": None}
    assert "never" in table
    assert "1 entry" in table
    assert max(map(len, table.splitlines())) <= 80


def test_how_fresh_a_product_is_is_listed(ibkr_sync: CommandLine, stocked: Path) -> None:
    ibkr_sync("--database", stocked, "watchlist", "add", "ES")

    (entry,) = ibkr_sync("--database", stocked, "watchlist", "list", "--json").json["watchlist"]

    assert entry["synced_at"].endswith("Z")
    assert entry["listed"] > 0


def test_adding_twice_is_harmless_and_reported(watchlist: CommandLine) -> None:
    watchlist("watchlist", "add", "ES")

    again = watchlist("watchlist", "add", "ES", "ESZ6", "6E", "-f", "tsv")

    assert again.code == 0
    assert [row["outcome"] for row in again.rows("\t")] == ["present", "added"]
    assert "ESZ6 is a contract; ES@CME (ES) is watched" in again.message
    assert watched(watchlist) == ["ES CME ES -", "EUR CME 6E -"]


def test_a_product_can_be_in_several_groups_and_leaves_one_or_all(watchlist: CommandLine) -> None:
    for options in ([], ["--group", "night"], ["--group", "Day"]):
        watchlist("watchlist", "add", "ES", *options)
    in_all = watched(watchlist)
    in_two = watched(watchlist, "--group", "night", "--group", "day")
    one_off = watchlist("watchlist", "remove", "ES", "--group", "day")
    left = watched(watchlist)
    off = watchlist("watchlist", "remove", "ES")

    assert in_all == ["ES CME ES -", "ES CME ES day", "ES CME ES night"]
    assert in_two == ["ES CME ES day", "ES CME ES night"]
    assert (one_off.code, off.code) == (0, 0)
    assert left == ["ES CME ES -", "ES CME ES night"]
    assert [row["outcome"] for row in off.rows("\t")] == ["removed", "removed"]
    assert watched(watchlist) == []


def test_what_nobody_knows_is_kept_as_typed_and_reported(watchlist: CommandLine) -> None:
    done = watchlist("watchlist", "add", "nova@cme")

    assert done.code == 0
    assert "NOVA@CME is in neither catalogue nor database" in done.message
    assert watched(watchlist) == ["NOVA CME - -"]


def test_what_several_products_share_is_reported_with_candidates_and_nothing_is_added(
    watchlist: CommandLine,
) -> None:
    vague = watchlist("watchlist", "add", "ES", "DAX")
    clear = watchlist("watchlist", "add", "DAX", "--trading-class", "FDAX")

    assert (vague.code, vague.out) == (5, "")
    assert "DAX may mean 3 products" in vague.message
    assert "FDXM" in vague.err
    assert "Nothing was added." in vague.message
    assert clear.code == 0
    assert watched(watchlist) == ["DAX EUREX FDAX -"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["remove", "GC"], 5, "GC was not found in the watchlist."),
        (
            ["remove", "ES", "--group", "nihgt"],
            5,
            "Group nihgt was not found in the watchlist. next: Name one",
        ),
        (["list", "--group", "nihgt"], 5, "Name one that it has: night"),
        (["add", "ES", "--group", "a b"], 2, "'a b' is no group"),
        (["add", "=1+1"], 2, "is no symbol"),
        (["add", "987654321"], 5, "conId 987654321"),
        (["import", "none.txt"], 2, "none.txt: nothing was imported"),
    ],
)
def test_what_can_not_be_done_is_reported_and_the_list_stays(
    watchlist: CommandLine, arguments: list[str], code: int, message: str
) -> None:
    watchlist("watchlist", "add", "ES", "--group", "night")

    done = watchlist("watchlist", *arguments)

    assert (done.code, done.out) == (code, "")
    assert message in done.message
    assert "next: " in done.err
    assert watched(watchlist) == ["ES CME ES night"]


def test_asking_for_an_empty_list_creates_nothing(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("watchlist", "list", "--json")

    assert (done.code, done.json["watchlist"]) == (0, [])
    assert "all that is stored is kept up to date" in done.message
    assert not any(ibkr_sync.home.iterdir())


# --- from files


def test_a_file_of_names_is_imported(watchlist: CommandLine) -> None:
    (watchlist.cwd / "list.txt").write_text(
        "# mine\nES\n6E, night\nCL@NYMEX\n\nnova@cme\nES\n", encoding="utf-8"
    )

    done = watchlist("watchlist", "import", "list.txt", "--group", "day", "--json")

    assert done.code == 0
    assert {product["outcome"] for product in done.json["products"]} == {"added"}
    assert "NOVA@CME is in neither catalogue nor database" in done.message
    assert watched(watchlist) == [
        "CL NYMEX CL day",
        "ES CME ES day",
        "NOVA CME - day",
        "EUR CME 6E night",
    ]


@pytest.mark.parametrize("written", ["csv", "tsv"])
def test_what_the_list_prints_can_be_imported_from_stdin(
    watchlist: CommandLine, tmp_path: Path, written: str
) -> None:
    watchlist("watchlist", "add", "ES", "nova@cme", "--group", "night")
    watchlist("watchlist", "add", "DAX", "--trading-class", "FDXM")
    printed = watchlist("watchlist", "list", "-f", written).out

    imports = ("--database", tmp_path / "other.db", "watchlist", "import", "-")
    done = watchlist(*imports, stdin=printed.encode())
    again = watchlist("--database", tmp_path / "other.db", "watchlist", "list", "-f", "csv").rows()

    assert done.code == 0, done
    names = ("symbol", "exchange", "trading_class", "currency", "group")
    assert [[row[name] for name in names] for row in again] == [
        ["DAX", "EUREX", "FDXM", "", ""],
        ["ES", "CME", "ES", "", "night"],
        ["NOVA", "CME", "", "", "night"],
    ]


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (
            b"###INDEX,CME_MINI:ES1!,CME_MINI:NQ1!,###METALS,COMEX:GC1!",
            ["ES CME ES index", "GC COMEX GC metals", "NQ CME NQ index"],
        ),
        ("ES;night\n6E;night".encode("utf-16"), ["ES CME ES night", "EUR CME 6E night"]),
        (b"ES,NQ,CL", ["CL NYMEX CL -", "ES CME ES -", "NQ CME NQ -"]),
        (b"COLUMN,0\nDES,ES,FUT,CME,,,\n", ["ES CME ES -"]),
        (
            b"Instrument,IBSymbol,IBCurrency,IBMultiplier\nDAX,DAX,NA,1\nSILVER,SI,USD,1000\n",
            ["DAX EUREX FDXS -", "SI COMEX SIL -"],
        ),
        (b"symbol,multiplier\nDAX,25", ["DAX EUREX FDAX -"]),
        (b"DAX@EUREX (FDAX)\n/ES\n", ["DAX EUREX FDAX -", "ES CME ES -"]),
    ],
)
def test_lists_of_other_programs_are_imported(
    watchlist: CommandLine, content: bytes, entries: list[str]
) -> None:
    (watchlist.cwd / "list.txt").write_bytes(content)
    done = watchlist("watchlist", "import", "list.txt", "--json")

    assert done.code == 0, done
    assert sorted(watched(watchlist)) == entries


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ES\nESZ26-CME\n", "line 2: ESZ26-CME is a contract, and a list is of products: ES@CME"),
        (b"ES,CME,night", "line 1: CME is no product that is known"),
        (b"DES,IBM,STK,SMART", "line 1: it is of type STK"),
        (b"###X,NASDAQ:AAPL", "line 1: 'NASDAQ:AAPL' is no symbol"),
        (b"symbol,multiplier\nDAX,26", "line 2: DAX (multiplier 26) was not found"),
        (b"\xff\xfeE", "it is no text in UTF-16"),
    ],
)
def test_what_no_list_of_products_holds_is_reported_by_line(
    watchlist: CommandLine, content: bytes, message: str
) -> None:
    (watchlist.cwd / "list.txt").write_bytes(content)
    done = watchlist("watchlist", "import", "list.txt")

    assert (done.code, done.out) == (2, "")
    assert message in done.message


def test_every_wrong_line_is_reported_and_nothing_is_imported(watchlist: CommandLine) -> None:
    watchlist("watchlist", "add", "6E")
    (watchlist.cwd / "list.txt").write_text(
        "ES\nDAX\nFDAX 20261218 M\n=1+1\nES,a b\nES,CME,x\n987654321\n", encoding="utf-8"
    )

    done = watchlist("watchlist", "import", "list.txt")

    assert (done.code, done.out) == (2, "")
    message = [line.strip() for line in done.err.splitlines()[1:-1]]
    starts = (
        "line 2: DAX may mean DAX@EUREX (FDAX), DAX@EUREX (FDXM)",
        "line 3: FDAX 20261218 M is a contract, and a list is of products: DAX@EUREX (FDAX)",
        "line 4: '=1+1' is no symbol, contract or conId",
        "line 5: 'a b' is no group",
        "line 6: it has more than a product and its group",
        "line 7: A contract with conId 987654321 was not found",
    )
    assert [line[: len(start)] for line, start in zip(message, starts, strict=True)] == [*starts]
    assert watched(watchlist) == ["EUR CME 6E -"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ES\n\xff\xfe\n", "line 2: it is no text in UTF-8"),
        (b"", "there is no product in it"),
        (b"# nothing\n", "there is no product in it"),
        (b"A" * (1 << 21), "larger than a list"),
        (b"\x1b[31mES\n", r"line 1: '\x1b[31mES' is no symbol"),
        (b"symbol,grp\nES,a\n", "line 1: there is no column 'grp'"),
    ],
)
def test_what_is_no_list_is_refused(watchlist: CommandLine, content: bytes, message: str) -> None:
    (watchlist.cwd / "list.txt").write_bytes(content)

    done = watchlist("watchlist", "import", "list.txt")

    assert (done.code, done.out) == (2, "")
    assert message in done.message
    assert watched(watchlist) == []


def test_a_closed_stdin_is_reported(watchlist: CommandLine) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", f"exec {COMMAND} watchlist import - <&-"],
        env=watchlist.environment(),
        cwd=watchlist.cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "stdin: nothing was imported" in done.stderr
    assert "Traceback" not in done.stderr
