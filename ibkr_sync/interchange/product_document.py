"""The JSON schema of a product: versioned, lossless, in the names of the entities.

Exact numbers are text (`"0.25"`), dates `2026-12-18`, months `2026-12`, instants UTC
(`2026-12-18T14:30:00Z`), what is not known is null. `state`, `quoted_tick`, `tick_value` and
`point_value` are derived: written for the reader's sake, ignored when read back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    FuturesContract,
    TradingSchedule,
    Venue,
)
from ibkr_sync.domain.entities.futures import (
    ASSET_TYPES,
    AssetClass,
    Future,
    Origin,
    Underlying,
)
from ibkr_sync.domain.untrusted_text import shown
from ibkr_sync.interchange import field_values as parse
from ibkr_sync.interchange.document_fields import DocumentFields, InvalidDocumentError

SCHEMA = "ibkr-sync/product/1"
"""Name and version of the schema; any change of keys or meanings makes it `/2`."""

PRODUCT_KEYS = (
    "symbol",
    "exchange",
    "trading_class",
    "currency",
    "name",
    "asset_class",
    "category",
    "origin",
    "underlying",
    "multiplier",
    "price_magnifier",
    "min_tick",
    "time_zone",
    "synced_at",
)
"""What a document says of the product itself, besides `schema` and `contracts`."""

CONTRACT_KEYS = (
    "con_id",
    "local_symbol",
    "contract_month",
    "last_trade_date",
    "last_trade_at",
    "real_expiration_date",
    "trading_class",
    "multiplier",
    "min_tick",
    "price_magnifier",
    "series",
    "symbol",
    "exchange",
    "currency",
    "last_trade_text",
    "market_name",
    "long_name",
    "underlying_con_id",
    "underlying_symbol",
    "underlying_sec_type",
    "industry",
    "category",
    "subcategory",
    "time_zone",
    "venues",
    "order_types",
    "security_ids",
    "economic_value_rule",
    "economic_value_multiplier",
    "aggregated_group",
    "min_size",
    "size_increment",
    "suggested_size_increment",
    "schedule",
    "listing",
)
"""What a document says of each contract."""

DERIVED_PRODUCT_KEYS = ("quoted_tick", "tick_value", "point_value")
DERIVED_CONTRACT_KEYS = ("state", *DERIVED_PRODUCT_KEYS)
UNDERLYING_KEYS = ("symbol", "sec_type", "con_id")
SCHEDULE_KEYS = ("trading_hours", "liquid_hours", "time_zone_id")
LISTING_KEYS = ("first_seen_at", "last_seen_at", "missing_since", "delisted_at")


def product_to_document(future: Future, now: datetime) -> dict[str, object]:
    """Write a product with its chain; `now` is the aware instant that `state` refers to."""
    return {
        "schema": SCHEMA,
        **{key: _encode(getattr(future, key)) for key in PRODUCT_KEYS},
        "quoted_tick": _encode(future.quoted_tick),
        "tick_value": _encode(future.tick_value),
        "point_value": _encode(_point_value(future)),
        "contracts": [_contract_to_document(contract, now) for contract in future.contracts],
    }


def product_from_document(document: object) -> Future:
    """Read a product as `product_to_document` wrote it, for one who trusts none of it.

    Gives the entity of its asset class, the chain in order of last trade date. Raises
    InvalidDocumentError, with the path of the field, for a missing or unknown key, a value
    that is not what its key says, text with control or direction characters, a contract that
    is not the product's, and one conId with two different contents.
    """
    refuse_other_schema(document.get("schema") if isinstance(document, dict) else None)
    fields = DocumentFields(
        document, "", keys=("schema", *PRODUCT_KEYS, "contracts"), ignored=DERIVED_PRODUCT_KEYS
    )
    return with_contracts(
        read_product(fields),
        fields.children("contracts", keys=CONTRACT_KEYS, ignored=DERIVED_CONTRACT_KEYS),
    )


def refuse_other_schema(schema: object, path: str = "") -> None:
    """Raise InvalidDocumentError unless the schema is the one this version reads."""
    if schema != SCHEMA:
        raise InvalidDocumentError(
            f"{path}.schema" if path else "schema", f"must be {SCHEMA!r}, not {shown(schema)}"
        )


def read_product(fields: DocumentFields) -> Future:
    """Read the product itself, without its contracts."""
    return ASSET_TYPES[fields.required("asset_class", parse.choice(AssetClass))](
        symbol=fields.required("symbol", parse.text),
        exchange=fields.required("exchange", parse.text),
        trading_class=fields.required("trading_class", parse.text),
        currency=fields.required("currency", parse.text),
        name=fields.optional("name", parse.text),
        category=fields.optional("category", parse.text),
        underlying=fields.child("underlying", _read_underlying, keys=UNDERLYING_KEYS),
        multiplier=fields.optional("multiplier", parse.positive_number),
        price_magnifier=fields.optional("price_magnifier", parse.positive_integer),
        min_tick=fields.optional("min_tick", parse.positive_number),
        time_zone=fields.optional("time_zone", parse.zone),
        origin=fields.required("origin", parse.choice(Origin)),
        synced_at=fields.optional("synced_at", parse.instant),
    )


def with_contracts(product: Future, chain: Iterable[DocumentFields]) -> Future:
    """Give the product the contracts that are read from `chain`; equal rows are one contract."""
    contracts: dict[int, FuturesContract] = {}
    for fields in chain:
        contract = _read_contract(fields)
        for key in ("symbol", "exchange", "currency"):
            if getattr(contract, key) != getattr(product, key):
                raise InvalidDocumentError(
                    fields.path_of(key), f"differs from that of {product.key}"
                )
        if contracts.setdefault(contract.con_id, contract) != contract:
            raise InvalidDocumentError(
                fields.path_of("con_id"), f"{contract.con_id} stands twice with different contents"
            )
    in_order = sorted(contracts.values(), key=lambda contract: contract.last_trade_date)
    return dataclasses.replace(product, contracts=tuple(in_order))


def exact_text(number: Decimal) -> str:
    """A number as text: every digit it has, no exponent, no trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _point_value(future: Future) -> Decimal | None:
    if future.multiplier is None:
        return None
    return future.multiplier / (future.price_magnifier or 1)


def _contract_to_document(contract: FuturesContract, now: datetime) -> dict[str, object]:
    fields = {key: _encode(getattr(contract, key)) for key in CONTRACT_KEYS}
    fields["security_ids"] = [
        {"type": kind, "value": value} for kind, value in contract.security_ids
    ]
    return {
        **fields,
        "state": contract.state(now).value,
        **{key: _encode(getattr(contract, key)) for key in DERIVED_PRODUCT_KEYS},
    }


def _encode(value: object) -> object:
    encoded: object = value
    match value:
        case Decimal():
            encoded = exact_text(value)
        case datetime():
            encoded = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            encoded = value.isoformat()
        case ContractMonth():
            encoded = str(value)
        case StrEnum():
            encoded = value.value
        case tuple():
            encoded = [_encode(item) for item in value]
        case Venue() | Underlying() | TradingSchedule() | ContractListing():
            names = (field.name for field in dataclasses.fields(value))
            encoded = {name: _encode(getattr(value, name)) for name in names}
    return encoded


def _read_underlying(fields: DocumentFields) -> Underlying:
    return Underlying(
        symbol=fields.required("symbol", parse.text),
        sec_type=fields.optional("sec_type", parse.text),
        con_id=fields.optional("con_id", parse.positive_integer),
    )


def _read_contract(fields: DocumentFields) -> FuturesContract:
    return FuturesContract(
        con_id=fields.required("con_id", parse.positive_integer),
        symbol=fields.required("symbol", parse.text),
        exchange=fields.required("exchange", parse.text),
        trading_class=fields.required("trading_class", parse.text),
        currency=fields.required("currency", parse.text),
        local_symbol=fields.required("local_symbol", parse.text),
        last_trade_date=fields.required("last_trade_date", parse.date),
        last_trade_at=fields.optional("last_trade_at", parse.instant),
        last_trade_text=fields.optional("last_trade_text", parse.text),
        contract_month=fields.optional("contract_month", parse.month),
        real_expiration_date=fields.optional("real_expiration_date", parse.date),
        series=fields.required("series", parse.choice(ContractSeries)),
        multiplier=fields.optional("multiplier", parse.positive_number),
        min_tick=fields.optional("min_tick", parse.positive_number),
        price_magnifier=fields.optional("price_magnifier", parse.positive_integer),
        market_name=fields.optional("market_name", parse.text),
        long_name=fields.optional("long_name", parse.text),
        underlying_con_id=fields.optional("underlying_con_id", parse.positive_integer),
        underlying_symbol=fields.optional("underlying_symbol", parse.text),
        underlying_sec_type=fields.optional("underlying_sec_type", parse.text),
        industry=fields.optional("industry", parse.text),
        category=fields.optional("category", parse.text),
        subcategory=fields.optional("subcategory", parse.text),
        time_zone=fields.optional("time_zone", parse.zone),
        venues=tuple(
            Venue(
                exchange=venue.required("exchange", parse.text),
                market_rule_id=venue.optional("market_rule_id", parse.integer),
            )
            for venue in fields.children("venues", keys=("exchange", "market_rule_id"))
        ),
        order_types=fields.many("order_types", parse.text),
        security_ids=tuple(
            (pair.required("type", parse.text), pair.required("value", parse.text))
            for pair in fields.children("security_ids", keys=("type", "value"))
        ),
        economic_value_rule=fields.optional("economic_value_rule", parse.text),
        economic_value_multiplier=fields.optional("economic_value_multiplier", parse.number),
        aggregated_group=fields.optional("aggregated_group", parse.integer),
        min_size=fields.optional("min_size", parse.number),
        size_increment=fields.optional("size_increment", parse.number),
        suggested_size_increment=fields.optional("suggested_size_increment", parse.number),
        schedule=fields.child("schedule", _read_schedule, keys=SCHEDULE_KEYS),
        listing=fields.child("listing", _read_listing, keys=LISTING_KEYS),
    )


def _read_schedule(fields: DocumentFields) -> TradingSchedule:
    return TradingSchedule(
        trading_hours=fields.required("trading_hours", parse.possibly_empty_text),
        liquid_hours=fields.required("liquid_hours", parse.possibly_empty_text),
        time_zone_id=fields.required("time_zone_id", parse.possibly_empty_text),
    )


def _read_listing(fields: DocumentFields) -> ContractListing:
    return ContractListing(
        first_seen_at=fields.required("first_seen_at", parse.instant),
        last_seen_at=fields.required("last_seen_at", parse.instant),
        missing_since=fields.optional("missing_since", parse.instant),
        delisted_at=fields.optional("delisted_at", parse.instant),
    )
