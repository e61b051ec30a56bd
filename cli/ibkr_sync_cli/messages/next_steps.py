"""The next steps that depend on more than the kind of the error."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence

from ibkr_sync.domain import errors
from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.futures import Origin, ProductKey
from ibkr_sync.domain.errors import ProductCandidate, UnavailableReason, UnreachableReason
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.spellings import MONTH_CODES
from ibkr_sync_cli.messages.installation import Installation, install_command, packages_of_extra
from ibkr_sync_cli.messages.next_command import NextCommand

STEP_TO_START_GATEWAY = (
    "Start TWS or IB Gateway, tick 'Enable ActiveX and Socket Clients' and check the port"
    " (TWS 7496 live, 7497 paper; IB Gateway 4001 live, 4002 paper)."
)

_TO_CHECK = {
    UnreachableReason.UNKNOWN_HOST: "the host name",
    UnreachableReason.TIMED_OUT: "host, port and firewall",
    UnreachableReason.NETWORK: "host, port and network",
}

_AT_IBKR = ("IBKR's symbol", "TWS shows")
_NAMES_AT = {Origin.IBKR: _AT_IBKR, Origin.SAMPLE: _AT_IBKR}
"""What a source's symbols are called, and where they can be looked up."""

_REJECTED = {
    200: "Check symbol and exchange.",
    321: "Check symbol and exchange; TWS could not make sense of the request.",
    504: "TWS or IB Gateway is not logged in yet, or restarts; run the command again in a minute.",
}

_UNAVAILABLE = {
    UnavailableReason.MISSING: "Correct the path, or make the folder: mkdir -p {}",
    UnavailableReason.FORBIDDEN: "Let this user write to it: chmod u+rwX {}",
    UnavailableReason.READ_ONLY: (
        "The file system of {} is read-only: copy the database to another, and name the copy:"
        " --database FILE"
    ),
    UnavailableReason.FULL: "Make room on its disk, and run the command again.",
    UnavailableReason.NOT_A_FILE: "Move {} away, or name another file: --database FILE",
}


def step_to_correct_settings(error: errors.ConfigError, command: NextCommand) -> str:
    """Where settings can't be used; what only options set is corrected by typing them anew."""
    from ibkr_sync.config.overrides import COMMAND_LINE  # settings are loaded by now

    if all(problem.source == COMMAND_LINE for problem in error.problems):
        return "Correct the option; --help says what it takes."
    return f"Correct them, then: {command('config', 'check')}"


def step_if_unreachable(error: errors.GatewayUnreachableError, command: NextCommand) -> str:
    """Where no connection came about."""
    if command.replaying is not None:
        return "A replay gateway starts anew with every command: type this one again."
    if error.reason is UnreachableReason.REFUSED:
        look = command("doctor", "--host", error.host, "--port", str(error.port))
        return f"{STEP_TO_START_GATEWAY}\n       to see what listens: {look}"
    return f"Check {_TO_CHECK[error.reason]}: {command('config', 'show')}"


def step_to_use_port(port: int, command: NextCommand) -> str:
    """Where a gateway is, or may be, at another port."""
    return (
        f"Try that: {command('doctor', '--port', str(port))}\n"
        "       and keep it: gateway.port in the config, or --port"
    )


def step_if_not_found(error: errors.ProductNotFoundError, command: NextCommand) -> str:
    """Where no product, or no contract of any, was found."""
    if error.pinned is not None:
        return _step_to_pin_anew(error, error.pinned, command)
    if error.known:
        return f"Name one that is known: {', '.join(map(str, error.known))}"
    if error.suggestions:
        first = error.suggestions[0].key
        get = step_to_get_product((first.symbol, first.exchange, None), command)
        return _one_of(error.suggestions, get)
    if error.asked is None:
        key = (error.symbol, error.exchange, error.trading_class)
        run = command("changes", "--run", error.symbol)
        of_run = f"\n       of run {error.symbol}: {run}" if error.symbol.isdigit() else ""
        return step_to_get_product(key, command, *_options(error)) + of_run
    symbol, shown = _NAMES_AT.get(error.asked, ("the symbol", f"{error.place} has"))
    if error.con_id is not None:
        return f"Use the conId that {shown} for the contract, or the product's symbol."
    as_shown = f"as {shown} it, or name the exchange too: SYMBOL@EXCHANGE"
    return f"Use {symbol} {f'and exchange as {shown} them.' if error.exchange else as_shown}"


def _step_to_pin_anew(error: errors.ProductNotFoundError, word: str, command: NextCommand) -> str:
    """Where a pin asks for a size that the product has no more, or may have no more."""
    never = command("unpin", word)
    if not error.sizes:
        return f"If the multiplier is another now: {never}"
    options = [
        ("--exchange", error.exchange),
        ("--trading-class", error.trading_class),
        ("--multiplier", canonical_text(error.sizes[-1])),
    ]
    given = [text for name, value in options if value is not None for text in (name, value)]
    return f"Pin it anew: {command('pin', word, *given)}\n       or not at all: {never}"


def step_if_not_watchable(error: errors.NotWatchableError, command: NextCommand) -> str:
    """Where what is to be watched may be meant for some products."""
    if not error.suggestions:
        return step_if_not_found(error, command)
    first = error.suggestions[0].key
    return _one_of(error.suggestions, command("watchlist", "add", str(first)))


def _one_of(products: Sequence[ProductCandidate], step_of_first: str) -> str:
    """Some products that may be meant, and the step that means the first."""
    lines = [
        f"{product.key.symbol}@{product.key.exchange}  {product.name or product.key.trading_class}"
        for product in products
    ]
    return "\n         ".join([f"Did you mean the first of these? {step_of_first}", *lines])


def _options(error: errors.ProductNotFoundError) -> Iterator[str]:
    """What narrowed the question besides, as it is typed."""
    for name in ("currency", "multiplier"):
        value = canonical_text(getattr(error, name))
        if value is not None:
            yield from (f"--{name}", value)


def step_if_given_up(query: FutureQuery, command: NextCommand, *, is_watched: bool) -> str:
    """Where the source no longer knows a product that is kept up to date."""
    if is_watched:
        words = _words_for((query.symbol, query.exchange, query.trading_class))
        return f"If it is gone for good: {command('watchlist', 'remove', *words)}"
    return f"Keep a watchlist of what you want: {command('watchlist', 'add', 'SYMBOL')}"


def step_to_watch_product(key: ProductKey, command: NextCommand) -> str:
    """Have refreshes keep a stored product up to date."""
    return command("watchlist", "add", str(key))


def step_if_nothing_to_refresh(error: errors.NothingToRefreshError, command: NextCommand) -> str:
    """Where nothing is stored or watched that is still asked for."""
    if error.closed:
        return step_to_get_product(error.closed[0], command)
    return command.demo or command("watchlist", "add", "ES")


def step_to_get_product(
    key: ProductKey | tuple[str, str | None, str | None], command: NextCommand, *more: str
) -> str:
    """Ask the source for the product of a symbol, exchange and trading class."""
    return command("get", *_words_for(key), *more, "--source", command.source)


def step_to_get_first(command: NextCommand) -> str:
    """Have something stored; a refresh of the demo's profile would not be of its week."""
    return command.demo or step_to_get_product(("ES", None, None), command)


def step_to_refresh(command: NextCommand) -> str:
    """Bring all up to date; the demo's week ends where it does, and is played anew."""
    return command.demo or command("refresh", "--source", command.source)


def step_to_audit(keys: Collection[ProductKey], command: NextCommand) -> str:
    """See what disagrees of a stored product, or of all where it is more than one."""
    if len(keys) != 1:
        return command("audit")
    (key,) = keys
    words = _words_for(key)
    return command("audit", *(words if len(words) == 1 else (str(key),)))


def step_if_none_tradable(error: errors.NoTradableContractError, command: NextCommand) -> str:
    """Where a rule leaves no contract; to ask again brings none of another month."""
    if error.months:
        letters = "".join(MONTH_CODES[month - 1] for month in error.months)
        return f"Its contracts are of {letters}; name some of these: --months {letters}"
    return f"See why with --explain, or: {step_to_get_product(error.product, command)}"


def step_to_show_product(key: ProductKey, command: NextCommand) -> str:
    """Show a stored product."""
    return command("show", *_words_for(key))


def step_to_show_all(key: ProductKey, command: NextCommand, *options: str) -> str:
    """Show all contracts of a stored product, of which a terminal got some."""
    return command("show", *_words_for(key), *options, "-n", "all")


def step_to_ask_for_hours(error: errors.HoursUnknownError, command: NextCommand) -> str | None:
    """Where hours are not known; of a past day nobody can be asked."""
    return step_to_get_product(error.product, command) if error.product else None


def step_to_show_history(error: errors.NotYetKnownError, command: NextCommand) -> str:
    """Where nothing was known yet."""
    known = f"It is known since {error.since:%Y-%m-%d %H:%M} UTC: "
    return known + command("history", *_words_for(error.product))


def _words_for(key: ProductKey | tuple[str, str | None, str | None]) -> tuple[str, ...]:
    symbol, exchange, trading_class = key
    product = f"{symbol}@{exchange}" if exchange else symbol
    if trading_class is None or trading_class == symbol:
        return (product,)
    return (product, "--trading-class", trading_class)


def step_if_contract_not_found(error: errors.ContractNotFoundError, command: NextCommand) -> str:
    """Where the product is there, and the contract is not."""
    if error.nearest:
        return command("show", str(error.nearest[0].con_id))
    if error.was_asked:
        return f"See what there is: {command('show', *_words_for(error.product))}"
    return step_to_get_product(error.product, command, *(("--expired",) if error.is_past else ()))


def step_to_name_product(
    product: ProductKey | tuple[str, str | None, str | None],
    asked: tuple[str, ...],
    contract: tuple[str, ...],
    command: NextCommand,
) -> str:
    """Where a command that takes products was given the words for a contract.

    `asked` is the command with its options.
    """
    of_product = command(asked[0], *_words_for(product), *asked[1:])
    return f"{of_product}\n       of the contract: {command('show', *contract)}"


def step_if_ambiguous(error: errors.AmbiguousProductError, command: NextCommand) -> str:
    """Where a symbol means several products."""
    named = error.distinction.items()
    options = [word for name, value in named for word in (f"--{name.replace('_', '-')}", value)]
    which = f"Say which: {' '.join(options)}"
    if not error.is_pinnable:
        return which
    return f"{which}\n       to keep it: {command('pin', error.symbol, *options)}"


def step_if_ambiguous_contract(error: errors.AmbiguousContractError, command: NextCommand) -> str:
    """Where words name several contracts of a chain."""
    if not error.sizes:
        con_id = str(error.contracts[0].con_id)
        return f"Write the year in full, or the conId: {command('show', con_id)}"
    option = ("--multiplier", str(canonical_text(error.sizes[-1])))
    pin = command("pin", str(error.product), *option)
    return f"Say which: {' '.join(option)}\n       to keep it: {pin}"


def step_if_malformed(error: errors.MalformedSymbolError, _: NextCommand) -> str:
    """Where a text is nothing that it could be."""
    if error.what == "group":
        return "A group is a word in letters and digits, as night or eu-close."
    if "," in error.text:
        return "Separate several by blanks, as ES ESZ6; or name one: ES, 6E, ES@CME, ESZ6."
    return "A product is ES, 6E or ES@CME, a contract ESZ6, ES 202612 or a conId."


def step_if_group_unknown(error: errors.UnknownGroupError, command: NextCommand) -> str:
    """Where the watchlist has no such group."""
    if error.groups:
        return f"Name one that it has: {', '.join(error.groups)}"
    return f"It has none yet: {command('watchlist', 'add', 'SYMBOL', '--group', error.symbol)}"


def step_if_exchange_unknown(error: errors.UnknownExchangeError, command: NextCommand) -> str:
    """Where no known product is of an exchange."""
    if error.nearest:
        return f"Did you mean {' or '.join(error.nearest)}?"
    return f"See those of the catalogue: {command('catalogue')}"


def step_if_unavailable(error: errors.DatabaseUnavailableError, command: NextCommand) -> str:
    """Where the database can't be opened."""
    if error.reason is not None and error.path is not None:
        return _UNAVAILABLE[error.reason].format(shlex.quote(error.path))
    if error.reason is UnavailableReason.FORBIDDEN:
        return "Name a role that may do this, or have its rights granted: see docs/postgresql.md."
    if error.reason is UnavailableReason.WRONG_URL:
        return f"Correct it where it is set: {command('config', 'show')}"
    what = "the path, its permissions and the room on its disk"
    if "://" in error.database:
        what = "that the server is up and lets this user in"
    return f"Check {what}: {command('config', 'show')}"


def step_to_install_library(error: errors.ClientLibraryError, _: NextCommand) -> str:
    """Where ibapi can't be loaded."""
    options: tuple[str, ...] = ("--upgrade",)
    if error.is_missing:
        options = ()
    elif error.package == "ibapi":
        options = ("--force-reinstall", "--no-cache-dir")
    return install_command(Installation.here(), error.package, options=options)


def step_to_install_driver(error: errors.DriverMissingError, _: NextCommand) -> str:
    """Where the driver of a database is an extra that is not installed."""
    installation = Installation.here()
    return install_command(installation, *packages_of_extra(installation, error.extra))


def step_to_install_table_library(error: errors.FrameLibraryMissingError, _: NextCommand) -> str:
    """Where what makes a table is not installed."""
    installation = Installation.here()
    if error.extra is None:
        return install_command(installation, error.library)
    return install_command(installation, *packages_of_extra(installation, error.extra))


def step_if_rejected(error: errors.RequestRejectedError, _: NextCommand) -> str:
    """Where IBKR answered with an error."""
    unknown = "Run the command again; if it stays, IBKR's list of message codes explains"
    return _REJECTED.get(error.code, f"{unknown} {error.code}.")
