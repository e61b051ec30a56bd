"""Every way in which the product can fail, as one tree.

    IbkrSyncError
    ├── ConfigError                     settings that can't be used; holds all problems found
    │   └── ConfigNotWrittenError       the config file to begin with can't be written
    ├── ClientLibraryError              ibapi is missing, broken or newer than its protobuf
    ├── GatewayError                    the gateway can't be used
    │   ├── GatewayUnreachableError     no TCP connection: refused, unknown host, timed out
    │   ├── HandshakeError              connected, but no session came of it
    │   │   ├── HandshakeTimeoutError   it accepted and said too little, or nothing
    │   │   ├── HandshakeClosedError    it accepted and hung up
    │   │   ├── NotAGatewayError        it answered something that is not TWS
    │   │   ├── UnsupportedServerVersionError
    │   │   └── ClientIdInUseError      every client id tried is taken
    │   ├── ConnectionLostError         the session broke while replies were due
    │   │   └── GatewayMovedError       its port was changed (1300)
    │   ├── PacingError                 the gateway refused our rate of messages
    │   └── UpstreamDownError           the gateway is up, IBKR behind it is not
    │       └── DefinitionsUnavailableError
    │                                   IBKR does not know what it knew before
    ├── ReplyError                      one product's reply can't be used
    │   ├── RequestRejectedError        IBKR answered the request with an error
    │   ├── ReplyTimeoutError           the reply stalled or took too long
    │   │   └── RunTimeoutError         the time of the whole run was over before
    │   ├── InvalidReplyError           a row can't be trusted
    │   ├── ReplyTooLargeError          it would fill the memory
    │   ├── ShrinkRefusedError          too many unexpired contracts would be lost
    │   ├── OutdatedDataError           what is stored is newer
    │   ├── UndatedDataError            a file states no time, and something is stored
    │   ├── SampleDataError             sample and real data would be mixed
    │   └── RawReplyError               a reply that is kept can't be read again
    ├── MalformedSymbolError            the user's words can't be what they stand for
    ├── ProductLookupError              the user's words name no single product or contract
    │   ├── ProductNotFoundError
    │   │   └── NotWatchableError       it can't be watched by this name; holds what may be meant
    │   ├── AmbiguousProductError       holds the candidates
    │   ├── AssetClassMismatchError
    │   ├── NeverFetchedError           only the catalogue knows the product, and no contract
    │   ├── HoursUnknownError           the product is known, its hours are not
    │   ├── NotYetKnownError            the product was stored only after the instant asked for
    │   ├── ContractNotFoundError       the chain has no such contract
    │   ├── AmbiguousContractError      holds the contracts
    │   ├── NoTradableContractError     the rule passes over all contracts of the chain
    │   ├── UnknownGroupError           the watchlist has no such group
    │   ├── NotWatchedError             the watchlist has no such product
    │   ├── NotPinnedError              the word has no pin
    │   └── UnknownExchangeError        neither catalogue nor database know it
    ├── UnknownRunError                 no run of this number was recorded
    ├── NoRawReplyError                 no raw reply of a run is kept
    ├── WatchlistFileError              a list to import is wrong; holds all problems found
    ├── NothingToRefreshError           watchlist and database are empty
    ├── NothingToExportError            no product with a chain is stored, or was then
    ├── SourceFileError                 a file source can't be read
    │   ├── DeliveryFileError           a file with dates of deliveries can't
    │   ├── UsersTableError             a table of the user's that is to be reviewed can't
    │   └── RecordingError              a recording for the replay gateway can't
    ├── FrameError                      rows can't be made a table of another library
    │   └── FrameLibraryMissingError    the library is not installed
    ├── StorageError                    the database can't be used
    │   ├── DatabaseUnavailableError    missing, unreadable, read-only, unreachable
    │   ├── DriverMissingError          what speaks to its server is not installed
    │   ├── DatabaseClosedError         a program asks on that has closed it
    │   ├── DatabaseLockedError         another process holds it
    │   ├── DatabaseDamagedError        what is in it contradicts itself, or lacks a part
    │   ├── BackupUnusableError         what is to be restored is damaged, empty or no backup
    │   ├── DatabaseFilledError         it is to be copied into, and is not empty
    │   ├── ForeignDatabaseError        the file is not a database of ours
    │   ├── SchemaBehindError           it needs `db upgrade`
    │   │   └── ViewMissingError        a view of it was dropped or replaced
    │   └── SchemaNewerError            a newer version wrote it
    ├── AlreadyRunningError             another run holds the lock
    └── NotificationError               a notifier failed; it never fails what it is notified of

    RunInterrupted                      a signal asked us to stop; no error, so nothing catches it

Adapters translate their library's errors into these at their seam. The command line holds
the only table from an error to its sentence, next step and exit code.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import AssetClass, Origin, ProductKey


class IbkrSyncError(Exception):
    """Base of every error this product raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """One thing wrong with the settings: where it stands, what it is, what may be meant.

    `key` is empty for what is wrong with a file as a whole.
    """

    source: str
    key: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f" ({self.suggestion})" if self.suggestion else ""
        where = f"{self.source}: {self.key}" if self.key else self.source
        return f"{where}: {self.message}{hint}"


class ConfigError(IbkrSyncError):
    """The settings can't be used; `problems` holds everything found, not only the first."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class ConfigNotWrittenError(ConfigError):
    """The example can't be written as the config file; what was there is untouched."""


class ClientLibraryError(IbkrSyncError):
    """IBKR's client library can't be loaded, because of `package`: itself or one it needs."""

    def __init__(self, package: str, detail: str, *, is_missing: bool) -> None:
        self.package = package
        self.detail = detail
        self.is_missing = is_missing
        super().__init__(f"{package}: {detail}")


class GatewayError(IbkrSyncError):
    """The gateway at `host`:`port` can't be used."""

    def __init__(self, host: str, port: int, detail: str) -> None:
        self.host = host
        self.port = port
        self.detail = detail
        super().__init__(f"{host}:{port}: {detail}")


class UnreachableReason(StrEnum):
    """Why no TCP connection came about."""

    REFUSED = "refused"
    UNKNOWN_HOST = "unknown host"
    TIMED_OUT = "timed out"
    NETWORK = "network"


class GatewayUnreachableError(GatewayError):
    """No TCP connection to the gateway."""

    def __init__(self, host: str, port: int, reason: UnreachableReason, detail: str) -> None:
        self.reason = reason
        super().__init__(host, port, detail)


class HandshakeError(GatewayError):
    """A TCP connection, but no session."""


class HandshakeTimeoutError(HandshakeError):
    """The gateway accepted the connection and did not complete the start within its deadline."""


class HandshakeClosedError(HandshakeError):
    """The gateway accepted the connection and closed it before the session started."""


class NotAGatewayError(HandshakeError):
    """What answers at this port does not speak the TWS protocol."""


class UnsupportedServerVersionError(HandshakeError):
    """The gateway speaks a protocol version outside the supported range."""


class ClientIdInUseError(HandshakeError):
    """Every client id that was tried is taken (IBKR error 326)."""


class ConnectionLostError(GatewayError):
    """The session broke while replies were due."""


class GatewayMovedError(ConnectionLostError):
    """The gateway's port was changed to `new_port`; nothing comes back at the old one (1300)."""

    def __init__(self, host: str, port: int, new_port: int) -> None:
        self.new_port = new_port
        super().__init__(host, port, f"its port is {new_port} now")


class PacingError(GatewayError):
    """The gateway refused our rate of messages (IBKR error 100)."""


class UpstreamDownError(GatewayError):
    """The gateway is up but has lost IBKR (1100, 2110, 2157)."""


class DefinitionsUnavailableError(UpstreamDownError):
    """IBKR says that it does not know a product it knew, and answers for no other one (200)."""


class ReplyError(IbkrSyncError):
    """The reply for one product can't be used; nothing of it was stored."""


class RequestRejectedError(ReplyError):
    """IBKR answered the request with an error; `code` and `text` are IBKR's."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(f"IBKR error {code}: {text}")


class ReplyTimeoutError(ReplyError):
    """The reply stalled, or took longer than allowed in all."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class RunTimeoutError(ReplyTimeoutError):
    """The time of the whole run was over before the product was asked for, or answered."""

    def __init__(self) -> None:
        super().__init__("the time of the run was over")


class InvalidReplyError(ReplyError):
    """A row of the reply can't be trusted; names contract, field and value."""

    def __init__(self, contract: str, field: str, value: object, reason: str) -> None:
        self.contract = contract
        self.field = field
        self.value = value
        self.reason = reason
        super().__init__(f"{contract}: {field} {value!r}: {reason}")


class ReplyTooLargeError(ReplyError):
    """The reply to `request` would fill the memory; `rows` of it had come."""

    def __init__(self, request: str, rows: int) -> None:
        self.request = request
        self.rows = rows
        super().__init__(f"{request}: a reply of {rows} contracts and more is too large")


class ShrinkRefusedError(ReplyError):
    """A reply lacks too many of the unexpired contracts that are stored, or would take them away.

    `taker` is the product to which a reply, or a file, would move them. Nothing makes up for a
    reply that `is_empty`.
    """

    def __init__(
        self,
        product: ProductKey,
        stored: int,
        lost: int,
        *,
        taker: ProductKey | None = None,
        is_empty: bool = False,
    ) -> None:
        self.product = product
        self.stored = stored
        self.lost = lost
        self.taker = taker
        self.is_empty = is_empty
        super().__init__(f"{product}: {lost} of {stored} unexpired contracts would be lost")


class OutdatedDataError(ReplyError):
    """What a file states is older than what is stored; both instants are UTC."""

    def __init__(self, product: ProductKey, stored: datetime, received: datetime) -> None:
        self.product = product
        self.stored = stored
        self.received = received
        super().__init__(
            f"{product}: as of {received:%Y-%m-%d %H:%M} UTC, but what is stored is as of"
            f" {stored:%Y-%m-%d %H:%M} UTC"
        )


class UndatedDataError(ReplyError):
    """A file does not state as of when its data is, and something is stored.

    `given` is a UTC instant that is yet to come, which says nothing; None where it has none.
    """

    def __init__(self, product: ProductKey, given: datetime | None = None) -> None:
        self.product = product
        self.given = given
        dated = f"is dated {given:%Y-%m-%d %H:%M} UTC, in the future" if given else "tells no time"
        super().__init__(f"{product}: the file {dated}, and the product is stored")


class SampleDataError(ReplyError):
    """Sample data would overwrite real data, or the reverse."""

    def __init__(self, product: ProductKey) -> None:
        self.product = product
        super().__init__(f"{product}: sample and real data can't share a database")


class RawReplyError(ReplyError):
    """No raw reply of a product is kept, or the one that is can't be read again."""

    def __init__(self, product: ProductKey, detail: str) -> None:
        self.product = product
        self.detail = detail
        super().__init__(f"{product}: raw reply: {detail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCandidate:
    """One of several products that a symbol may mean; None stands for what is not known."""

    key: ProductKey
    currency: str
    multiplier: Decimal | None
    name: str | None
    next_expiry: date | None
    contract_count: int | None


class MalformedSymbolError(IbkrSyncError):
    """The text can't be `what` (a symbol, an exchange, …), whatever products there are."""

    def __init__(self, text: str, what: str) -> None:
        self.text = text
        self.what = what
        super().__init__(f"{text!r} is no {what}")


class ProductLookupError(IbkrSyncError):
    """The user's words name no single product, or no single contract of it."""

    def __init__(self, symbol: str, message: str) -> None:
        self.symbol = symbol
        super().__init__(message)


class ProductNotFoundError(ProductLookupError):
    """No product answers to this symbol in `place` (the database, IBKR, a file).

    The keywords are what was asked for besides; `known` are products that have the symbol and
    are excluded by that, `suggestions` those that may be meant where nothing has it. `asked` is
    the kind of the source that was asked; None where `place` is only what is known already.
    `pinned` is the word whose pin asked for the multiplier; its product's contracts are of `sizes`
    where those are known to be others.
    """

    def __init__(
        self,
        symbol: str,
        place: str,
        detail: str | None = None,
        *,
        exchange: str | None = None,
        currency: str | None = None,
        trading_class: str | None = None,
        multiplier: Decimal | None = None,
        con_id: int | None = None,
        known: Sequence[ProductKey] = (),
        suggestions: Sequence[ProductCandidate] = (),
        asked: Origin | None = None,
        pinned: str | None = None,
        sizes: Sequence[Decimal] = (),
    ) -> None:
        self.place = place
        self.detail = detail
        self.exchange = exchange
        self.currency = currency
        self.trading_class = trading_class
        self.multiplier = multiplier
        self.con_id = con_id
        self.known = tuple(known)
        self.suggestions = tuple(suggestions)
        self.asked = asked
        self.pinned = pinned
        self.sizes = tuple(sizes)
        limits = {"exchange": exchange, "currency": currency, "trading class": trading_class}
        if multiplier is not None:
            limits["multiplier"] = f"{multiplier.normalize():f}"
        said = ", ".join(f"{name} {value}" for name, value in limits.items() if value is not None)
        words = f"{symbol} ({said})" if said else symbol
        others = f"; known is {', '.join(map(str, self.known))}" if known else ""
        super().__init__(symbol, f"{words}: not found in {place}{others}")


class NotWatchableError(ProductNotFoundError):
    """No product that is known is surely meant by what is to be watched; `suggestions` may be."""


class AmbiguousProductError(ProductLookupError):
    """Several products answer to this symbol; one is never picked silently.

    `is_pinnable` is unset where only a source knows them, so that no pin can be made of them.
    """

    def __init__(self, symbol: str, candidates: Sequence[ProductCandidate]) -> None:
        self.candidates = tuple(candidates)
        self.is_pinnable = True
        keys = ", ".join(str(candidate.key) for candidate in self.candidates)
        super().__init__(symbol, f"{symbol} may mean {keys}")

    @property
    def distinction(self) -> Mapping[str, str]:
        """What says that the first of the candidates is meant: its exchange, its class, or both."""
        keys = sorted(candidate.key for candidate in self.candidates)
        for name in ("exchange", "trading_class"):
            if len({getattr(key, name) for key in keys}) == len(keys):
                return {name: getattr(keys[0], name)}
        return {"exchange": keys[0].exchange, "trading_class": keys[0].trading_class}


class AssetClassMismatchError(ProductLookupError):
    """The product exists, but is of another asset class than was asked for."""

    def __init__(self, symbol: str, found: AssetClass) -> None:
        self.found = found
        super().__init__(symbol, f"{symbol} is of asset class {found.value}")


class NeverFetchedError(ProductLookupError):
    """Only the catalogue knows the product; no source was ever asked for its contracts."""

    def __init__(self, product: ProductKey) -> None:
        self.product = product
        super().__init__(product.symbol, f"{product}: its contracts were never fetched")


class HoursUnknownError(ProductLookupError):
    """No hours of this kind (trading, liquid) are stored that reach beyond the present.

    `product` is None where IBKR can't give them either, as those of a past day.
    """

    def __init__(
        self, symbol: str, kind: str, detail: str, product: ProductKey | None = None
    ) -> None:
        self.product = product
        self.kind = kind
        self.detail = detail
        super().__init__(symbol, f"{symbol}: {kind} hours: {detail}")


class NotYetKnownError(ProductLookupError):
    """The product was not stored yet at the UTC instant `at`; it has been since `since`."""

    def __init__(self, product: ProductKey, *, at: datetime, since: datetime) -> None:
        self.product = product
        self.at = at
        self.since = since
        super().__init__(product.symbol, f"{product}: not known at {at}, but since {since}")


class ContractNotFoundError(ProductLookupError):
    """The product is stored, but no contract of its chain answers to these words.

    `is_past` says that the words are for a month or day that has passed, `nearest` are the
    contracts that end next to a day on which none ends, and `was_asked` is set where a source has
    just given the whole chain.
    """

    def __init__(
        self,
        symbol: str,
        product: ProductKey,
        *,
        is_past: bool = False,
        nearest: Sequence[FuturesContract] = (),
    ) -> None:
        self.product = product
        self.is_past = is_past
        self.nearest = tuple(nearest)
        self.was_asked = False
        super().__init__(symbol, f"{symbol}: not in the chain of {product}")


class AmbiguousContractError(ProductLookupError):
    """Several contracts of one chain answer to these words; one is never picked silently.

    `sizes` are their multipliers where nothing but these distinguishes them, else empty.
    """

    def __init__(
        self, symbol: str, contracts: Sequence[FuturesContract], product: ProductKey
    ) -> None:
        self.contracts = tuple(contracts)
        self.product = product
        sizes = {contract.multiplier for contract in self.contracts}
        months = {
            contract.contract_month or contract.last_trade_date for contract in self.contracts
        }
        by_size = len(months) == 1 and len(sizes) == len(self.contracts)
        self.sizes = tuple(sorted(size for size in sizes if by_size and size is not None))
        named = ", ".join(_named(contract, with_size=by_size) for contract in self.contracts)
        super().__init__(symbol, f"{symbol} may mean {named}")


def _named(contract: FuturesContract, *, with_size: bool) -> str:
    month = contract.contract_month or contract.last_trade_date
    size = "unknown" if contract.multiplier is None else f"{contract.multiplier.normalize():f}"
    return f"{month}{f' of size {size}' if with_size else ''} ({contract.con_id})"


class NoTradableContractError(ProductLookupError):
    """No stored contract of the product is tradable under the rule that was asked for.

    `months` are the numbers of the delivery months of those that trade, where the rule wants
    others.
    """

    def __init__(self, product: ProductKey, passed_over: int, months: Collection[int] = ()) -> None:
        self.product = product
        self.passed_over = passed_over
        self.months = tuple(sorted(months))
        super().__init__(product.symbol, f"{product}: none of {passed_over} contracts is tradable")


class UnknownGroupError(ProductLookupError):
    """The watchlist has no group of this name; `groups` are those it has."""

    def __init__(self, group: str, groups: Sequence[str]) -> None:
        self.groups = tuple(groups)
        super().__init__(group, f"the watchlist has no group {group!r}")


class NotWatchedError(ProductLookupError):
    """The product is not on the watchlist, or not in this group of it."""

    def __init__(self, symbol: str, group: str | None = None) -> None:
        self.group = group
        where = f"group {group!r} of the watchlist" if group else "the watchlist"
        super().__init__(symbol, f"{symbol} is not in {where}")


class NotPinnedError(ProductLookupError):
    """The word has no pin; `pinned` are those that have one."""

    def __init__(self, word: str, pinned: Sequence[str]) -> None:
        self.pinned = tuple(pinned)
        super().__init__(word, f"{word} is not pinned")


class UnknownExchangeError(ProductLookupError):
    """No known product is of this exchange; `nearest` are codes that may be meant."""

    def __init__(self, exchange: str, nearest: Sequence[str] = ()) -> None:
        self.nearest = tuple(nearest)
        super().__init__(exchange, f"exchange {exchange} is not known")


class UnknownRunError(IbkrSyncError):
    """No run of this number was recorded."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id} was not recorded")


class NoRawReplyError(IbkrSyncError):
    """No raw reply of this run is kept: none was complete, or they were deleted."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        super().__init__(f"no raw reply of run {run_id} is kept")


class WatchlistFileError(IbkrSyncError):
    """A list to import is wrong; `problems` holds everything found, and nothing was imported."""

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__(f"{path}: {'; '.join(self.problems)}")


class NothingToRefreshError(IbkrSyncError):
    """No product is on the watchlist, and none that a source reported is stored, but `closed`."""

    def __init__(self, closed: Sequence[ProductKey] = ()) -> None:
        self.closed = tuple(closed)
        names = ", ".join(map(str, self.closed))
        is_empty = "watchlist and database are empty"
        super().__init__(f"all that is meant is closed: {names}" if closed else is_empty)


class NothingToExportError(IbkrSyncError):
    """No product that a source reported is stored, or was at the instant `at`."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at
        super().__init__("no product is stored" if at is None else f"none was stored at {at}")


class SourceFileError(IbkrSyncError):
    """A file source can't be read; `location` is a line, row or field where it helps."""

    def __init__(self, path: str, location: str | None, detail: str) -> None:
        self.path = path
        self.location = location
        self.detail = detail
        where = f"{path}: {location}" if location else path
        super().__init__(f"{where}: {detail}")


class DeliveryFileError(SourceFileError):
    """A file with dates of deliveries can't be read, or has none."""


class UsersTableError(SourceFileError):
    """A table that the user keeps for another system can't be read as that system reads it."""


class RecordingError(SourceFileError):
    """A recording for the replay gateway can't be read; the location names line and field."""


class FrameError(IbkrSyncError):
    """Rows can't be made a table of another library; the message says which value prevents it."""


class FrameLibraryMissingError(FrameError):
    """The library that makes a table is not installed; None is an `extra` where none brings it."""

    def __init__(self, library: str, extra: str | None = None) -> None:
        self.library = library
        self.extra = extra
        requirement = library if extra is None else f"'ibkr-sync[{extra}]'"
        super().__init__(f"{library} is not installed: pip install {requirement}")


class StorageError(IbkrSyncError):
    """The database can't be used; `database` is its URL or path with secrets masked."""

    def __init__(self, database: str, detail: str) -> None:
        self.database = database
        self.detail = detail
        super().__init__(f"{database}: {detail}")


class UnavailableReason(StrEnum):
    """Why a database can't be used, where something can be done about it at once."""

    MISSING = "missing"
    FORBIDDEN = "forbidden"
    READ_ONLY = "read-only"
    FULL = "full"
    NOT_A_FILE = "not a file"
    WRONG_URL = "wrong URL"


class DatabaseUnavailableError(StorageError):
    """The database is missing, unreadable, read-only or unreachable.

    `path` is the file or folder that `reason` is about, None for a server; both are None where it
    is none of these.
    """

    def __init__(
        self,
        database: str,
        detail: str,
        *,
        reason: UnavailableReason | None = None,
        path: str | None = None,
    ) -> None:
        self.reason = reason
        self.path = path
        super().__init__(database, detail)


class DriverMissingError(StorageError):
    """What speaks to the database's server is not installed; an extra of ours brings it."""

    def __init__(self, database: str, extra: str) -> None:
        self.extra = extra
        super().__init__(database, "its driver is not installed")


class DatabaseClosedError(StorageError):
    """The program has closed it, and asks on."""

    def __init__(self, database: str) -> None:
        super().__init__(database, "it was closed; ibkr_sync.open() opens it again")


class DatabaseLockedError(StorageError):
    """Another process kept the database locked for longer than the busy timeout."""


class DatabaseDamagedError(StorageError):
    """What is in the database contradicts itself, is cut off, or lacks a table or column."""


class BackupUnusableError(StorageError):
    """What is to be restored, `database`, is damaged, empty or no database of ours."""


class DatabaseFilledError(StorageError):
    """What is to be copied would be mixed with what the database holds; it was not touched."""

    def __init__(self, database: str) -> None:
        super().__init__(database, "it is not empty")


class ForeignDatabaseError(StorageError):
    """The database belongs to another program, or is no database at all; it was not touched."""


class SchemaBehindError(StorageError):
    """The schema is older than this version needs."""


class ViewMissingError(SchemaBehindError):
    """A view was dropped or replaced, or all; an upgrade makes them anew, and no row is lost."""


class SchemaNewerError(StorageError):
    """The schema was written by a newer version; it was not touched."""


class AlreadyRunningError(IbkrSyncError):
    """Another run works on the same database."""

    def __init__(self, lock: str) -> None:
        self.lock = lock
        super().__init__(f"another run holds {lock}")


class NotificationError(IbkrSyncError):
    """A notifier failed, which changes nothing of what it should have said.

    Attributes:
        notifier: what it is, without secrets: `the ping to https://hc-ping.com/***`.
        reason: without secrets too.
    """

    def __init__(self, notifier: str, reason: str) -> None:
        self.notifier = notifier
        self.reason = reason
        super().__init__(f"{notifier} failed: {reason}")


class RunInterrupted(BaseException):
    """A signal asked the run to stop; `signal_number` is 2 or 15."""

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        super().__init__(f"stopped by signal {signal_number}")
