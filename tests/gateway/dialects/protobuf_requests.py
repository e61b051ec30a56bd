"""What a client asks in protobuf; the field numbers are those of IBKR's schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.dialects.protobuf_wire import Field, read_message
from ibkr_sync.infrastructure.replay.protocol.dialect import DialectRequestId
from ibkr_sync.infrastructure.replay.protocol.requests import (
    CancelContractDataRequest,
    ContractDataRequest,
    CurrentTimeRequest,
    MarketRuleRequest,
    Request,
    StartApiRequest,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import WireError

Fields = dict[int, Field]


def decode_request(message_id: int, body: bytes) -> Request:
    """Understand a request that a gateway serves; what can't be understood is said in the result.

    `message_id` is the one below 200.
    """
    req_id = -1
    try:
        fields = _by_number(body)
        if message_id == DialectRequestId.REQ_CONTRACT_DATA:
            req_id = fields[1].integer
        return _DECODERS[message_id](fields)
    except (WireError, KeyError):
        reason = f"Unable to parse message {message_id} in protobuf"
        return UnreadableRequest(reason=reason, req_id=req_id)


def _contract_data_request(fields: Fields) -> ContractDataRequest:
    contract = _by_number(fields[2].content)
    return ContractDataRequest(
        req_id=fields[1].integer,
        con_id=_integer(contract, 1),
        symbol=_text(contract, 2),
        sec_type=_text(contract, 3),
        last_trade_date_or_contract_month=_text(contract, 4),
        strike=_double_text(contract, 5),
        right=_text(contract, 6),
        multiplier=_double_text(contract, 7),
        exchange=_text(contract, 8),
        primary_exchange=_text(contract, 9),
        currency=_text(contract, 10),
        local_symbol=_text(contract, 11),
        trading_class=_text(contract, 12),
        include_expired=bool(_integer(contract, 18)),
        sec_id_type=_text(contract, 13),
        sec_id=_text(contract, 14),
        issuer_id=_text(contract, 16),
    )


_DECODERS: Final[dict[int, Callable[[Fields], Request]]] = {
    DialectRequestId.REQ_CONTRACT_DATA: _contract_data_request,
    DialectRequestId.REQ_CURRENT_TIME: lambda _: CurrentTimeRequest(),
    DialectRequestId.START_API: lambda fields: StartApiRequest(client_id=fields[1].integer),
    DialectRequestId.REQ_MARKET_RULE: lambda fields: MarketRuleRequest(
        market_rule_id=str(fields[1].integer)
    ),
    DialectRequestId.CANCEL_CONTRACT_DATA: lambda _: CancelContractDataRequest(),
}


def _by_number(message: bytes) -> Fields:
    """The fields of a message; of one that is there twice the last counts."""
    return {field.number: field for field in read_message(message)}


def _text(fields: Fields, number: int) -> str:
    return fields[number].text if number in fields else ""


def _double_text(fields: Fields, number: int) -> str:
    return repr(fields[number].double) if number in fields else ""


def _integer(fields: Fields, number: int) -> int:
    return fields[number].integer if number in fields else 0
