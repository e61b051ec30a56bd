"""Examples of calls, which the help shows and a test runs on sample data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ibkr_sync_cli.messages.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class Example:
    """A call of ours.

    Attributes:
        line: what is typed.
        shows: what comes of it, in a few words.
        code: how it ends where ES is stored and nothing else.
    """

    line: str
    shows: str
    code: ExitCode = ExitCode.OK


def examples_of(command: tuple[str, ...]) -> tuple[Example, ...]:
    """The examples of a command, by its words; those of the program for none."""
    return _EXAMPLES.get(" ".join(command), ())


_EXAMPLES: Final = {
    "": (
        Example("demo", "a week of refreshes on sample data, without a gateway"),
        Example("get ES CL --source ibkr", "bring two products up to date"),
        Example("show ES", "the chain, from the database"),
        Example("next ES", "the nearest contract"),
    ),
    "get": (
        Example("get ES --source ibkr", "ask TWS or IB Gateway"),
        Example("get ES CL ZN --source ibkr --max-age 20h", "only for what is older"),
        Example("get DAX --trading-class FDAX --source ibkr --dry-run", "show, store nothing"),
    ),
    "refresh": (
        Example("refresh", "all that is watched"),
        Example("refresh --deadline 45m --stale 20h", "as a nightly job"),
        Example("refresh ES --source ibkr", "one product now"),
    ),
    "watchlist": (
        Example("watchlist add ES", "keep a product up to date"),
        Example("watchlist list", "what is watched, and how fresh it is"),
    ),
    "watchlist add": (
        Example("watchlist add ES CL@NYMEX", "two products"),
        Example("watchlist add FDAX --group eurex", "into a group"),
    ),
    "watchlist remove": (
        Example("watchlist remove CL@NYMEX", "out of every group"),
        Example("watchlist remove FDAX --group eurex", "out of one"),
    ),
    "watchlist list": (
        Example("watchlist list", "all of it"),
        Example("watchlist list --json", "for a program"),
    ),
    "watchlist import": (
        Example("watchlist import watchlist.txt", "a product a line"),
        Example("watchlist import watchlist.txt --group night", "into a group"),
    ),
    "changes": (
        Example("changes --since 1d", "what changed since yesterday"),
        Example("changes ES", "of one product"),
        Example("changes --since 30d --severity critical", "what matters most"),
    ),
    "check": (
        Example("check --max-age 26h", "exit 6 if anything is older"),
        Example("check --max-age 26h --quiet", "for monitoring: only what is wrong"),
    ),
    "next": (
        Example("next ES GC", "of two products"),
        Example("next GC --side long --days-before 5bd", "leave five business days before notice"),
        Example("next GC --explain", "why the contracts before are passed over"),
    ),
    "show": (
        Example("show ES", "a product and its chain"),
        Example("show ESZ29", "one contract in full"),
        Example("show ES -n 4 --sort -last_trade_date", "the last four"),
        Example("show ES --json", "for a program"),
    ),
    "list": (
        Example("list", "what is stored"),
        Example("list --exchange CME", "of one exchange"),
        Example("list --expiring 30d", "what ends or gives notice soon"),
    ),
    "hours": (
        Example("hours ES", "the sessions of the next days"),
        Example("hours ES --days 3 --liquid --tz utc", "liquid hours, in UTC"),
    ),
    "expirations": (
        Example("expirations", "what ends within 30 days"),
        Example("expirations GC --within 12w", "of one product"),
    ),
    "rolls": (
        Example("rolls GC", "a day before the cut-off"),
        Example("rolls ES --rule last-trade-5bd --years 1", "by last trade"),
    ),
    "history": (
        Example("history ES", "every change of a product"),
        Example("history ESZ29 --field last_trade_date", "of one field of a contract"),
    ),
    "catalogue": (
        Example("catalogue gold", "products by a word of the name"),
        Example('catalogue "6?" --columns symbol,name,sources', "by exchange symbol"),
    ),
    "audit": (
        Example("audit", "what disagrees of all that is stored"),
        Example("audit GC --severity critical", "of one product"),
    ),
    "report": (
        Example("report --html futures.html", "a page to look at, print or mail"),
        Example("report --html - --since 1d", "on stdout, with what changed since yesterday"),
    ),
    "doctor": (
        Example("doctor", "what is broken, and how to fix it"),
        Example("doctor --json", "for a program"),
    ),
    "runs": (
        Example("runs --last 3", "the newest three"),
        Example("runs --run 1", "what came of each product of one"),
    ),
    "pin": (
        Example("pin DAX --trading-class FDAX", "DAX means FDAX from now on"),
        Example("pin", "what is pinned"),
    ),
    "unpin": (Example("unpin DAX", "ask again which is meant"),),
    "schedule": (
        Example("schedule --print systemd", "a timer, every day at 18:30 New York time"),
        Example("schedule --print cron --at 07:00 --time-zone Europe/Berlin", "a crontab entry"),
    ),
    "import": (
        Example("import closeouts.csv", "IBKR's close-out dates"),
        Example("import closeouts.csv --dry-run", "show what it would say"),
    ),
    "export": (
        Example("export --to csv -o contracts.csv", "all that is stored"),
        Example("export --to jsonl ES GC --as-of 1d", "two products, as they were yesterday"),
        Example("export --to nautilus ES -o catalog", "one product, for NautilusTrader"),
    ),
    "config": (
        Example("config show", "every setting, and where it comes from"),
        Example("config init", "write a commented config file"),
    ),
    "config init": (
        Example("config init", "into your config folder"),
        Example("config init --force", "in place of the one that is there"),
    ),
    "config show": (
        Example("config show", "all settings in use"),
        Example("config show --json", "for a program"),
    ),
    "config path": (Example("config path", "where config files are looked for"),),
    "config check": (Example("config check", "every problem at once"),),
    "config example": (Example("config example", "the commented example"),),
    "db": (Example("db status", "schema, size, and whether it is sound"),),
    "db status": (
        Example("db status", "of the database in use"),
        Example("db status --profile local", "of another profile's"),
    ),
    "db upgrade": (Example("db upgrade", "with a backup before"),),
    "db copy": (
        Example("db copy --to copy.db", "all of it, into another file"),
        Example(
            "db copy --to postgresql://ibkr@localhost/futures",
            "to a server that is there",
            ExitCode.DATABASE,
        ),
    ),
    "db backup": (
        Example("db backup backup.db", "while others use it"),
        Example("db backup backup.db --yes", "in place of the last one"),
    ),
    "db restore": (Example("db restore backup.db --yes", "what was stored is kept aside"),),
    "db renormalise": (
        Example("db renormalise --dry-run", "what would be read otherwise"),
        Example("db renormalise ES", "one product"),
    ),
    "db prune": (
        Example("db prune --older-than 90d", "what would go"),
        Example("db prune --older-than 90d --yes", "delete it"),
    ),
    "demo": (Example("demo", "from the beginning"),),
    "replay": (
        Example("replay serve --port 0", "a gateway for trying things", ExitCode.INTERRUPTED),
    ),
    "replay save": (
        Example("replay save --run 1 -o night.replay", "all replies of a run"),
        Example("replay save ES GC -o es.replay", "the last reply of each product"),
    ),
    "replay serve": (
        Example("replay serve --port 0", "sample data on a free port", ExitCode.INTERRUPTED),
    ),
    "help": (
        Example("help get", "a command"),
        Example("help watchlist add", "a command of a group"),
    ),
    "version": (Example("version", "which ibkr-sync this is"),),
}
