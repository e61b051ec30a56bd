"""Rows to entities and back: two pure functions, the same for every asset type.

A product's row is a mapping from column names of `tables` to values; those of its chain, which are
many, are tuples in the order of the constants here. Columns carry the names of the fields they
hold; only `underlying` and `listing` spread over several columns. `schedules` has the hours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract, Venue
from ibkr_sync.domain.entities.fields import Kind, fields_of
from ibkr_sync.domain.entities.futures import (
    ASSET_CLASS,
    ASSET_TYPES,
    CONTRACT_FIELDS,
    OF_CONTRACTS,
    PRODUCT_FIELDS,
    Future,
    Underlying,
)
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.local_repo.schema.columns import decimal_column_text
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import UNDERLYING_PREFIX

LARGEST_INTEGER = 2**63 - 1

_PLAIN_PRODUCT_FIELDS = tuple(field for field in PRODUCT_FIELDS if not field.parts)
_PRODUCT_COLUMNS = tuple(field.name for field in _PLAIN_PRODUCT_FIELDS)
_REMARKS_OF_PRODUCT = tuple(
    field.name for field in _PLAIN_PRODUCT_FIELDS if field.kind is Kind.REMARKS
)
_UNDERLYING_COLUMNS = {
    field.name: f"{UNDERLYING_PREFIX}{field.name}" for field in fields_of(Underlying)
}

_PLAIN_FIELDS = tuple(field for field in CONTRACT_FIELDS if not field.parts)
_VENUES = tuple(field.name for field in _PLAIN_FIELDS if field.kind is Kind.VENUES)
_PAIRS = tuple(field.name for field in _PLAIN_FIELDS if field.kind is Kind.PAIRS)
_REMARKS = tuple(field.name for field in _PLAIN_FIELDS if field.kind is Kind.REMARKS)
_KEPT_AS_THEY_ARE = tuple(
    field.name for field in _PLAIN_FIELDS if field.name not in (*_VENUES, *_REMARKS)
)
_FACTS = (*_KEPT_AS_THEY_ARE, *_VENUES, *_REMARKS)
_SCHEDULE_TEXTS = tuple(
    field.name for field in fields_of(TradingSchedule) if field.kind is not Kind.SESSIONS
)

LISTING_COLUMNS = tuple(field.name for field in fields_of(ContractListing))
"""The last ones of `CONTRACT_COLUMNS`."""

CONTRACT_COLUMNS = (*_FACTS, *LISTING_COLUMNS)
"""What a contract's row holds, its con_id first, but for the product it belongs to."""

_LISTING = slice(len(_FACTS), len(CONTRACT_COLUMNS))
_SCHEDULE = len(CONTRACT_COLUMNS)

_values_of_contract = attrgetter(*_KEPT_AS_THEY_ARE)
_values_of_listing = attrgetter(*LISTING_COLUMNS)
_texts_of = attrgetter(*_SCHEDULE_TEXTS)
_REMARK_FIELDS = tuple(field.name for field in dataclasses.fields(Remark))
_values_of_remark = attrgetter(*_REMARK_FIELDS)
_NEVER_STORED = (None,) * len(LISTING_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRows:
    """A product as rows, those of its chain by con_id, as there are many of them.

    Attributes:
        product: values by column.
        contracts: values in the order of `CONTRACT_COLUMNS`.
    """

    product: dict[str, Any]
    contracts: dict[int, tuple[Any, ...]]

    def listing(self, con_id: int) -> tuple[Any, ...]:
        """A contract's values of `LISTING_COLUMNS`."""
        return self.contracts[con_id][_LISTING]


def map_to_rows(future: Future, con_ids: Collection[int] | None = None) -> ProductRows:
    """Spread a product over rows, without the ids that the database gives.

    Of its contracts only those with the given ids, or all.

    Raises InvalidReplyError for a value that SQLite and PostgreSQL would not both keep
    unchanged: NUL or half a surrogate pair in text, a number beyond 64 bits or not finite.
    """
    underlying = future.underlying
    product = {name: getattr(future, name) for name in _PRODUCT_COLUMNS} | {
        column: getattr(underlying, name) if underlying else None
        for name, column in _UNDERLYING_COLUMNS.items()
    }
    for name in _REMARKS_OF_PRODUCT:
        product[name] = _remark_values(product[name])
    if future.contracts:  # what they say is theirs
        product |= dict.fromkeys(OF_CONTRACTS)
    refuse_unstorable(str(future.key), product)
    contracts = [
        contract for contract in future.contracts if con_ids is None or contract.con_id in con_ids
    ]
    chain = {contract.con_id: _contract_row(contract, future.synced_at) for contract in contracts}
    schedules = {
        contract.con_id: _texts_of(contract.schedule)
        for contract in future.contracts
        if contract.schedule
    }
    _refuse_unstorable_rows(CONTRACT_COLUMNS, chain)
    _refuse_unstorable_rows(_SCHEDULE_TEXTS, schedules)
    return ProductRows(product=product, contracts=chain)


def map_to_entity(product: Mapping[Any, Any], chain: Iterable[Sequence[Any]]) -> Future:
    """Build a product, of the entity of its asset class, from its row and its contracts' rows.

    A contract's row has the values of `CONTRACT_COLUMNS` and then its schedule; one that does not
    say when it was last seen was seen when the product was synced.
    """
    values = {name: product[name] for name in _PRODUCT_COLUMNS}
    for name in _REMARKS_OF_PRODUCT:
        values[name] = map_to_remarks(values[name])
    return ASSET_TYPES[values.pop(ASSET_CLASS)](
        **values,
        underlying=_underlying(product),
        contracts=tuple(_contract(row, values["synced_at"]) for row in chain),
    )


def _underlying(product: Mapping[Any, Any]) -> Underlying | None:
    parts = {name: product[column] for name, column in _UNDERLYING_COLUMNS.items()}
    return None if parts["symbol"] is None else Underlying(**parts)


def _contract_row(contract: FuturesContract, synced_at: datetime | None) -> tuple[Any, ...]:
    return (
        *_values_of_contract(contract),
        *(_pairs(getattr(contract, name)) for name in _VENUES),
        *(_remark_values(getattr(contract, name)) for name in _REMARKS),
        *_listing_row(contract.listing, synced_at),
    )


@lru_cache(1024)
def _listing_row(listing: ContractListing | None, synced_at: datetime | None) -> tuple[Any, ...]:
    if listing is None:
        return _NEVER_STORED
    first, _, *absence = _values_of_listing(listing)
    return (first, stored_last_seen(listing, synced_at), *absence)


def stored_last_seen(
    listing: ContractListing | None, synced_at: datetime | None
) -> datetime | None:
    """When a contract was last seen, as its row holds it: None for the last sync of its product.

    So a reply in which nothing is new writes no row for each of its contracts.
    """
    return None if listing is None or listing.last_seen_at == synced_at else listing.last_seen_at


def _contract(row: Sequence[Any], synced_at: datetime | None) -> FuturesContract:
    facts = dict(zip(_FACTS, row, strict=False))
    for name in _VENUES:
        facts[name] = _venues(facts[name])
    for name in _PAIRS:
        facts[name] = _text_pairs(facts[name])
    for name in _REMARKS:
        facts[name] = map_to_remarks(facts[name])
    return FuturesContract(
        **facts,
        schedule=row[_SCHEDULE],
        listing=_listing(*row[_LISTING], synced_at=synced_at),
    )


# Whole chains have these in common.


@lru_cache(1024)
def _pairs(venues: tuple[Venue, ...]) -> tuple[tuple[str, int | None], ...]:
    return tuple((venue.exchange, venue.market_rule_id) for venue in venues)


@lru_cache(1024)
def _venues(pairs: tuple[tuple[str, int | None], ...]) -> tuple[Venue, ...]:
    return tuple(Venue(exchange=name, market_rule_id=rule) for name, rule in pairs)


@lru_cache(1024)
def _remark_values(remarks: tuple[Remark, ...]) -> tuple[tuple[str | None, ...], ...]:
    return tuple(_values_of_remark(remark) for remark in remarks)


@lru_cache(1024)
def map_to_remarks(values: tuple[tuple[Any, ...], ...]) -> tuple[Remark, ...]:
    """The remarks that a column holds; raises ValueError or TypeError for what is none."""
    return tuple(
        Remark(**dict(zip(_REMARK_FIELDS, (RemarkKind(kind), *others), strict=True)))
        for kind, *others in values
    )


@lru_cache(1024)
def _text_pairs(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, value) for kind, value in pairs)


@lru_cache(1024)
def _listing(
    first_seen_at: datetime,
    last_seen_at: datetime | None,
    missing_since: datetime | None,
    delisted_at: datetime | None,
    *,
    synced_at: datetime | None,
) -> ContractListing:
    seen = last_seen_at or synced_at
    if seen is None:
        raise ValueError("a contract of a product that was never synced was never seen")
    return ContractListing(
        first_seen_at=first_seen_at,
        last_seen_at=seen,
        missing_since=missing_since,
        delisted_at=delisted_at,
    )


def refuse_unstorable(owner: str, row: Mapping[str, Any]) -> None:
    """Raise InvalidReplyError for a value that SQLite and PostgreSQL would not both keep."""
    for name, value in row.items():
        find = _FIND_REASON.get(type(value))
        if find is not None and (reason := find(value)) is not None:
            raise InvalidReplyError(owner, name, value, reason)


def _refuse_unstorable_rows(names: Sequence[str], rows: Mapping[int, tuple[Any, ...]]) -> None:
    """The same for rows by con_id: a value that a whole chain shares is looked at once."""
    for name, column in zip(names, zip(*rows.values(), strict=True), strict=False):
        for value in dict(zip(map(id, column), column, strict=True)).values():
            if unstorable_reason(value) is not None:
                con_id = next(key for key, row in zip(rows, column, strict=True) if row is value)
                refuse_unstorable(f"conId {con_id}", {name: value})


def unstorable_reason(value: object) -> str | None:
    """Why a value would not be kept unchanged by both databases; None if it would."""
    find = _FIND_REASON.get(type(value))
    return None if find is None else find(value)


def _reason_of_parts(parts: tuple[object, ...]) -> str | None:
    return next((reason for reason in map(unstorable_reason, parts) if reason), None)


def _reason_of_text(text: str) -> str | None:
    if "\0" in text:
        return "holds a NUL character"
    if not text.isascii() and any("\ud800" <= other <= "\udfff" for other in text):
        return "holds half a surrogate pair"
    return None


def _reason_of_integer(number: int) -> str | None:
    return "is larger than 64 bits" if abs(number) > LARGEST_INTEGER else None


def _reason_of_decimal(number: Decimal) -> str | None:
    try:
        decimal_column_text(number)
    except ValueError as error:
        return str(error)
    return None


_FIND_REASON: Mapping[type, Callable[[Any], str | None]] = {
    str: lru_cache(1024)(_reason_of_text),
    int: _reason_of_integer,
    Decimal: _reason_of_decimal,
    tuple: lru_cache(1024)(_reason_of_parts),
}


def map_to_storable_text(text: str) -> str:
    """Text that a person or a gateway wrote, as both databases can keep it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
