"""The dialect of the server versions up to 200: text throughout."""

from __future__ import annotations

from datetime import datetime

from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.dialect import (
    NEWEST_TEXT_SERVER_VERSION,
    OLDEST_SERVER_VERSION,
    Dialect,
    DialectRequestId,
)
from ibkr_sync.infrastructure.replay.protocol.requests import (
    AccountRequest,
    CancelContractDataRequest,
    ContractDataRequest,
    CurrentTimeRequest,
    MarketRuleRequest,
    OtherRequest,
    Request,
    StartApiRequest,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import (
    WireError,
    fields_from_wire,
    wire_from_fields,
)
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow

ADVANCED_ORDER_REJECT = 166
BOND_ISSUER_ID = 176
ERROR_TIME = 194

_CONTRACT_REQUEST_FIELDS = 18

_NAMED_FIELD = {6: 3, 7: 2, 62: 2, 74: 2, 76: 2}
"""Where requests for account data have what the end of their answer names."""

_ENDS_OF_ACCOUNT_DATA = {
    5: ("53", "1"),  # open orders of the client
    6: ("54", "1"),  # values of an account
    7: ("55", "1"),  # executions
    14: None,  # the server's log level
    15: None,  # binding manual orders
    16: ("53", "1"),  # open orders of all clients
    59: None,  # type of market data
    61: ("62", "1"),  # positions
    62: ("64", "1"),  # summary of accounts
    63: None,  # no more of that
    64: None,  # no more positions
    74: ("72", "1"),  # positions by model
    75: None,  # no more of them
    76: ("74", "1"),  # values by model
    77: None,  # no more of them
    99: ("102",),  # completed orders
}
"""What clients ask when they start, and the message that ends the answer."""


class TextDialect(Dialect):
    """NUL-terminated text fields, the message id among them."""

    def __init__(self, server_version: int) -> None:
        self.server_version = server_version
        self._layout = ContractDataLayout(server_version)
        self._encoded_rows: dict[ContractRow, tuple[bytes, bytes]] = {}

    def decode(self, payload: bytes) -> Request:
        """Understand a client's message; what can't be understood is said in the result."""
        try:
            fields = fields_from_wire(payload)
            message_id = int(fields[0])
        except (WireError, ValueError, IndexError):
            return UnreadableRequest(reason="Unable to parse the message")
        try:
            if message_id in _ENDS_OF_ACCOUNT_DATA:
                named = _NAMED_FIELD.get(message_id)
                return AccountRequest(message_id=message_id, names=fields[named] if named else "")
            return self._decode_known(message_id, fields)
        except (ValueError, IndexError):
            return UnreadableRequest(
                reason=f"Unable to parse message {message_id}", req_id=_req_id(message_id, fields)
            )

    def _decode_known(self, message_id: int, fields: tuple[str, ...]) -> Request:
        match message_id:
            case DialectRequestId.REQ_CONTRACT_DATA:
                return self._contract_data_request(fields)
            case DialectRequestId.REQ_CURRENT_TIME:
                return CurrentTimeRequest()
            case DialectRequestId.START_API:
                return StartApiRequest(client_id=int(fields[2]))
            case DialectRequestId.REQ_MARKET_RULE:
                return MarketRuleRequest(market_rule_id=str(int(fields[1])))
            case DialectRequestId.CANCEL_CONTRACT_DATA:
                return CancelContractDataRequest()
            case _:
                return OtherRequest(message_id=message_id)

    def _contract_data_request(self, fields: tuple[str, ...]) -> ContractDataRequest:
        has_issuer = self.server_version >= BOND_ISSUER_ID
        if len(fields) != _CONTRACT_REQUEST_FIELDS + has_issuer:
            raise ValueError("wrong number of fields")
        return ContractDataRequest(
            req_id=int(fields[2]),
            con_id=int(fields[3] or 0),
            symbol=fields[4],
            sec_type=fields[5],
            last_trade_date_or_contract_month=fields[6],
            strike=fields[7],
            right=fields[8],
            multiplier=fields[9],
            exchange=fields[10],
            primary_exchange=fields[11],
            currency=fields[12],
            local_symbol=fields[13],
            trading_class=fields[14],
            include_expired=bool(int(fields[15] or 0)),
            sec_id_type=fields[16],
            sec_id=fields[17],
            issuer_id=fields[18] if has_issuer else "",
        )

    def next_valid_id(self, order_id: int) -> bytes:
        """Say that requests are now accepted."""
        return wire_from_fields(("9", "1", str(order_id)))

    def managed_accounts(self, accounts: str) -> bytes:
        """List the accounts of the login, comma-separated."""
        return wire_from_fields(("15", "1", accounts))

    def error(self, req_id: int, code: int, text: str, at: datetime) -> bytes:
        """Report an error; its layout grew at 166 and lost its version field at 194."""
        fields = ["4"] if self.server_version >= ERROR_TIME else ["4", "2"]
        fields += [str(req_id), str(code), ascii_text(text)]
        if self.server_version >= ADVANCED_ORDER_REJECT:
            fields.append("")
        if self.server_version >= ERROR_TIME:
            fields.append(str(int(at.timestamp() * 1000)))
        return wire_from_fields(fields)

    def contract_data(self, row: ContractRow, req_id: int) -> bytes:
        """Say one row; all but the request id is encoded once and kept."""
        parts = self._encoded_rows.get(row)
        if parts is None:
            parts = self._encoded_rows[row] = self._layout.encode_around_req_id(row)
        return b"%b%d\0%b" % (parts[0], req_id, parts[1])

    def contract_data_end(self, req_id: int) -> bytes:
        """End a contract-details reply."""
        return wire_from_fields(("52", "1", str(req_id)))

    def market_rule(self, rule: MarketRuleRow) -> bytes:
        """Say one market rule; the message has neither version nor request id."""
        return wire_from_fields(market_rule_text(rule))

    def end_of_account_data(self, request: AccountRequest) -> bytes | None:
        """End the answer to a request for what an account has; None where TWS says nothing."""
        end = _ENDS_OF_ACCOUNT_DATA[request.message_id]
        if end is None:
            return None
        return wire_from_fields(
            (*end, request.names) if request.message_id in _NAMED_FIELD else end
        )

    def current_time(self, at: datetime) -> bytes:
        """Say the gateway's clock."""
        return wire_from_fields(("49", "1", str(int(at.timestamp()))))


def text_dialect(server_version: int) -> Dialect:
    """The dialect of a negotiated server version; raises ValueError where it isn't text."""
    if not OLDEST_SERVER_VERSION <= server_version <= NEWEST_TEXT_SERVER_VERSION:
        raise ValueError(
            f"server version {server_version} is outside "
            f"{OLDEST_SERVER_VERSION}..{NEWEST_TEXT_SERVER_VERSION}"
        )
    return TextDialect(server_version)


def market_rule_text(rule: MarketRuleRow) -> list[str]:
    """The fields of message 93: rule id, number of increments, then low edge and increment."""
    pairs = [field for increment in rule.increments for field in increment]
    return ["93", rule.market_rule_id, str(len(rule.increments)), *pairs]


def ascii_text(text: str) -> str:
    """Write text as TWS does from server version 153 on: ASCII, everything else escaped."""
    escaped = text.replace("\\", "\\\\")
    return escaped.encode("ascii", "backslashreplace").decode("ascii")


def _req_id(message_id: int, fields: tuple[str, ...]) -> int:
    """The request id of a message that can't be read otherwise, -1 if that can't be either."""
    try:
        return int(fields[2]) if message_id == DialectRequestId.REQ_CONTRACT_DATA else -1
    except (ValueError, IndexError):
        return -1
