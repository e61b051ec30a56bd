"""The JSON schema of a product: versioned, lossless, in the names of the entities.

Exact numbers are text (`"0.25"`), dates `2026-12-18`, months `2026-12`, instants UTC
(`2026-12-18T14:30:00Z`), what is not known is null. `state`, `delivery`, `quoted_tick`,
`tick_value` and `point_value` are derived: written for the reader's sake, ignored when read back,
as are keys that are not known. A later version of the program may add keys; what files before it
lack is unknown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    ContractState,
    FuturesContract,
    Venue,
)
from ibkr_sync.domain.entities.delivery import DELIVERY_FACTS, DeliveryDates
from ibkr_sync.domain.entities.fields import EntityField, FieldKind, Kind, ordered_fields
from ibkr_sync.domain.entities.futures import (
    ASSET_CLASS,
    ASSET_TYPES,
    CONTRACT_FIELDS,
    OF_CONTRACTS,
    PRODUCT_FIELDS,
    Future,
    Underlying,
)
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import ClosedDay, TradingSchedule, TradingSession
from ibkr_sync.domain.untrusted_text import quote_untrusted
from ibkr_sync.interchange import field_values as parse
from ibkr_sync.interchange.document_fields import DocumentFields, InvalidDocumentError

_Readers: TypeAlias = Mapping[str, Callable[[DocumentFields], Any]]

SCHEMA = "ibkr-sync/product/2"
"""Name and version of the schema; any change of meanings, or a key less, makes it `/3`."""

_READABLE = ("ibkr-sync/product/1", SCHEMA)

ADDED_KEYS = frozenset(
    (
        "settlement_method",
        "trading_sessions",
        "liquid_sessions",
        "remarks",
        "absent_since",
        "closed_at",
    )
)
"""Keys that files of a former version lack."""


class DocumentScope(StrEnum):
    """Which contracts of a product a document holds; only a whole chain can be a source."""

    CHAIN = "chain"
    SERIES = "series"
    SIZE = "size"
    SELECTION = "selection"
    CONTRACT = "contract"


_PRODUCT_FIELDS = ordered_fields(
    PRODUCT_FIELDS,
    ("symbol", "exchange", "trading_class", "currency", "name", ASSET_CLASS, "category", "origin"),
)
_CONTRACT_FIELDS = ordered_fields(
    CONTRACT_FIELDS,
    (
        *("con_id", "local_symbol", "contract_month", "last_trade_date", "last_trade_at"),
        *("real_expiration_date", "trading_class", "multiplier", "min_tick", "price_magnifier"),
        "series",
    ),
)
PRODUCT_KEYS = tuple(field.name for field in _PRODUCT_FIELDS)
"""What a document says of the product itself, besides `schema` and `contracts`."""

CONTRACT_KEYS = tuple(field.name for field in _CONTRACT_FIELDS)
"""What a document says of each contract: identity, dates and numbers first."""

REQUIRED_PRODUCT_KEYS = tuple(key for key in PRODUCT_KEYS if key not in ADDED_KEYS)
REQUIRED_CONTRACT_KEYS = tuple(key for key in CONTRACT_KEYS if key not in ADDED_KEYS)
"""What every file says of a product, and of a contract."""

DERIVED_PRODUCT_KEYS = ("quoted_tick", "tick_value", "point_value")
DERIVED_CONTRACT_KEYS = ("state", *DERIVED_PRODUCT_KEYS)

MARKET_RULES = "market_rules"
"""The key of a contract's tick ladders, which are stored by themselves: no part of the contract."""


def product_to_document(
    future: Future,
    now: datetime,
    scope: DocumentScope = DocumentScope.CHAIN,
    ladders: Mapping[int, MarketRule] | None = None,
) -> dict[str, object]:
    """Write a product with its chain, or what `scope` says of it.

    `now` is the aware instant that `state` refers to. What contracts have by month is the
    product's as far as those that live then agree. `ladders` are the tick ladders that are
    stored, by id; None where nobody has looked for them.
    """
    living = future.living(now) or future.contracts
    today = dataclasses.replace(future, contracts=living, synced_at=None)
    of_contracts = {key: _encode(getattr(today, key)) for key in OF_CONTRACTS}
    return {
        "schema": SCHEMA,
        "scope": scope.value,
        **{key: _encode(getattr(future, key)) for key in PRODUCT_KEYS},
        **of_contracts,
        **{key: _encode(getattr(today, key)) for key in DERIVED_PRODUCT_KEYS},
        "contracts": [
            _contract_to_document(contract, now, ladders) for contract in future.contracts
        ],
    }


def product_from_document(document: object) -> Future:
    """Read a product as `product_to_document` wrote it, for one who trusts none of it.

    Gives the entity of its asset class, the chain in order of last trade date. Raises
    InvalidDocumentError, with the path of the field, for a missing key, a value that is not what
    its key says, text with control or direction characters, a contract that is not the product's,
    one conId with two different contents, and a chain that is not whole.
    """
    refuse_other_document(document.get("schema") if isinstance(document, dict) else None)
    keys = ("schema", *REQUIRED_PRODUCT_KEYS, "contracts")
    fields = DocumentFields(document, "", keys=keys)
    refuse_narrowed_document(fields.optional("scope", str))
    chain = fields.children("contracts", keys=REQUIRED_CONTRACT_KEYS)
    return product_with_contracts(read_product(fields), chain)


def refuse_other_document(schema: object, path: str = "") -> None:
    """Raise InvalidDocumentError unless the schema is one that this version reads."""
    kind = schema.split("/")[1:2] if isinstance(schema, str) else []
    if kind and schema not in _READABLE and kind != SCHEMA.split("/")[1:2]:
        raise InvalidDocumentError(
            f"{path}.schema" if path else "schema",
            f"is {quote_untrusted(schema)}: what is listed there is not the chain of a product",
        )
    if schema not in _READABLE:
        raise InvalidDocumentError(
            f"{path}.schema" if path else "schema",
            f"must be {SCHEMA!r}, not {quote_untrusted(schema)}",
        )


def refuse_narrowed_document(scope: str | None, path: str = "") -> None:
    """Raise InvalidDocumentError for a scope but the whole chain; None is that of old files."""
    if scope not in (None, DocumentScope.CHAIN):
        raise InvalidDocumentError(
            f"{path}.scope" if path else "scope",
            f"is {quote_untrusted(scope)}: only a part of the chain was exported",
        )


def read_product(fields: DocumentFields) -> Future:
    """Read the product itself, without its contracts."""
    values = _read(fields, _PRODUCT_READERS)
    return ASSET_TYPES[values.pop(ASSET_CLASS)](**values)


def product_with_contracts(product: Future, chain: Iterable[DocumentFields]) -> Future:
    """Give the product the contracts that are read from `chain`; equal rows are one contract."""
    contracts: dict[int, FuturesContract] = {}
    for fields in chain:
        contract = FuturesContract(**_read(fields, _CONTRACT_READERS))
        _refuse_other_class(product, contract, fields)
        if _is_no_presence(contract, fields):
            continue
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


def _refuse_other_class(product: Future, contract: FuturesContract, fields: DocumentFields) -> None:
    """A monthly contract that trades under another class is another product's (MES beside ES)."""
    is_own = contract.trading_class == product.trading_class
    if is_own or contract.series is not ContractSeries.MONTHLY or contract.is_absent:
        return
    if product.synced_at is None or not contract.is_expired(product.synced_at):
        raise InvalidDocumentError(
            fields.path_of("trading_class"),
            f"is {quote_untrusted(contract.trading_class)}: the contract is of another product"
            f" than {product.key}",
        )


def _is_no_presence(contract: FuturesContract, fields: DocumentFields) -> bool:
    """Whether a row says by its state alone that nobody has seen the contract lately."""
    state = fields.optional("state", parse.choice_value(ContractState))
    is_gone = state in (ContractState.MISSING, ContractState.DELISTED)
    return is_gone and not contract.is_absent


def number_in_document(number: Decimal) -> str:
    """A number as text: every digit it has, no exponent, no trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _contract_to_document(
    contract: FuturesContract, now: datetime, ladders: Mapping[int, MarketRule] | None
) -> dict[str, object]:
    fields = {key: _encode(getattr(contract, key)) for key in CONTRACT_KEYS}
    fields["security_ids"] = [
        {"type": kind, "value": value} for kind, value in contract.security_ids
    ]
    return {
        **fields,
        "state": contract.state(now).value,
        "delivery": _delivery_to_document(contract.delivery or DeliveryDates()),
        **{key: _encode(getattr(contract, key)) for key in DERIVED_PRODUCT_KEYS},
        MARKET_RULES: None if ladders is None else list(_ladders_to_document(contract, ladders)),
    }


def _ladders_to_document(
    contract: FuturesContract, ladders: Mapping[int, MarketRule]
) -> Iterator[dict[str, object]]:
    """Each market rule with its venues and its steps, in currency units and as quoted."""
    for rule_id, exchanges in contract.exchanges_by_rule.items():
        ladder = ladders.get(rule_id)
        steps = None
        if ladder is not None:
            quoted = ladder.quoted(contract.price_magnifier)
            steps = [
                {
                    "low_edge": _encode(step.low_edge),
                    "increment": _encode(step.increment),
                    "quoted_low_edge": _encode(shown.low_edge),
                    "quoted_increment": _encode(shown.increment),
                }
                for step, shown in zip(ladder.increments, quoted.increments, strict=True)
            ]
        yield {"market_rule_id": rule_id, "exchanges": list(exchanges), "increments": steps}


def _delivery_to_document(delivery: DeliveryDates) -> dict[str, object]:
    """What is known of a delivery; a date that `sources` names is known, if only not to be."""
    return {
        **{name: _encode(getattr(delivery, name)) for name in DELIVERY_FACTS},
        "sources": {
            name: {
                "source": source.source,
                "confidence": source.confidence.value,
                "learnt_on": source.learnt_on.isoformat(),
            }
            for name in DELIVERY_FACTS
            if (source := delivery.sources.get(name)) is not None
        },
    }


def _encode(value: object) -> object:
    encoded: object = value
    match value:
        case Decimal():
            encoded = number_in_document(value)
        case datetime():
            encoded = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            encoded = value.isoformat()
        case ContractMonth() | TradingSession() | ClosedDay():
            encoded = str(value)
        case StrEnum():
            encoded = value.value
        case tuple():
            encoded = [_encode(item) for item in value]
        case Venue() | Remark() | Underlying() | TradingSchedule() | ContractListing():
            names = (field.name for field in dataclasses.fields(value))
            encoded = {name: _encode(getattr(value, name)) for name in names}
    return encoded


def _read(fields: DocumentFields, readers: _Readers) -> dict[str, Any]:
    return {name: read(fields) for name, read in readers.items()}


def _venue(fields: DocumentFields) -> Venue:
    return Venue(
        exchange=fields.required("exchange", parse.text_value),
        market_rule_id=fields.optional("market_rule_id", parse.integer_value),
    )


def _pair(fields: DocumentFields) -> tuple[str, str]:
    return fields.required("type", parse.text_value), fields.required("value", parse.text_value)


def _remark(fields: DocumentFields) -> Remark:
    return Remark(
        kind=fields.required("kind", parse.choice_value(RemarkKind)),
        field=fields.required("field", parse.text_value),
        value=fields.optional("value", parse.text_value),
        reason=fields.optional("reason", parse.text_value),
        contract=fields.optional("contract", parse.text_value),
    )


_ITEMS: dict[Kind, tuple[Callable[[DocumentFields], Any], tuple[str, ...]]] = {
    Kind.PAIRS: (_pair, ("type", "value")),
    Kind.VENUES: (_venue, ("exchange", "market_rule_id")),
    Kind.REMARKS: (_remark, tuple(field.name for field in dataclasses.fields(Remark))),
}

_PARSERS: dict[FieldKind, Callable[[object], Any]] = {
    Kind.TEXT: parse.text_value,
    Kind.POSSIBLY_EMPTY_TEXT: parse.possibly_empty_value,
    Kind.ZONE: parse.zone_value,
    Kind.INTEGER: parse.integer_value,
    Kind.POSITIVE_INTEGER: parse.positive_integer_value,
    Kind.NUMBER: parse.number_value,
    Kind.POSITIVE_NUMBER: parse.positive_number_value,
    Kind.DATE: parse.date_value,
    Kind.INSTANT: parse.instant_value,
    Kind.MONTH: parse.month_value,
    Kind.SESSIONS: parse.sessions,
}


def _reader(field: EntityField) -> Callable[[DocumentFields], Any]:
    """What reads a field of its kind from a document."""
    name, entity, parts = field.name, field.kind, field.parts
    if field.kind is Kind.TEXTS:
        return lambda fields: fields.many(name, parse.text_value)
    if isinstance(entity, Kind) and entity in _ITEMS:
        read_item, keys = _ITEMS[entity]
        return lambda fields: tuple(map(read_item, fields.children(name, keys=keys)))
    if parts and isinstance(entity, type):
        readers = _readers(parts)
        return lambda fields: fields.child(
            name,
            lambda nested: entity(**_read(nested, readers)),
            keys=[reader for reader in readers if reader not in ADDED_KEYS],
        )
    parser = parse.choice_value(field.choices) if field.choices else _PARSERS[field.kind]
    if field.nullable:
        return lambda fields: fields.optional(name, parser)
    return lambda fields: fields.required(name, parser)


def _readers(fields: Iterable[EntityField]) -> _Readers:
    return {field.name: _reader(field) for field in fields}


_PRODUCT_READERS = _readers(PRODUCT_FIELDS)
_CONTRACT_READERS = _readers(CONTRACT_FIELDS)
