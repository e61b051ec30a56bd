"""What a client can ask of a replay gateway, whatever dialect it was said in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StartApiRequest:
    """The client's first message: from now on it is served under its client id."""

    client_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDataRequest:
    """A contract-details request; "" is a field the client left open.

    Attributes:
        con_id: 0 when open.
        last_trade_date_or_contract_month: six digits are a contract month, eight a last
            trade date.
    """

    req_id: int
    con_id: int = 0
    symbol: str = ""
    sec_type: str = ""
    last_trade_date_or_contract_month: str = ""
    strike: str = ""
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primary_exchange: str = ""
    currency: str = ""
    local_symbol: str = ""
    trading_class: str = ""
    include_expired: bool = False
    sec_id_type: str = ""
    sec_id: str = ""
    issuer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRuleRequest:
    """A request for the price increments of one market rule."""

    market_rule_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTimeRequest:
    """A request for the gateway's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelContractDataRequest:
    """Takes back a contract-details request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRequest:
    """A request for what an account has: orders, executions, positions, values. Here it is none.

    Attributes:
        names: what the end of the answer names: a request id, an account, or nothing.
    """

    message_id: int
    names: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRequest:
    """Any message that a gateway in read-only mode doesn't serve, orders above all."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRequest:
    """A frame that isn't a message, or a message whose fields cannot be read."""

    reason: str
    req_id: int = -1


Request = (
    StartApiRequest
    | ContractDataRequest
    | MarketRuleRequest
    | CurrentTimeRequest
    | CancelContractDataRequest
    | AccountRequest
    | OtherRequest
    | UnreadableRequest
)
