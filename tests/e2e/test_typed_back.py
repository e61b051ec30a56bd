"""Whatever the tool calls something, and whatever it advises, is accepted as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from e2e.command_line import CommandLine, Ended
from e2e.gateways import ROW, changed, gateway_with
from ibkr_sync_cli.parsing.command_tree import CommandTree

DEMO = ("--profile", "demo")
LABEL = re.compile(
    r"(?<![\w@./&-])([A-Z0-9][A-Z0-9._&/+-]*)@([A-Z0-9.]*[A-Z0-9])(?: \(([^()\n]+)\))?"
)
COMMAND = re.compile(r"ibkr-sync (.*)")
OPTIONS = re.compile(r"Say which: (--.*)")
NAMELESS = {
    *("config", "db", "demo", "doctor", "export", "help", "import", "replay", "schedule"),
    *("report", "unpin", "version"),
}
"""Commands that print no names of products, or only as others do."""

READERS = ("next", "hours", "history", "changes", "rolls")


@dataclass(slots=True)
class Printed:
    """What commands printed.

    Attributes:
        labels: symbol, exchange and class of each name of a product; without a class "".
        contracts: local symbols with the conIds that were printed beside them.
        steps: every command that was advised, with its words.
    """

    labels: set[tuple[str, str, str]] = field(default_factory=set)
    contracts: dict[str, set[int]] = field(default_factory=dict)
    steps: dict[tuple[str, ...], None] = field(default_factory=dict)

    def collect(self, arguments: tuple[str, ...], done: Ended) -> None:
        """Take from a run what it calls things, and what it says to type next."""
        for match in LABEL.finditer(done.out + done.err):
            self.labels.add((match[1], match[2], match[3] or ""))
        for line in done.err.splitlines():
            if command := COMMAND.search(line):
                self.steps[tuple(shlex.split(command[1]))] = None
            if options := OPTIONS.search(line):
                self.steps[(*DEMO, *arguments, *shlex.split(options[1]))] = None
        if "--json" in arguments and done.out:
            self._collect_document(done.json)

    def _collect_document(self, value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                self._collect_document(item)
        if not isinstance(value, dict):
            return
        if {"symbol", "exchange", "trading_class"} <= value.keys() and value["exchange"]:
            names = (value["symbol"], value["exchange"], value["trading_class"] or "")
            self.labels.add(names)
        if value.get("local_symbol") and value.get("con_id"):
            self.contracts.setdefault(value["local_symbol"], set()).add(value["con_id"])
        for item in value.values():
            self._collect_document(item)


def text_of(label: tuple[str, str, str]) -> str:
    symbol, exchange, trading_class = label
    return f"{symbol}@{exchange} ({trading_class})" if trading_class else f"{symbol}@{exchange}"


def in_every_format(*arguments: str) -> Iterator[tuple[str, ...]]:
    for option in (("-f", "table"), ("--json",)):
        yield (*arguments, *option)


def printed_by(ibkr_sync: CommandLine, *commands: tuple[str, ...]) -> Printed:
    """What these commands print in every format; none of them is a usage error."""
    printed = Printed()
    for command in commands:
        for arguments in in_every_format(*command):
            done = ibkr_sync(*DEMO, *arguments)
            assert "--help" not in done.err, (arguments, done)
            printed.collect(arguments, done)
    return printed


def test_every_name_of_a_product_or_contract_is_accepted(ibkr_sync: CommandLine) -> None:
    ibkr_sync(*DEMO, "get", "ES", "VIX", "FDAX", "FDXM", "SIL", "6E")
    ibkr_sync(*DEMO, "watchlist", "add", "ES", "FDAX", "NOVA@CME")
    ibkr_sync(*DEMO, "pin", "SI", "--trading-class", "SIL")
    commands = (
        *(("get", "ES", "VIX"), ("refresh", "ES", "--source", "ibkr"), ("list",), ("runs",)),
        *(("runs", "--run", "1"), ("check",), ("watchlist", "list"), ("pin",), ("changes",)),
        *(("catalogue", "DAX"), ("catalogue", "EUR"), ("expirations",), ("audit",)),
        *(("show", "DAX"), ("show", "DAX", "--exchange", "CME"), ("show", "ES 209912")),
        *((reader, word) for reader in ("show", *READERS) for word in ("ES", "VIX", "SI")),
    )
    printed = printed_by(ibkr_sync, *commands)
    assert {first for first, *_ in commands} | NAMELESS == set(CommandTree().commands)
    stored = {
        (product["symbol"], product["exchange"], product["trading_class"])
        for product in ibkr_sync(*DEMO, "list", "--json").json["products"]
    }

    assert {
        ("ES", "CME", "ES"),
        ("DAX", "EUREX", "FDXM"),
        ("DAX", "EUREX", "FDXS"),
    } <= printed.labels
    assert ("NOVA", "CME", "") in printed.labels
    assert len(printed.contracts) > 40
    for number, label in enumerate(sorted(printed.labels)):
        shown = ibkr_sync(*DEMO, "show", text_of(label), "--json")
        fitting = [
            pair for pair in stored if all(b in ("", a) for a, b in zip(pair, label, strict=True))
        ]
        assert shown.code == (0 if len(fitting) == 1 else 5), (label, shown)
        if fitting and shown.code == 0:
            found = shown.json
            assert (found["symbol"], found["exchange"], found["trading_class"]) == fitting[0]
        added = ibkr_sync(*DEMO, "watchlist", "add", text_of(label))
        assert added.code in (0, 5), (label, added)
        reader = READERS[number % len(READERS)]
        done = ibkr_sync(*DEMO, reader, text_of(label))
        assert (done.code == 0) == (shown.code == 0), (reader, label, done)
    for local_symbol, con_ids in list(printed.contracts.items())[::4]:
        shown = ibkr_sync(*DEMO, "show", local_symbol, "--json")
        assert {contract["con_id"] for contract in shown.json["contracts"]} == con_ids
    for con_id in [other for con_ids in printed.contracts.values() for other in con_ids][::7]:
        shown = ibkr_sync(*DEMO, "show", str(con_id), "--json")
        assert [contract["con_id"] for contract in shown.json["contracts"]] == [con_id]


def test_every_next_step_is_accepted(ibkr_sync: CommandLine) -> None:
    twin = changed(con_id="987654322", multiplier="5", local_symbol="NOVMZ8")
    with gateway_with(ROW, twin) as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        failed = ibkr_sync("get", "NOVA 209812", "NOVA 20981218", *source)
    printed = printed_by(
        ibkr_sync,
        *(("list",), ("check",), ("watchlist", "list"), ("show", "ES"), ("runs", "--run", "9")),
        *(("catalogue", "XYZZY"), ("refresh",), ("get", "ES@CME"), ("watchlist", "list")),
    )
    ibkr_sync(*DEMO, "get", "ES", "FDAX", "FDXM")
    ibkr_sync(*DEMO, "watchlist", "add", "CL")
    again = printed_by(
        ibkr_sync,
        *((reader, "DAX") for reader in READERS),
        *((reader, word) for reader in ("show", "next") for word in ("NOPE", "ES 209912", "DAX")),
        *(("show", "AUD"), ("show", "AUD@ICEUS"), ("hours", "ES", "--on", "1999-01-04")),
        *(("show", "ES", "--as-of", "1999-01-04"), ("next", "ES", "--days-before", "30000")),
        *(("watchlist", "remove", "ES"), ("watchlist", "list", "--group", "night")),
        *(("db", "prune", "--older-than", "0s"), ("get", "NOPE"), ("get", "ES 209912")),
        *(("refresh", "NOPE", "--source", "ibkr"), ("check",)),
    )
    printed.steps |= again.steps
    own = Printed()
    for command in (("next", "NOVA"), ("show", "NOVA 209812"), ("show", "NOVA 20981218")):
        own.collect(command, ibkr_sync(*command))
    own.collect(("show", "NOVA 209812"), failed)

    assert {step[2:4] for step in printed.steps} >= {
        ("pin", "DAX"),
        ("history", "ES@CME"), ("db", "prune"), ("runs",), ("next", "DAX"), ("show", "DAX"),
        ("get", "NOPE"), ("show", "AUD"), ("get", "AUD@ICEUS"), ("get", "ES@CME"),
        ("show", "ES@CME"),
    }  # fmt: skip
    assert {step[:1] for step in own.steps} >= {("pin",), ("show",)}
    assert ("demo",) in printed.steps
    for step in printed.steps.keys() - {("demo",)}:  # which has tests of its own
        done = ibkr_sync(*step)
        assert done.code in (0, 4, 5, 6), (step, done)
    for step in own.steps:
        words = step[len(DEMO) :] if step[: len(DEMO)] == DEMO else step
        assert ibkr_sync(*words).code == 0, words
