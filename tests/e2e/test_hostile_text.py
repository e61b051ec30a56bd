"""What a gateway says reaches terminals, spreadsheets and logs as plain text."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from e2e.command_line import CommandLine
from e2e.gateways import ROW, changed, gateway_with
from gateway.faults import ErrorReply, Notice, ReplacedField

HOSTILE = (
    "[bold]B[/nope][link=http://x]\x1b[2J\x1b]8;;http://x\x07\x1b]52;c;aGk=\x07"
    "\x9b31m\x7f\u202eevil\u2066\r\n\t'\"|\\%s{}:x"
)
CLEAN = "[bold]B[/nope][link=http://x][2J]8;;http://x]52;c;aGk=31mevil'\"|\\%s{}:x"
FORMULAS = ("=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "'=1", "\uff1d1")

NUMBERED = [
    changed(con_id=str(900 + number), local_symbol=f"{text}{number}", long_name=HOSTILE)
    for number, text in enumerate(FORMULAS)
]
WITH_HOSTILE_FIELDS = dataclasses.replace(
    ROW,
    con_id="899",
    local_symbol="[/nope]",
    market_name=HOSTILE,
    long_name=HOSTILE,
    industry=HOSTILE,
    category="=1+1",
    order_types=f"{HOSTILE},LMT",
    sec_id_list=((HOSTILE, HOSTILE),),
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a product whose every text is meant to do harm; for reading only."""
    folder = tmp_path_factory.mktemp("hostile")
    database = folder / "hostile.db"
    with gateway_with(WITH_HOSTILE_FIELDS, *NUMBERED) as gateway:
        done = CommandLine(folder)(
            *("--database", database, "get", "NOVA", "-f", "table"),
            *("--source", "ibkr", "--port", str(gateway.port)),
        )
    assert done.code == 0, done
    assert "[/nope]" in done.out
    return database


def test_every_format_shows_it_as_plain_text(ibkr_sync: CommandLine, hostile: Path) -> None:
    formats = ("table", "json", "jsonl", "csv", "tsv")
    shown = {name: ibkr_sync("--database", hostile, "show", "NOVA", "-f", name) for name in formats}
    shown["all"] = ibkr_sync(
        *("--database", hostile, "--columns", "all"), *("show", "NOVA", "-f", "table")
    )
    listed = {
        name: ibkr_sync("--database", hostile, "list", "-f", name)
        for name in ("table", "json", "tsv")
    }

    # That there are no control characters is checked on every run.
    assert {done.code for done in (*shown.values(), *listed.values())} == {0}
    assert CLEAN in shown["table"].out.replace("\n", "")
    assert "[bold]B" in listed["table"].out
    assert shown["json"].json["contracts"][0]["long_name"] == CLEAN
    assert shown["json"].json["name"] == listed["json"].json["products"][0]["name"] == CLEAN
    assert [row["long_name"] for row in shown["csv"].rows()] == [CLEAN] * 7
    assert len(shown["tsv"].out.splitlines()) == 8
    assert len(listed["tsv"].out.splitlines()) == 2


def test_a_terminal_gets_no_code_but_our_own(ibkr_sync: CommandLine, hostile: Path) -> None:
    for arguments in (["--columns", "all", "show", "NOVA"], ["list"]):
        code, sent = ibkr_sync.on_terminal("--database", hostile, *arguments)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", sent)
        assert code == 0
        assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", plain) is None
        assert "\x1b]8" not in sent


def test_no_cell_of_a_csv_file_is_a_formula(ibkr_sync: CommandLine, hostile: Path) -> None:
    done = ibkr_sync("--database", hostile, "show", "NOVA", "-f", "csv")

    rows = done.rows()
    neutral = {f"'{text}{number}" for number, text in enumerate(FORMULAS)}
    assert {row["local_symbol"] for row in rows} == neutral | {"[/nope]"}
    assert {row["category"] for row in rows} == {"'=1+1", ""}
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert {row["con_id"] for row in rows} == {str(number) for number in range(899, 906)}


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_it_reads_back_as_it_was(
    ibkr_sync: CommandLine, hostile: Path, tmp_path: Path, format_: str
) -> None:
    file, other = tmp_path / f"nova.{format_}", tmp_path / "other.db"
    file.write_text(ibkr_sync("--database", hostile, "show", "NOVA", "-f", format_).out)

    taken = ibkr_sync("--database", other, "get", "NOVA", "--source", f"file:{file}")

    assert taken.code == 0, taken
    before = ibkr_sync("--database", hostile, "show", "NOVA", "--json").json
    after = ibkr_sync("--database", other, "show", "NOVA", "--json").json
    assert [contract["local_symbol"] for contract in after["contracts"]] == [
        contract["local_symbol"] for contract in before["contracts"]
    ]
    assert after["contracts"][0]["industry"] == before["contracts"][0]["industry"]


def test_errors_and_logs_show_it_as_plain_text(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    faults = (
        Notice(code=2104, text=HOSTILE, symbol="NOVA"),
        ErrorReply(code=321, text=HOSTILE, symbol="NOVA", first=1),
        ReplacedField(field="symbol", value=HOSTILE, symbol="NOVA"),
    )
    with gateway_with(ROW, faults=faults) as gateway:
        asked = ("get", "NOVA", "--source", "ibkr", "--port", str(gateway.port), "--json")
        verbose = ("-vv", "--log-file", log, "--database", tmp_path / "own.db")
        refused = ibkr_sync(*verbose, "--log-format", "text", *asked)
        invalid = ibkr_sync(*verbose, "--log-format", "json", *asked)

    assert (refused.code, invalid.code) == (4, 4)
    assert "[bold]B[/nope]" in refused.err
    assert "[bold]B[/nope]" in invalid.err
    assert "[bold]B[/nope]" in refused.json["outcomes"][0]["message"]
    lines = log.read_text().split("\n")
    assert all(line.isprintable() for line in lines)
    assert json.loads(lines[-2])["level"] in {"info", "warning", "error"}


WRITTEN_BY_OTHERS = "\x1b]0;\x07hey\x9b2J\u202e\nEVIL"
"""What this tool would not have stored."""

TEXTS = {
    "products": ("name",),
    "contracts": ("local_symbol", "long_name", "market_name", "industry"),
    "watchlist": ("watch_group",),
}


@pytest.fixture
def planted(stocked: Path, ibkr_sync: CommandLine) -> Path:
    """A database into which another program wrote escape sequences."""
    assert ibkr_sync("--database", stocked, "watchlist", "add", "ES@CME").code == 0
    with closing(sqlite3.connect(stocked)) as database, database:
        for table, columns in TEXTS.items():
            for column in columns:
                database.execute(
                    f"UPDATE {table} SET {column} = ? || coalesce({column}, '')",  # noqa: S608 - ours
                    (WRITTEN_BY_OTHERS,),
                )
    return stocked


@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv", "tsv"])
@pytest.mark.parametrize("command", [["show", "ES@CME"], ["list"], ["next", "ES@CME"]])
def test_what_others_stored_is_shown_escaped(
    ibkr_sync: CommandLine, planted: Path, command: list[str], format_: str
) -> None:
    done = ibkr_sync("--database", planted, *command, "-f", format_)

    # That there are no control characters is checked on every run.
    assert done.code == 0, done
    assert r"\u001b]0;" in done.out
    assert format_ == "csv" or "\nEVIL" not in done.out  # a CSV file quotes it


def test_what_others_stored_acts_on_no_terminal(ibkr_sync: CommandLine, planted: Path) -> None:
    for arguments in (["next", "ES@CME"], ["list"], ["show", "ES@CME"], ["watchlist", "list"]):
        code, sent = ibkr_sync.on_terminal("--database", planted, *arguments)
        assert code == 0
        assert r"\u001b]" in sent
        assert "\nEVIL" not in sent
        assert re.search("[\x07\x9b\u202e]|\x1b[^\\[]", sent) is None
    line = ibkr_sync("--database", planted, "next", "ES@CME")
    assert line.out.startswith(r"\u001b]0;\u0007hey\u009b2J\u202e\u000aEVILES")
    assert r"\u001b]0;" in ibkr_sync("--database", planted, "next", "ES@CME", "--explain").err
