"""The only table from an error to what is said of it, the next step and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ibkr_sync.domain import errors
from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync_cli.messages import next_steps
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.next_command import NextCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMessage:
    """What to tell the user: what happened, the next step, and the exit code."""

    sentence: str
    next_step: str | None
    exit_code: ExitCode


@dataclass(frozen=True, slots=True)
class _Rule:
    exit_code: ExitCode
    sentence: Callable[[Any], str]
    next_step: str | Callable[[Any, NextCommand], str | None] | None


_LONGEST_QUOTE = 60


def _cut(text: str) -> str:
    """As much of what was typed as is needed to know it again."""
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _not_found(error: errors.ProductNotFoundError) -> str:
    asked = f"{error.symbol}@{error.exchange}" if error.exchange else error.symbol
    size = f"multiplier {canonical_text(error.multiplier)}" if error.multiplier else None
    limits = ", ".join(filter(None, (error.trading_class, size, error.currency)))
    if limits:
        asked += f" ({limits})"
    if error.con_id is not None:
        asked = f"A contract with conId {error.con_id}"
    place, detail = error.place, f": {error.detail}" if error.detail else ""
    if error.asked is Origin.SAMPLE:
        place, detail = "the sample data", ""
    if error.pinned:
        sizes = " and ".join(str(canonical_text(size)) for size in error.sizes)
        detail += f"; {error.pinned} is pinned to this multiplier"
        detail += f", and its contracts are of {sizes}" if sizes else ""
    return f"{asked} was not found in {place}{detail}."


def _unreadable(error: errors.SourceFileError) -> str:
    place = f" at {error.location}" if error.location else ""
    return f"{error.path} can't be read{place}: {error.detail}."


def _outdated(error: errors.OutdatedDataError) -> str:
    """Seconds stand where nothing else distinguishes the two instants."""
    form = "%Y-%m-%d %H:%M"
    if f"{error.received:{form}}" == f"{error.stored:{form}}":
        form = "%Y-%m-%d %H:%M:%S.%f"
    return (
        f"{error.product}: the file is as of {error.received:{form}} UTC, older than what is"
        f" stored, as of {error.stored:{form}} UTC."
    )


_IF_RIGHT = "If that is right: --allow-shrink"
_NOTHING_IN_IT = "The reply holds none of its contracts; ask again later."


def _contract_not_found(error: errors.ContractNotFoundError) -> str:
    near = " or ".join(
        f"{contract.local_symbol}, which ends on {contract.last_trade_date}"
        for contract in error.nearest
    )
    hint = f"; next to that day there is {near}" if near else ""
    return f"{error.symbol} is not in the chain of {error.product}{hint}."


_RULES: dict[type[BaseException], _Rule] = {
    errors.ConfigError: _Rule(
        ExitCode.USAGE,
        lambda e: (
            "The settings can't be used:\n" + "\n".join(f"  {problem}" for problem in e.problems)
        ),
        next_steps.step_to_correct_settings,
    ),
    errors.ConfigNotWrittenError: _Rule(
        ExitCode.USAGE,
        lambda e: "\n".join(
            f"The config file was not written: {problem}." for problem in e.problems
        ),
        lambda _, command: f"See what is in use: {command('config', 'show')}",
    ),
    errors.ClientLibraryError: _Rule(
        ExitCode.USAGE,
        lambda e: (
            f"{e.package} is not installed, and IBKR can't be asked without it."
            if e.is_missing
            else f"The installed ibapi can't be loaded, because of {e.package}: {e.detail}."
        ),
        next_steps.step_to_install_library,
    ),
    errors.GatewayUnreachableError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"No gateway at {e.host}:{e.port}: {e.detail}.",
        next_steps.step_if_unreachable,
    ),
    errors.HandshakeTimeoutError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"{e.host}:{e.port} accepted the connection and then said nothing: {e.detail}.",
        "Look for an 'Accept incoming connection?' dialog in TWS, or add this machine to its"
        " trusted IPs; a gateway that is still logging in needs a minute.",
    ),
    errors.HandshakeClosedError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"{e.host}:{e.port} hung up before a session started: {e.detail}.",
        "In TWS's API settings check the trusted IPs and 'Allow connections from localhost"
        " only'; other causes: 32 clients connected, TWS locked or logged out.",
    ),
    errors.NotAGatewayError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"What listens at {e.host}:{e.port} is not TWS or IB Gateway: {e.detail}.",
        lambda _, command: f"Check the port: {command('config', 'show')}",
    ),
    errors.UnsupportedServerVersionError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"The gateway at {e.host}:{e.port} speaks an unsupported version: {e.detail}.",
        "Update TWS or IB Gateway, or the ibapi package.",
    ),
    errors.ClientIdInUseError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"Every client id tried at {e.host}:{e.port} is taken (326).",
        "Choose another: --client-id N, or gateway.client_id in the config.",
    ),
    errors.ConnectionLostError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"The connection to {e.host}:{e.port} broke: {e.detail}.",
        "Run the command again; nothing incomplete was stored.",
    ),
    errors.GatewayMovedError: _Rule(
        ExitCode.GATEWAY,
        lambda e: f"The gateway at {e.host}:{e.port} was set to another port: {e.new_port} (1300).",
        lambda e, command: next_steps.step_to_use_port(e.new_port, command),
    ),
    errors.PacingError: _Rule(
        ExitCode.PARTIAL,
        lambda e: f"The gateway refused our rate of messages ({e.detail}).",
        "Lower gateway.messages_per_second, or stop other programs on this gateway.",
    ),
    errors.UpstreamDownError: _Rule(
        ExitCode.UPSTREAM,
        lambda e: f"The gateway is up but has lost IBKR ({e.detail}).",
        "Try again when IBKR is back; it is reset every night.",
    ),
    errors.DefinitionsUnavailableError: _Rule(
        ExitCode.UPSTREAM,
        lambda e: f"IBKR does not know what it knew before ({e.detail}).",
        "Nothing was changed. Try again in a while; IBKR's definitions are away at times.",
    ),
    errors.RequestRejectedError: _Rule(
        ExitCode.PARTIAL,
        lambda e: f"IBKR refused the request: {e.code} {e.text}.",
        next_steps.step_if_rejected,
    ),
    errors.ReplyTimeoutError: _Rule(
        ExitCode.PARTIAL,
        lambda e: f"The reply did not complete: {e.detail}.",
        "Run the command again, or raise gateway.idle_timeout; nothing was stored.",
    ),
    errors.RunTimeoutError: _Rule(
        ExitCode.PARTIAL,
        lambda _: "The time of the run was over before the reply was complete.",
        "What was complete is stored. Allow more time (refresh --deadline, else"
        " gateway.run_timeout); refresh --stale 1h skips what is stored by now.",
    ),
    errors.InvalidReplyError: _Rule(
        ExitCode.PARTIAL,
        lambda e: f"The reply can't be trusted: {e.contract}, {e.field} {e.value!r}: {e.reason}.",
        "Nothing of it was stored. Run the command again; if it stays, please report it.",
    ),
    errors.ReplyTooLargeError: _Rule(
        ExitCode.PARTIAL,
        lambda e: (
            f"The reply to {e.request} is larger than that of any product: it was refused"
            f" after {e.rows} contracts."
        ),
        "Nothing of it was stored. Ask for fewer products at once; if it stays, please report it.",
    ),
    errors.ShrinkRefusedError: _Rule(
        ExitCode.PARTIAL,
        lambda e: (
            f"{e.product}: {e.lost} of {e.stored} listed contracts "
            + (f"would move to {e.taker}." if e.taker else "are not in the reply.")
        ),
        lambda e, _: f"Nothing was changed. {_NOTHING_IN_IT if e.is_empty else _IF_RIGHT}",
    ),
    errors.OutdatedDataError: _Rule(
        ExitCode.PARTIAL,
        _outdated,
        "Nothing was changed. To keep old data, use another database: --database FILE",
    ),
    errors.UndatedDataError: _Rule(
        ExitCode.PARTIAL,
        lambda e: (
            f"{e.product}: the file does not say as of when its data is (synced_at), and the"
            " product is stored already."
            if e.given is None
            else f"{e.product}: the file is dated {e.given:%Y-%m-%d %H:%M} UTC, which is yet to"
            " come, and the product is stored already."
        ),
        "Nothing was changed. To take it, use another database: --database FILE",
    ),
    errors.SampleDataError: _Rule(
        ExitCode.PARTIAL,
        lambda e: f"{e.product}: sample data and real data can't share a database.",
        "Use another database: --database FILE, or --profile demo for sample data.",
    ),
    errors.RawReplyError: _Rule(
        ExitCode.PARTIAL,
        lambda e: f"The raw reply of {e.product} can't be used: {e.detail}.",
        lambda e, command: (
            "What is stored stays as it is. Ask anew: "
            + next_steps.step_to_get_product(e.product, command)
        ),
    ),
    errors.ProductNotFoundError: _Rule(
        ExitCode.NOT_FOUND,
        _not_found,
        next_steps.step_if_not_found,
    ),
    errors.NotWatchableError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: (
            f"It isn't certain which product {_cut(e.symbol)} means."
            if e.suggestions
            else _not_found(e)
        ),
        next_steps.step_if_not_watchable,
    ),
    errors.AmbiguousProductError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"{e.symbol} may mean {len(e.candidates)} products.",
        next_steps.step_if_ambiguous,
    ),
    errors.MalformedSymbolError: _Rule(
        ExitCode.USAGE,
        lambda e: f"{_cut(e.text)!r} is no {e.what}.",
        next_steps.step_if_malformed,
    ),
    errors.ContractNotFoundError: _Rule(
        ExitCode.NOT_FOUND,
        _contract_not_found,
        next_steps.step_if_contract_not_found,
    ),
    errors.AmbiguousContractError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"{e}.",
        next_steps.step_if_ambiguous_contract,
    ),
    errors.NoTradableContractError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: (
            f"No contract of {e.product} is tradable by this rule, of {e.passed_over} stored."
        ),
        next_steps.step_if_none_tradable,
    ),
    errors.AssetClassMismatchError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"{e.symbol} is of another asset class: {e.found}.",
        None,
    ),
    errors.NeverFetchedError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"Only the catalogue knows {e.product}; its contracts were never fetched.",
        lambda e, command: next_steps.step_to_get_product(e.product, command),
    ),
    errors.HoursUnknownError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"The {e.kind} hours of {e.symbol} are not known: {e.detail}.",
        next_steps.step_to_ask_for_hours,
    ),
    errors.UnknownGroupError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"Group {_cut(e.symbol)} was not found in the watchlist.",
        next_steps.step_if_group_unknown,
    ),
    errors.NotWatchedError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: (
            f"{_cut(e.symbol)} was not found in "
            + (f"group {_cut(e.group)} of the watchlist." if e.group else "the watchlist.")
        ),
        lambda _, command: f"See what is: {command('watchlist', 'list')}",
    ),
    errors.NotPinnedError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"{_cut(e.symbol)} was not found among the pins.",
        lambda _, command: f"See what is: {command('pin')}",
    ),
    errors.UnknownExchangeError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"Exchange {_cut(e.symbol)} was not found in the catalogue or the database.",
        next_steps.step_if_exchange_unknown,
    ),
    errors.UnknownRunError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"Run {e.run_id} was not found in the database.",
        lambda _, command: f"See which there are: {command('runs')}",
    ),
    errors.NoRawReplyError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: (
            f"No raw reply of run {e.run_id} is kept: none was complete, or they were deleted."
        ),
        lambda e, command: f"See what came of it: {command('runs', '--run', str(e.run_id))}",
    ),
    errors.WatchlistFileError: _Rule(
        ExitCode.USAGE,
        lambda e: "\n".join([f"{e.path}: nothing was imported:", *(f"  {p}" for p in e.problems)]),
        lambda _, command: (
            "A line is a product and maybe its group, as CL@NYMEX,night. See: "
            + command("watchlist", "import", "--help")
        ),
    ),
    errors.NotYetKnownError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"{e.product} was not known at {e.at:%Y-%m-%d %H:%M} UTC.",
        next_steps.step_to_show_history,
    ),
    errors.NothingToRefreshError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: f"There is nothing to refresh: {e}.",
        next_steps.step_if_nothing_to_refresh,
    ),
    errors.NothingToExportError: _Rule(
        ExitCode.NOT_FOUND,
        lambda e: (
            "There is nothing to export: "
            + (
                f"no product was stored at {e.at:%Y-%m-%d %H:%M} UTC."
                if e.at
                else "nothing is stored."
            )
        ),
        lambda e, command: command("runs") if e.at else next_steps.step_to_get_first(command),
    ),
    errors.SourceFileError: _Rule(
        ExitCode.USAGE,
        _unreadable,
        lambda _, command: (
            f"A file source reads what '{command('show', 'SYMBOL', '--json')}' prints, or its CSV."
        ),
    ),
    errors.DeliveryFileError: _Rule(
        ExitCode.USAGE,
        _unreadable,
        lambda _, command: (
            "It takes IBKR's /trsrv/futures (JSON), IBKR's close-out table (CSV), CME's product"
            " calendar (CSV), ICE's expiry dates (CSV) and Eurex's reference data (JSON); see"
            f" docs/delivery-files.md and '{command('import', '--help')}'."
        ),
    ),
    errors.UsersTableError: _Rule(
        ExitCode.USAGE,
        _unreadable,
        "It takes the ib_config_futures.csv of pysystemtrade; see docs/exports.md.",
    ),
    errors.RecordingError: _Rule(
        ExitCode.USAGE,
        _unreadable,
        "It takes a recording, see docs/replay-format.md; sample data needs no --data.",
    ),
    errors.FrameError: _Rule(
        ExitCode.USAGE,
        lambda e: f"The table can't be made: {e}.",
        "Write it as CSV or JSON, which take every number.",
    ),
    errors.FrameLibraryMissingError: _Rule(
        ExitCode.USAGE,
        lambda e: f"{e.library} is not installed, and this can't be written without it.",
        next_steps.step_to_install_table_library,
    ),
    errors.DatabaseUnavailableError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} can't be used: {e.detail}.",
        next_steps.step_if_unavailable,
    ),
    errors.DriverMissingError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} can't be used: {e.detail}.",
        next_steps.step_to_install_driver,
    ),
    errors.StorageError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} failed: {e.detail}.",
        lambda _, command: f"Nothing incomplete was stored. See: {command('db', 'status')}",
    ),
    errors.DatabaseLockedError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} is locked by another program: {e.detail}.",
        "Close what has it open, be it a reader at rest, and try again.",
    ),
    errors.DatabaseDamagedError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} is damaged: {e.detail}.",
        lambda e, command: (
            f"Restore a backup: {command('db', 'restore', 'FILE', '--yes')}\n       without one, "
            + ("name another database" if "://" in e.database else "move the file away")
            + " and ask anew: "
            + command("get", "SYMBOL", "--source", command.source)
        ),
    ),
    errors.BackupUnusableError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"{e.database} can't be restored: {e.detail}. The database stays as it was.",
        lambda _, command: f"Name another backup: {command('db', 'restore', 'FILE')}",
    ),
    errors.DatabaseFilledError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"{e.database} is not empty, and was not touched.",
        "Copy into what holds nothing yet: --to FILE, or another database of a server.",
    ),
    errors.ForeignDatabaseError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"{e.database} is not a database of ibkr-sync: {e.detail}. It was not touched.",
        "Name another file: --database FILE",
    ),
    errors.SchemaBehindError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} is of an older version: {e.detail}.",
        lambda _, command: command("db", "upgrade"),
    ),
    errors.ViewMissingError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} is not whole: {e.detail}.",
        lambda _, command: f"Make it anew: {command('db', 'upgrade')}",
    ),
    errors.SchemaNewerError: _Rule(
        ExitCode.DATABASE,
        lambda e: f"The database {e.database} was written by a newer version: {e.detail}.",
        "Update ibkr-sync; the database was not touched.",
    ),
    errors.AlreadyRunningError: _Rule(
        ExitCode.ALREADY_RUNNING,
        lambda e: f"Another run is at work on this database ({e.lock}).",
        "Wait until it has ended.",
    ),
    errors.NotificationError: _Rule(
        ExitCode.UNEXPECTED,  # of nothing: what failed to be notified goes on
        lambda e: f"{e.notifier} failed: {e.reason}.",
        lambda _, command: f"Check [notify]: {command('config', 'show')}",
    ),
}


def explain_error(error: errors.IbkrSyncError, command: NextCommand | None = None) -> ErrorMessage:
    """What to tell the user of an error; `command` writes the commands of the next step."""
    rule = next(_RULES[kind] for kind in type(error).__mro__ if kind in _RULES)
    step = rule.next_step
    return ErrorMessage(
        sentence=_ended(rule.sentence(error)),
        next_step=step(error, command or NextCommand()) if callable(step) else step,
        exit_code=rule.exit_code,
    )


def _ended(sentence: str) -> str:
    """With one full stop, where the last words are a gateway's or a driver's: none, or with one."""
    return f"{sentence.rstrip(' .:')}." if sentence.endswith(".") else sentence


def exit_code_of(
    failures: Iterable[errors.IbkrSyncError], *, all_failed: bool, is_partial: bool = False
) -> ExitCode:
    """One exit code for several outcomes: the failures' own if they agree and nothing worked.

    `is_partial` says that what worked left something out.
    """
    codes = {explain_error(error).exit_code for error in failures}
    if not codes:
        return ExitCode.PARTIAL if is_partial else ExitCode.OK
    if all_failed and len(codes) == 1:
        return codes.pop()
    return ExitCode.PARTIAL
