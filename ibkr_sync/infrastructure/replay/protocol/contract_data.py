"""Message 10, contract data: its fields and their order at each text server version."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields
from ibkr_sync.infrastructure.replay.rows import ContractRow

MESSAGE_ID = "10"
VERSION = "8"

FRACTIONAL_SIZE_SUPPORT = 163
SIZE_RULES = 164
FUND_DATA_FIELDS = 179
LAST_TRADE_DATE = 182
INELIGIBILITY_REASONS = 186

PAIR_LISTS = frozenset({"sec_id_list", "ineligibility_reasons"})
_SIZE_MIN_TICK = "size_min_tick"


class ContractDataError(ValueError):
    """A message that isn't contract data of the given server version.

    Attributes:
        field: the name of the field at fault, as in `ContractRow`.
    """

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class ContractDataLayout:
    """The fields of message 10 at one server version, in wire order.

    Attributes:
        names: `ContractRow`'s names plus `message_id`, `version`, `req_id` and
            `size_min_tick`; a list of pairs takes a count and two fields for each pair.
    """

    def __init__(self, server_version: int) -> None:
        self.server_version = server_version
        self.names = tuple(
            name for name in _ORDER if server_version in _VERSIONS.get(name, (server_version,))
        )

    def encode(self, row: ContractRow, req_id: str) -> list[str]:
        """Lay out a row.

        Raises:
            ContractDataError: the row is a fund at a version that sends fund fields.
        """
        if row.sec_type == "FUND" and self.server_version >= FUND_DATA_FIELDS:
            raise ContractDataError("fund fields are not supported", "sec_type")
        wire: list[str] = []
        for name in self.names:
            if name in PAIR_LISTS:
                pairs: tuple[tuple[str, str], ...] = getattr(row, name)
                wire += [str(len(pairs)), *(text for pair in pairs for text in pair)]
            else:
                wire.append(self._text(row, name, req_id))
        return wire

    def encode_around_req_id(self, row: ContractRow) -> tuple[bytes, bytes]:
        """Encode a row into what comes before its request id and what comes after."""
        wire = self.encode(row, "")
        at = self.names.index("req_id")
        return wire_from_fields(wire[:at]), wire_from_fields(wire[at + 1 :])

    def decode(self, wire: Sequence[str]) -> ContractRow:
        """Read a row back; fields that this server version doesn't send keep their defaults.

        Raises:
            ContractDataError: too few or too many fields, or a count that isn't one.
        """
        rest = _Fields(wire)
        values: dict[str, str | tuple[tuple[str, str], ...]] = {}
        for name in self.names:
            values[name] = rest.pairs(name) if name in PAIR_LISTS else rest.text(name)
        if values["message_id"] != MESSAGE_ID:
            raise ContractDataError(f"expected {MESSAGE_ID}", "message_id")
        if values.get("version", VERSION) != VERSION:
            raise ContractDataError(f"expected {VERSION}", "version")
        if values["sec_type"] == "FUND" and self.server_version >= FUND_DATA_FIELDS:
            raise ContractDataError("fund fields are not supported", "sec_type")
        rest.expect_end(self.names[-1])
        for name in ("message_id", "version", "req_id", _SIZE_MIN_TICK):
            values.pop(name, None)
        return ContractRow(**values)  # type: ignore[arg-type]  # which are pairs, mypy can't see

    @staticmethod
    def _text(row: ContractRow, name: str, req_id: str) -> str:
        match name:
            case "message_id":
                return MESSAGE_ID
            case "version":
                return VERSION
            case "req_id":
                return req_id
            case "size_min_tick":
                return row.min_size
            case _:
                text: str = getattr(row, name)
                return text


class _Fields:
    """Takes fields off a message one by one and says which one is missing."""

    def __init__(self, wire: Sequence[str]) -> None:
        self._wire = wire
        self._next = 0

    def text(self, name: str) -> str:
        if self._next >= len(self._wire):
            raise ContractDataError(f"missing; the message has {len(self._wire)} fields", name)
        self._next += 1
        return self._wire[self._next - 1]

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        count = self.text(name)
        if not (count.isascii() and count.isdigit()):
            raise ContractDataError(f"a count was expected, not {count!r}", name)
        if 2 * int(count) > len(self._wire) - self._next:
            raise ContractDataError(f"{count} pairs don't fit into the message", name)
        return tuple((self.text(name), self.text(name)) for _ in range(int(count)))

    def expect_end(self, last: str) -> None:
        if surplus := len(self._wire) - self._next:
            raise ContractDataError(f"{surplus} more fields follow", last)


_ORDER = (
    *("message_id", "version", "req_id", "symbol", "sec_type"),
    *("last_trade_date_or_contract_month", "last_trade_date", "strike", "right", "exchange"),
    *("currency", "local_symbol", "market_name", "trading_class", "con_id", "min_tick"),
    *("md_size_multiplier", "multiplier", "order_types", "valid_exchanges", "price_magnifier"),
    *("under_con_id", "long_name", "primary_exchange", "contract_month", "industry", "category"),
    *("subcategory", "time_zone_id", "trading_hours", "liquid_hours", "ev_rule", "ev_multiplier"),
    *("sec_id_list", "agg_group", "under_symbol", "under_sec_type", "market_rule_ids"),
    *("real_expiration_date", "stock_type", _SIZE_MIN_TICK, "min_size", "size_increment"),
    *("suggested_size_increment", "ineligibility_reasons"),
)
"""The wire order of IBKR's decoder, from server version 157 on."""

_VERSIONS = {
    **dict.fromkeys(("version", "md_size_multiplier"), range(SIZE_RULES)),
    "last_trade_date": range(LAST_TRADE_DATE, sys.maxsize),
    _SIZE_MIN_TICK: range(FRACTIONAL_SIZE_SUPPORT, SIZE_RULES),
    **dict.fromkeys(
        ("min_size", "size_increment", "suggested_size_increment"), range(SIZE_RULES, sys.maxsize)
    ),
    "ineligibility_reasons": range(INELIGIBILITY_REASONS, sys.maxsize),
}
"""The server versions that send a field which not all do."""
