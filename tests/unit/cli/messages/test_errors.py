"""Every error has its sentence, its next step and its exit code."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import typer

from example_products import DECEMBER, ES, MARCH
from ibkr_sync.domain import errors
from ibkr_sync.domain.entities.futures import AssetClass, Origin, ProductKey
from ibkr_sync.domain.runs.diagnosis.findings import Check, Fix, warned
from ibkr_sync_cli.app import app
from ibkr_sync_cli.messages.errors import _RULES, exit_code_of, explain_error
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.fixes import explain_finding
from ibkr_sync_cli.messages.next_command import NextCommand
from one_case import one_case

FDAX = ProductKey("DAX", "EUREX", "FDAX")
FULL_SIZE = dataclasses.replace(DECEMBER, con_id=7, multiplier=Decimal(250))
OF_UNKNOWN_SIZE = dataclasses.replace(DECEMBER, con_id=8, multiplier=None)
EARLIER, LATER = datetime(2026, 11, 2, 21, tzinfo=UTC), datetime(2026, 11, 3, 21, tzinfo=UTC)
ADDRESS = ("127.0.0.1", 4002)


def candidate(key: ProductKey) -> errors.ProductCandidate:
    return errors.ProductCandidate(
        key=key,
        currency="EUR",
        multiplier=Decimal(25),
        name="DAX 40 Index",
        next_expiry=date(2026, 12, 18),
        contract_count=12,
    )


def kinds(base: type[errors.IbkrSyncError]) -> Iterator[type[errors.IbkrSyncError]]:
    """All errors of the tree that are raised: its leaves, and bases with a rule of their own."""
    below = [
        subclass for subclass in base.__subclasses__() if subclass.__module__ == errors.__name__
    ]
    if not below or base in _RULES:
        yield base
    for kind in below:
        yield from kinds(kind)


def commands_in(step: str) -> Iterator[list[str]]:
    """The words of each command of ours that a next step names."""
    for quoted, plain in re.findall(r"'(ibkr-sync [^']*)'|(ibkr-sync .*)", step):
        yield shlex.split(quoted or plain)


def accept(words: list[str]) -> None:
    """Parse a command as the command line does, and run nothing; raises a usage error."""
    context: Any = typer.main.get_command(app).make_context(words[0], words[1:])
    while hasattr(context.command, "commands"):
        name, command, rest = context.command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        context = command.make_context(
            name, rest, parent=context, resilient_parsing="--help" in rest
        )


@one_case("kind", [*kinds(errors.IbkrSyncError)])
def test_every_error_of_the_tree_is_explained(kind: type[errors.IbkrSyncError]) -> None:
    assert any(other in _RULES for other in kind.__mro__)


@one_case(
    ("error", "code", "sentence", "next_step"),
    [
        (
            errors.ConfigError(
                [
                    errors.ConfigProblem(source="a.toml:3", key="port", message="is no port"),
                    errors.ConfigProblem(source="a.toml:4", key="host", message="is no host"),
                ]
            ),
            ExitCode.USAGE,
            "a.toml:3: port: is no port\n  a.toml:4: host: is no host",
            "ibkr-sync config check",
        ),
        (
            errors.NothingToExportError(),
            ExitCode.NOT_FOUND,
            "There is nothing to export: nothing is stored.",
            "ibkr-sync get ES --source ",
        ),
        (
            errors.NothingToExportError(datetime(2026, 11, 1, 23, 59, tzinfo=UTC)),
            ExitCode.NOT_FOUND,
            "no product was stored at 2026-11-01 23:59 UTC.",
            "ibkr-sync runs",
        ),
        (
            errors.GatewayUnreachableError(*ADDRESS, errors.UnreachableReason.REFUSED, "refused"),
            ExitCode.GATEWAY,
            "No gateway at 127.0.0.1:4002: refused.",
            "Start TWS",
        ),
        (
            errors.HandshakeTimeoutError(*ADDRESS, "nothing"),
            ExitCode.GATEWAY,
            "127.0.0.1:4002 accepted the connection and then said nothing",
            "Accept incoming connection?",
        ),
        (
            errors.ClientIdInUseError(*ADDRESS, "411 to 414"),
            ExitCode.GATEWAY,
            "127.0.0.1:4002",
            "--client-id",
        ),
        (
            errors.GatewayMovedError("gw", 4002, 4003),
            ExitCode.GATEWAY,
            "The gateway at gw:4002 was set to another port: 4003 (1300).",
            "ibkr-sync doctor --port 4003",
        ),
        (
            errors.FrameLibraryMissingError("pyarrow", "parquet"),
            ExitCode.USAGE,
            "pyarrow is not installed",
            "pip install",
        ),
        (errors.PacingError(*ADDRESS, "100"), ExitCode.PARTIAL, "rate", "messages_per_second"),
        (errors.UpstreamDownError(*ADDRESS, "1100"), ExitCode.UPSTREAM, "1100", "Try again"),
        (errors.RequestRejectedError(321, "Bad"), ExitCode.PARTIAL, "321 Bad", "Check symbol"),
        (
            errors.RequestRejectedError(504, ""),
            ExitCode.PARTIAL,
            "IBKR refused the request: 504.",
            "run the command again",
        ),
        (
            errors.RequestRejectedError(399, "No such request.."),
            ExitCode.PARTIAL,
            "399 No such request.",
            "explains 399",
        ),
        (errors.ReplyTimeoutError("idle"), ExitCode.PARTIAL, "idle", "gateway.idle_timeout"),
        (errors.RunTimeoutError(), ExitCode.PARTIAL, "time of the run", "--deadline"),
        (
            errors.InvalidReplyError("ESZ6", "conId", "x\x1b", "no number"),
            ExitCode.PARTIAL,
            r"ESZ6, conId 'x\x1b': no number",
            "Nothing of it was stored",
        ),
        (
            errors.ShrinkRefusedError(FDAX, 12, 7),
            ExitCode.PARTIAL,
            "DAX@EUREX (FDAX): 7 of 12",
            "--allow-shrink",
        ),
        (
            errors.ShrinkRefusedError(FDAX, 12, 7, taker=ProductKey("DAX", "EUREX", "FDXM")),
            ExitCode.PARTIAL,
            "DAX@EUREX (FDAX): 7 of 12 listed contracts would move to DAX@EUREX (FDXM).",
            "--allow-shrink",
        ),
        (
            errors.ShrinkRefusedError(FDAX, 12, 12, is_empty=True),
            ExitCode.PARTIAL,
            "12 of 12 listed contracts are not in the reply",
            "Nothing was changed. The reply holds none of its contracts; ask again later.",
        ),
        (
            errors.NoTradableContractError(FDAX, 3, {12, 3}),
            ExitCode.NOT_FOUND,
            "No contract of DAX@EUREX (FDAX) is tradable by this rule, of 3 stored.",
            "Its contracts are of HZ; name some of these: --months HZ",
        ),
        (
            errors.OutdatedDataError(FDAX, stored=EARLIER + timedelta(seconds=1), received=EARLIER),
            ExitCode.PARTIAL,
            "21:00:00.000000 UTC, older than what is stored, as of 2026-11-02 21:00:01.000000 UTC",
            "another database",
        ),
        (
            errors.OutdatedDataError(FDAX, stored=LATER, received=EARLIER),
            ExitCode.PARTIAL,
            "as of 2026-11-02 21:00 UTC, older than what is stored, as of 2026-11-03 21:00 UTC",
            "another database",
        ),
        (
            errors.UndatedDataError(FDAX),
            ExitCode.PARTIAL,
            "does not say as of when its data is (synced_at)",
            "another database",
        ),
        (
            errors.ReplyTooLargeError("ES@CME", 5_000),
            ExitCode.PARTIAL,
            "The reply to ES@CME is larger than that of any product: it was refused after 5000",
            "Ask for fewer products at once",
        ),
        (errors.SampleDataError(FDAX), ExitCode.PARTIAL, "can't share", "--database FILE"),
        (
            errors.RawReplyError(FDAX, "none is kept"),
            ExitCode.PARTIAL,
            "The raw reply of DAX@EUREX (FDAX) can't be used: none is kept.",
            "ibkr-sync get DAX@EUREX --trading-class FDAX --source ibkr",
        ),
        (
            errors.ProductNotFoundError("6E", "IBKR", "error 200", asked=Origin.IBKR),
            ExitCode.NOT_FOUND,
            "6E was not found in IBKR: error 200.",
            "Use IBKR's symbol",
        ),
        (
            errors.ProductNotFoundError("ES", "/data/f.db"),
            ExitCode.NOT_FOUND,
            "ES was not found in /data/f.db.",
            "ibkr-sync get ES --source ibkr",
        ),
        (
            errors.ProductNotFoundError("NQ", "es.json", asked=Origin.FILE),
            ExitCode.NOT_FOUND,
            "NQ was not found in es.json.",
            "Use the symbol as es.json has it, or name the exchange too: SYMBOL@EXCHANGE",
        ),
        (
            errors.ProductNotFoundError("NQ", "es.json", exchange="CME", asked=Origin.FILE),
            ExitCode.NOT_FOUND,
            "NQ@CME was not found in es.json.",
            "Use the symbol and exchange as es.json has them.",
        ),
        (
            errors.AssetClassMismatchError("ES", AssetClass.INDEX),
            ExitCode.NOT_FOUND,
            "index",
            None,
        ),
        (
            errors.NotYetKnownError(FDAX, at=EARLIER, since=LATER),
            ExitCode.NOT_FOUND,
            "DAX@EUREX (FDAX) was not known at 2026-11-02 21:00 UTC.",
            "UTC: ibkr-sync history DAX@EUREX --trading-class FDAX",
        ),
        (
            errors.MalformedSymbolError("=" * 5000, "symbol, contract or conId"),
            ExitCode.USAGE,
            f"'{'=' * 60}…' is no symbol, contract or conId.",
            "ES 202612",
        ),
        (
            errors.ContractNotFoundError("ESU5", FDAX, is_past=True),
            ExitCode.NOT_FOUND,
            "ESU5 is not in the chain of DAX@EUREX (FDAX).",
            "ibkr-sync get DAX@EUREX --trading-class FDAX --expired --source ibkr",
        ),
        (
            errors.ContractNotFoundError("ES 20261217", ES.key, nearest=[DECEMBER]),
            ExitCode.NOT_FOUND,
            "ES@CME (ES); next to that day there is ESZ6, which ends on 2026-12-18.",
            "ibkr-sync show 600000001",
        ),
        (
            errors.ContractNotFoundError("ESU9", ProductKey("ES", "CME", "ES")),
            ExitCode.NOT_FOUND,
            "ESU9 is not in the chain of ES@CME (ES).",
            "ibkr-sync get ES@CME --source ibkr",
        ),
        (
            errors.ProductNotFoundError("DAX", "f.db", trading_class="FOO", known=[FDAX]),
            ExitCode.NOT_FOUND,
            "DAX (FOO) was not found in f.db.",
            "Name one that is known: DAX@EUREX (FDAX)",
        ),
        (
            errors.ProductNotFoundError(
                *("DAX", "f.db"),
                trading_class="FDAX",
                multiplier=Decimal(5),
                known=[FDAX],
                pinned="DAX",
                sizes=[Decimal(1), Decimal(25)],
            ),
            ExitCode.NOT_FOUND,
            "was not found in f.db; DAX is pinned to this multiplier, and its contracts are of 1",
            "DAX --trading-class FDAX --multiplier 25\n       or not at all: ibkr-sync unpin DAX",
        ),
        (
            errors.ProductNotFoundError("DAX", "IBKR", asked=Origin.IBKR, pinned="DAX"),
            ExitCode.NOT_FOUND,
            "DAX was not found in IBKR; DAX is pinned to this multiplier.",
            "If the multiplier is another now: ibkr-sync unpin DAX",
        ),
        (
            errors.ProductNotFoundError("ES", "f.db", exchange="CME", currency="USD"),
            ExitCode.NOT_FOUND,
            "ES@CME (USD) was not found in f.db.",
            "ibkr-sync get ES@CME --currency USD --source ibkr",
        ),
        (
            errors.ProductNotFoundError("ES", "IBKR", exchange="NOPE", asked=Origin.IBKR),
            ExitCode.NOT_FOUND,
            "ES@NOPE was not found in IBKR.",
            "Use IBKR's symbol and exchange as TWS shows them.",
        ),
        (
            errors.ProductNotFoundError("999999999", "IBKR", con_id=999999999, asked=Origin.SAMPLE),
            ExitCode.NOT_FOUND,
            "A contract with conId 999999999 was not found in the sample data.",
            "Use the conId that TWS shows",
        ),
        (
            errors.ConfigError(
                [errors.ConfigProblem(source="command line", key="--port", message="is no port")]
            ),
            ExitCode.USAGE,
            "--port: is no port",
            "Correct the option",
        ),
        (
            errors.ConfigNotWrittenError(
                [errors.ConfigProblem(source="a.toml", key="", message="exists already")]
            ),
            ExitCode.USAGE,
            "The config file was not written: a.toml: exists already.",
            "ibkr-sync config show",
        ),
        (
            errors.AmbiguousContractError("ESZ6", (DECEMBER, MARCH), ES.key),
            ExitCode.NOT_FOUND,
            "ESZ6 may mean 2026-12 (600000001), 2027-03-19 (600000002).",
            "ibkr-sync show 600000001",
        ),
        (
            errors.AmbiguousContractError("ESZ6", (DECEMBER, FULL_SIZE, OF_UNKNOWN_SIZE), ES.key),
            ExitCode.NOT_FOUND,
            "2026-12 of size 50 (600000001), 2026-12 of size 250 (7), 2026-12 of size unknown (8).",
            "pin 'ES@CME (ES)' --multiplier 250",
        ),
        (
            errors.NoTradableContractError(FDAX, 3),
            ExitCode.NOT_FOUND,
            "No contract of DAX@EUREX (FDAX) is tradable by this rule, of 3 stored.",
            "--explain",
        ),
        (
            errors.MalformedSymbolError("a b", "group"),
            ExitCode.USAGE,
            "'a b' is no group.",
            "as night",
        ),
        (
            errors.UnknownGroupError("nigt", ["day", "night"]),
            ExitCode.NOT_FOUND,
            "Group nigt was not found in the watchlist.",
            "Name one that it has: day, night",
        ),
        (
            errors.UnknownGroupError("night", []),
            ExitCode.NOT_FOUND,
            "Group night was not found in the watchlist.",
            "ibkr-sync watchlist add SYMBOL --group night",
        ),
        (
            errors.NotWatchedError("ES"),
            ExitCode.NOT_FOUND,
            "ES was not found in the watchlist.",
            "ibkr-sync watchlist list",
        ),
        (
            errors.NotWatchedError("ES", "night"),
            ExitCode.NOT_FOUND,
            "ES was not found in group night of the watchlist.",
            "ibkr-sync watchlist list",
        ),
        (
            errors.NotPinnedError("DAX", []),
            ExitCode.NOT_FOUND,
            "DAX was not found among the pins.",
            "ibkr-sync pin",
        ),
        (
            errors.UnknownExchangeError("EURX", ["EUREX"]),
            ExitCode.NOT_FOUND,
            "Exchange EURX was not found in the catalogue or the database.",
            "Did you mean EUREX?",
        ),
        (
            errors.UnknownExchangeError("NOPE"),
            ExitCode.NOT_FOUND,
            "Exchange NOPE was not found",
            "ibkr-sync catalogue",
        ),
        (
            errors.UnknownRunError(9),
            ExitCode.NOT_FOUND,
            "Run 9 was not found in the database.",
            "ibkr-sync runs",
        ),
        (
            errors.WatchlistFileError("w.txt", ["line 2: '=' is no symbol", "line 3: no group"]),
            ExitCode.USAGE,
            "w.txt: nothing was imported:\n  line 2: '=' is no symbol\n  line 3: no group",
            "CL@NYMEX,night",
        ),
        (
            errors.SourceFileError("f.csv", "row 3", "no conId"),
            ExitCode.USAGE,
            "f.csv can't be read at row 3: no conId.",
            "show SYMBOL --json",
        ),
        (
            errors.SourceFileError("f.csv", None, "no such file"),
            ExitCode.USAGE,
            "f.csv can't be read: no such file.",
            "show SYMBOL --json",
        ),
        (
            errors.NeverFetchedError(FDAX),
            ExitCode.NOT_FOUND,
            "Only the catalogue knows DAX@EUREX (FDAX); its contracts were never fetched.",
            "ibkr-sync get DAX@EUREX --trading-class FDAX --source ibkr",
        ),
        (
            errors.ProductNotFoundError("GOLD", "IBKR", "error 200", asked=Origin.SAMPLE),
            ExitCode.NOT_FOUND,
            "GOLD was not found in the sample data.",
            "as TWS shows it",
        ),
        (
            errors.ProductNotFoundError("3", "f.db"),
            ExitCode.NOT_FOUND,
            "3 was not found in f.db.",
            "of run 3: ibkr-sync changes --run 3",
        ),
        (
            errors.MalformedSymbolError("ESZ6,ESH7", "symbol, contract or conId"),
            ExitCode.USAGE,
            "'ESZ6,ESH7' is no symbol, contract or conId.",
            "Separate several by blanks",
        ),
        (
            errors.RecordingError("f.replay", "line 3", "no conId"),
            ExitCode.USAGE,
            "f.replay can't be read at line 3: no conId.",
            "docs/replay-format.md",
        ),
        (
            errors.BackupUnusableError("/data/b.db", "cut off"),
            ExitCode.DATABASE,
            "/data/b.db can't be restored: cut off. The database stays as it was.",
            "ibkr-sync db restore FILE",
        ),
        (
            errors.DatabaseUnavailableError("/data/f.db", "read-only"),
            ExitCode.DATABASE,
            "/data/f.db can't be used: read-only.",
            "permissions",
        ),
        *(
            (
                errors.DatabaseUnavailableError("/my data/f.db", "so", reason=reason, path=path),
                ExitCode.DATABASE,
                "/my data/f.db can't be used: so.",
                step,
            )
            for reason, path, step in (
                (errors.UnavailableReason.MISSING, "/my data", "mkdir -p '/my data'"),
                (errors.UnavailableReason.FORBIDDEN, "/my data", "chmod u+rwX '/my data'"),
                (errors.UnavailableReason.READ_ONLY, "/my data", "of '/my data' is read-only"),
                (errors.UnavailableReason.FULL, "/my data", "Make room on its disk"),
                (errors.UnavailableReason.FORBIDDEN, None, "Name a role that may do this"),
                (errors.UnavailableReason.WRONG_URL, None, "Correct it where it is set"),
                (errors.UnavailableReason.NOT_A_FILE, "/d/f.db.lock", "Move /d/f.db.lock away"),
            )
        ),
        (
            errors.DatabaseUnavailableError("postgresql://u:***@h/d", "refused"),
            ExitCode.DATABASE,
            "postgresql://u:***@h/d",
            "server is up",
        ),
        (errors.DatabaseLockedError("f.db", "busy"), ExitCode.DATABASE, "locked", "Close"),
        (
            errors.DatabaseDamagedError("f.db", "page 7"),
            ExitCode.DATABASE,
            "f.db is damaged: page 7.",
            "Restore a backup",
        ),
        (errors.ForeignDatabaseError("f.db", "text"), ExitCode.DATABASE, "not touched", "another"),
        (errors.SchemaBehindError("f.db", "0001"), ExitCode.DATABASE, "older", "db upgrade"),
        (errors.SchemaNewerError("f.db", "9999"), ExitCode.DATABASE, "newer", "Update ibkr-sync"),
        (errors.AlreadyRunningError("f.db.lock"), ExitCode.ALREADY_RUNNING, "f.db.lock", "Wait"),
    ],
)
def test_an_error_says_what_happened_and_what_to_do(
    error: errors.IbkrSyncError, code: ExitCode, sentence: str, next_step: str | None
) -> None:
    explanation = explain_error(error)

    assert explanation.exit_code is code
    assert sentence in explanation.sentence
    if next_step is None:
        assert explanation.next_step is None
    else:
        assert next_step in (explanation.next_step or "")
    for command in commands_in(explanation.next_step or ""):
        accept(command)


@one_case("reason", errors.UnreachableReason)
def test_every_reason_for_no_connection_has_a_next_step(reason: errors.UnreachableReason) -> None:
    assert explain_error(errors.GatewayUnreachableError(*ADDRESS, reason, "it")).next_step


@one_case(
    ("keys", "option"),
    [
        ([("EUREX", "FDAX"), ("EUREX", "FDXM")], "--trading-class FDAX"),
        ([("CME", "ES"), ("EUREX", "ES")], "--exchange CME"),
        ([("CME", "A"), ("CME", "B"), ("EUREX", "A")], "--exchange CME --trading-class A"),
    ],
)
def test_the_next_step_says_candidates_apart(keys: list[tuple[str, str]], option: str) -> None:
    candidates = [candidate(ProductKey("DAX", *key)) for key in keys]

    explanation = explain_error(errors.AmbiguousProductError("DAX", candidates))

    assert explanation.exit_code is ExitCode.NOT_FOUND
    assert explanation.sentence == f"DAX may mean {len(keys)} products."
    assert option in (explanation.next_step or "")


def test_the_next_step_acts_on_the_same_profile_and_database() -> None:
    command = NextCommand.after(profile="demo", config=None, database="my file.db")

    explanation = explain_error(errors.ProductNotFoundError("NQ", "the database"), command)

    assert explanation.next_step == (
        "ibkr-sync --profile demo --database 'my file.db' get NQ --source ibkr"
    )


def test_the_next_step_asks_the_source_of_the_call() -> None:
    command = NextCommand(source="file:/my data/es.json")

    explanation = explain_error(errors.ProductNotFoundError("NQ", "the database"), command)

    assert explanation.next_step == "ibkr-sync get NQ --source 'file:/my data/es.json'"


REFUSED = errors.GatewayUnreachableError(*ADDRESS, errors.UnreachableReason.REFUSED, "refused")


def steps_for(command: NextCommand) -> list[str]:
    """What to do where nothing is stored or fresh, scheduled, or answers."""
    warnings = [
        warned(Check.SCHEDULE, "", Fix.SCHEDULE_REFRESH),
        warned(Check.LAST_RUN, "none yet", Fix.GET_FIRST),
        warned(Check.LOCK, "", Fix.REFRESH),
    ]
    found = [explain_finding(finding, command) for finding in warnings]
    found += [explain_error(errors.NothingToRefreshError(()), command)]
    return [message.next_step or "" for message in found]


def test_steps_of_the_demo_play_it_and_none_refreshes_its_week() -> None:
    given = NextCommand.after(profile="demo", config="a.toml", database=None)
    steps = steps_for(dataclasses.replace(given, replaying="demo"))
    assert {step[step.index("ibkr-sync") :] for step in steps} == {"ibkr-sync --config a.toml demo"}
    for command in (NextCommand(), NextCommand(replaying="mine")):
        assert not any("demo" in step for step in steps_for(command))


def test_a_replay_gateway_is_not_looked_for_at_the_port_it_had() -> None:
    for profile in ("demo", "mine"):
        step = explain_error(REFUSED, NextCommand(replaying=profile)).next_step or ""
        assert "--port" not in step
        assert "TWS" not in step


def test_the_next_step_repeats_no_password() -> None:
    url = "postgresql://me:hunter2@db/futures"

    command = NextCommand.after(profile=None, config="a.toml", database=url)

    assert command("db", "status") == "ibkr-sync --config a.toml --database … db status"


def test_a_subclass_that_is_not_listed_is_explained_as_its_base() -> None:
    class DiskError(errors.StorageError):
        """The disk failed."""

    assert explain_error(DiskError("f.db", "bad block")).exit_code is ExitCode.DATABASE


MISSING = errors.ProductNotFoundError("XX", "IBKR")
DOWN = errors.UpstreamDownError(*ADDRESS, "1100")


@one_case(
    ("failures", "all_failed", "code"),
    [
        ([], False, ExitCode.OK),
        ([MISSING], True, ExitCode.NOT_FOUND),
        ([MISSING, MISSING], True, ExitCode.NOT_FOUND),
        ([MISSING], False, ExitCode.PARTIAL),
        ([MISSING, DOWN], True, ExitCode.PARTIAL),
    ],
)
def test_one_exit_code_stands_for_several_outcomes(
    failures: list[errors.IbkrSyncError], all_failed: bool, code: ExitCode
) -> None:
    assert exit_code_of(failures, all_failed=all_failed) is code
