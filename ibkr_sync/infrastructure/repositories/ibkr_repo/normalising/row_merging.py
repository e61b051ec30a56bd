"""From the rows of one conId to one contract: pure.

Asked without an exchange, TWS answers one row per route: the same conId on `CME` and again on
`QBALGO`, where order types and liquid hours differ (seen in 2025, server version 187). The row on
the listing exchange is the contract; of a route's row only the identity is compared.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.evidence.remarks import REMARKS
from ibkr_sync.domain.untrusted_text import quote_untrusted
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import TranslatedRow

ROUTES: Final = frozenset({"QBALGO", "QBALGOIEU", "QBALGOIUS"})
"""What stands beside exchanges in `validExchanges` and lists no contract."""

_CONFLICT: Final = "rows of one conId conflict"

_IDENTITY: Final = frozenset(("symbol", "trading_class", "currency", "local_symbol"))

_LAST_TRADE: Final = ("last_trade_date", "last_trade_at", "last_trade_text")
"""What is in doubt of these leaves those that follow in doubt; the text alone is no matter."""

_STATED: Final = {
    field.name: None if field.default is dataclasses.MISSING else field.default
    for field in dataclasses.fields(FuturesContract)
    if field.compare and field.name not in ("con_id", "exchange", "series", REMARKS)
}
"""What rows say, with the value of what nobody states; no row says of which series it is."""

_NEEDED: Final = ("exchange", "trading_class", "currency", "local_symbol", "last_trade_date")
"""What no contract can be without."""


def merge_rows(
    rows: Iterable[TranslatedRow],
    *,
    asked_on: str = "",
    stored: Mapping[int, FuturesContract] = MappingProxyType({}),
) -> tuple[TranslatedRow, ...]:
    """One row per conId, on its listing exchange.

    That is the exchange it was asked on, else the one it is stored under, else the first of
    `validExchanges` that is no route. What one row leaves out another may state. What rows state
    otherwise than each other is as unstated, and a remark: where no contract can be without it,
    it stays as it is stored, or makes none. Raises InvalidReplyError for rows of several symbols.
    """
    rows_of: defaultdict[int, list[TranslatedRow]] = defaultdict(list)
    for row in rows:
        rows_of[row.con_id].append(row)
    return tuple(_merged(other, asked_on, stored.get(con_id)) for con_id, other in rows_of.items())


def conflicting(merged: Iterable[TranslatedRow]) -> set[int]:
    """The conIds of merged rows that were not in agreement."""
    return {row.con_id for row in merged for remark in row.remarks if remark.reason == _CONFLICT}


def _merged(
    rows: Sequence[TranslatedRow], asked_on: str, stored: FuturesContract | None
) -> TranslatedRow:
    whole = [(row, row.contract) for row in rows if row.contract is not None]
    if not whole:
        return rows[-1]
    contracts = [contract for _, contract in whole]
    listing = _listing_exchange(contracts, asked_on, stored)
    own = {other.exchange for other in contracts}
    place = listing if listing in own else min(own)
    at_place = [(row, contract) for row, contract in whole if contract.exchange == place]
    first, contract = at_place[0]
    if len(whole) == 1 and listing == place:
        return first
    stated = {
        name: _distinct(name, contracts if name in _IDENTITY else (value for _, value in at_place))
        for name in _STATED
    }
    stated["exchange"] = [listing] if listing else sorted(own)
    remarks = dict.fromkeys(remark for row, _ in at_place for remark in row.remarks)
    return _settled(first, contract, stated, tuple(remarks), stored)


def _settled(
    row: TranslatedRow,
    contract: FuturesContract,
    stated: Mapping[str, Sequence[Any]],
    remarks: tuple[Remark, ...],
    stored: FuturesContract | None,
) -> TranslatedRow:
    """The row with what all state alike, and with remarks on what they don't."""
    values = {name: found[0] for name, found in stated.items() if len(found) == 1}
    in_doubt = {name: found for name, found in stated.items() if len(found) > 1}
    if "symbol" in in_doubt:
        raise InvalidReplyError(row.name, "symbol", in_doubt["symbol"][1], _CONFLICT)
    remarks = (*_conflicts(in_doubt), *remarks)
    unknown = [*in_doubt]
    for name, *following in (_LAST_TRADE, _LAST_TRADE[1:]):
        unknown += following if name in in_doubt else ()
    for name in unknown:
        values[name] = getattr(stored, name, None) if name in _NEEDED else _STATED[name]
    is_whole = all(values[name] is not None for name in _NEEDED)
    return dataclasses.replace(
        row,
        name=f"conId {row.con_id}" if "local_symbol" in in_doubt else row.name,
        exchange=values["exchange"],
        trading_class=values["trading_class"],
        contract=dataclasses.replace(contract, **values, remarks=remarks) if is_whole else None,
        remarks=remarks,
    )


def _distinct(name: str, contracts: Iterable[FuturesContract]) -> list[Any]:
    """What is stated of a field, each value once."""
    values = (getattr(contract, name) for contract in contracts)
    return list(dict.fromkeys(value for value in values if value not in (None, ())))


def _conflicts(in_doubt: Mapping[str, Sequence[Any]]) -> Iterator[Remark]:
    for name, found in in_doubt.items():
        if name != "last_trade_text":
            first, second, *others = sorted(quote_untrusted(canonical_text(item)) for item in found)
            more = f" or {len(others)} more" if others else ""
            yield Remark(
                kind=RemarkKind.ODD_ROW,
                field=name,
                value=f"{first} or {second}{more}",
                reason=_CONFLICT,
            )


def _listing_exchange(
    rows: Sequence[FuturesContract], asked_on: str, stored: FuturesContract | None
) -> str | None:
    """The exchange that lists the contract; None where nothing says which of several does."""
    own = {row.exchange for row in rows}
    in_order = sorted(rows, key=lambda row: row.exchange)
    valid = [venue.exchange for row in in_order for venue in row.venues]
    known = stored.exchange if stored else ""
    candidates = [
        *(text for text in (asked_on,) if text in own),
        *(text for text in (known,) if text in own or text in valid),
        *valid,
        *sorted(own),
    ]
    listing = next(
        (candidate for candidate in candidates if candidate not in ROUTES), candidates[-1]
    )
    is_in_doubt = not valid and listing not in (asked_on, known) and len(own - ROUTES) > 1
    return None if is_in_doubt else listing
