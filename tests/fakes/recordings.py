"""Products as a gateway would say them: recordings, and what of a product a reply can carry."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

from fakes.hours import sent_hours
from fakes.protocol_versions import PROTOBUF_ROWS, SIZES
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields
from ibkr_sync.infrastructure.replay.recording import Recording, read_recording
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import ReadOnlyClient
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import RowEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReplyRows,
    ReplyRow,
    SentRows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row
from recorded_es import FRAME

RECORDED_ES = read_recording(Path(__file__).parents[1] / "data" / "es_jun25.replay")
"""ES for June 2025 as a real gateway sent it on 2025-05-21."""

QUARTER_POINT = MarketRuleRow(market_rule_id="67", increments=(("0", "0.25"),))


def recording_of(*products: Future) -> Recording:
    """A recording of the chains of these products, and of market rule 67."""
    return Recording(
        contracts=tuple(
            contract_row(contract) for product in products for contract in product.contracts
        ),
        market_rules=(QUARTER_POINT,),
    )


def contract_row(contract: FuturesContract) -> ContractRow:
    """The row in which a gateway says this contract."""
    schedule = contract.schedule
    return ContractRow(
        symbol=contract.symbol,
        last_trade_date_or_contract_month=contract.last_trade_text or last_trade_text(contract),
        exchange=contract.exchange,
        currency=contract.currency,
        local_symbol=contract.local_symbol,
        market_name=contract.market_name or "",
        trading_class=contract.trading_class,
        con_id=str(contract.con_id),
        min_tick=_number(contract.min_tick),
        multiplier=_number(contract.multiplier),
        order_types=",".join(contract.order_types),
        valid_exchanges=",".join(venue.exchange for venue in contract.venues),
        price_magnifier=str(contract.price_magnifier or 0),
        under_con_id=str(contract.underlying_con_id or 0),
        long_name=contract.long_name or "",
        contract_month=str(contract.contract_month or "").replace("-", ""),
        industry=contract.industry or "",
        category=contract.category or "",
        subcategory=contract.subcategory or "",
        time_zone_id=contract.time_zone or "",
        trading_hours=schedule.trading_hours if schedule else "",
        liquid_hours=schedule.liquid_hours if schedule else "",
        ev_rule=contract.economic_value_rule or "",
        ev_multiplier=_number(contract.economic_value_multiplier),
        sec_id_list=contract.security_ids,
        agg_group=str(contract.aggregated_group or 2147483647),
        under_symbol=contract.underlying_symbol or "",
        under_sec_type=contract.underlying_sec_type or "",
        market_rule_ids=",".join(_text(venue.market_rule_id) for venue in contract.venues),
        real_expiration_date=(
            f"{contract.real_expiration_date:%Y%m%d}" if contract.real_expiration_date else ""
        ),
        min_size=_number(contract.min_size),
        size_increment=_number(contract.size_increment),
        suggested_size_increment=_number(contract.suggested_size_increment),
        settlement_method=contract.settlement_method or "",
    )


def last_trade_text(contract: FuturesContract) -> str:
    """When the contract stops trading, in TWS's UTC form; the plain date without an instant."""
    if contract.last_trade_at is None:
        return f"{contract.last_trade_date:%Y%m%d}"
    return f"{contract.last_trade_at.astimezone(UTC):%Y%m%d-%H:%M:%S}"


def as_sent(product: Future, *, category: str | None) -> Future:
    """The product as a text reply of server version 157 can carry it.

    Sizes came with version 164, how it settles with protobuf, 2147483647 says that there is no
    group, the hours are in the exchange's zone, and the category comes from the catalogue.
    """
    chain = tuple(
        dataclasses.replace(
            contract,
            last_trade_text=last_trade_text(contract),
            aggregated_group=None,
            min_size=None,
            size_increment=None,
            suggested_size_increment=None,
            settlement_method=None,
            schedule=(
                sent_hours(
                    contract.schedule.trading_hours,
                    contract.schedule.liquid_hours,
                    time_zone_id=contract.time_zone,
                    zone=contract.time_zone,
                )
                if contract.schedule and contract.time_zone
                else None
            ),
        )
        for contract in product.contracts
    )
    return dataclasses.replace(product, category=category, contracts=chain)


def _number(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def received(row: ContractRow, *, server_version: int = 157) -> ReplyRow:
    """The row as a session takes it in from its frame."""
    layout = ContractDataLayout(server_version)
    return received_frame(wire_from_fields(layout.encode(row, "1")), server_version)


def reply_rows(rows: Iterable[ReplyRow]) -> ContractReplyRows:
    """Rows as a complete reply holds them."""
    received = list(rows)
    by_frame = {row.frame: row for row in received}
    return ContractReplyRows(SentRows(row.frame for row in received), by_frame.__getitem__)


def contract_of(row: ReplyRow) -> FuturesContract:
    """The contract that a row makes by itself."""
    contract = translate_row(row).contract
    assert contract is not None
    return contract


def received_frame(frame: bytes, server_version: int) -> ReplyRow:
    """The frame of a row as a session takes it in."""
    message = message_in_frame(frame, server_version)
    event = _decoder(server_version).decode_message(message.decodable())
    assert isinstance(event, RowEvent)
    return ReplyRow(details=event.details, text=message.row_text(), frame=frame)


@cache
def _decoder(server_version: int) -> ReadOnlyClient:
    """A client that is connected to nothing; ibapi takes milliseconds to make one."""
    return ReadOnlyClient(cast("Any", None), 1, server_version)


def recorded_frame(server_version: int) -> bytes:
    """The recorded frame; before 164 with the two fields that such servers send besides."""
    fields = FRAME.split("|")
    if server_version < SIZES:
        fields[1:1] = ["8"]  # the message's version
        fields[15:15] = ["1"]  # mdSizeMultiplier
        del fields[-4:-1]  # the sizes
        fields[-1:-1] = ["1"] if server_version == SIZES - 1 else []  # the smallest size
    return "\0".join(fields).encode("ascii")


def as_sent_at(server_version: int, contract: FuturesContract) -> FuturesContract:
    """The contract as a server of this version can say it.

    Its sizes came with 164, how it settles with protobuf.
    """
    if server_version < PROTOBUF_ROWS:
        contract = dataclasses.replace(contract, settlement_method=None)
    if server_version >= SIZES:
        return contract
    return dataclasses.replace(
        contract, min_size=None, size_increment=None, suggested_size_increment=None
    )
