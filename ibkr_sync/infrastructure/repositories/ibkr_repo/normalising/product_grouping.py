"""IBKR's rules for turning the contracts of a complete reply into products: all pure.

* A symbol may name several products: DAX in three sizes, SI of 5000 and 1000 ounces, ES the
  index future and ES the stock future. `reqContractDetails` returns all of them, mixed.
* The products of one symbol on one exchange differ by trading class; a weekly series has a
  class of its own (VX48 beside VX) and still belongs to its product.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.untrusted_text import quote_untrusted
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.series import (
    class_of_series_product,
    series_of,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import TranslatedRow


def refuse_foreign_products(request: ContractRequest, rows: Iterable[TranslatedRow]) -> None:
    """Raise InvalidReplyError for a row that was not asked for."""
    for row in rows:
        wanted: object
        found: object
        if request.con_id not in (None, row.con_id):
            wanted, field, found = request.con_id, "con_id", row.con_id
        elif request.local_symbol and row.name.upper().split() != request.local_symbol.split():
            wanted, field, found = request.local_symbol, "local_symbol", row.name
        elif request.symbol and row.symbol != request.symbol:
            wanted, field, found = request.symbol, "symbol", row.symbol
        elif request.exchange and row.exchange and request.exchange not in _exchanges(row):
            wanted, field, found = request.exchange, "exchange", row.exchange
        else:
            continue
        raise InvalidReplyError(row.name, field, found, f"{wanted} was asked for")


def in_own_currency(
    rows: Sequence[TranslatedRow], stored: Mapping[int, FuturesContract]
) -> tuple[TranslatedRow, ...]:
    """The merged rows, in the currency of their class; what is in another is odd, and a remark.

    It is that in which contracts of the class are stored, else that of most rows; where neither
    decides, the rows stay as they are. A contract that is stored in it keeps it, another is none.
    """
    own = {key: _own_currency(key, chain, stored) for key, chain in _classes(rows).items()}

    def settled(row: TranslatedRow) -> TranslatedRow:
        currency = own[_class_of(row.contract)] if row.contract else None
        if row.contract is None or currency in (None, row.contract.currency):
            return row
        known = stored.get(row.con_id)
        remark = Remark(
            kind=RemarkKind.ODD_ROW,
            field="currency",
            value=quote_untrusted(row.contract.currency),
            reason=f"the others are in {currency}",
        )
        remarks = (remark, *row.remarks)
        contract = dataclasses.replace(row.contract, currency=currency, remarks=remarks)
        is_known = known is not None and known.currency == currency
        return dataclasses.replace(row, contract=contract if is_known else None, remarks=remarks)

    return tuple(map(settled, rows))


def in_several_currencies(rows: Iterable[TranslatedRow]) -> set[int]:
    """The conIds of merged rows of classes that come in several currencies."""
    mixed = (chain for chain in _classes(rows).values() if len(_currencies(chain)) > 1)
    return {contract.con_id for chain in mixed for contract in chain}


def group_by_product(
    contracts: Iterable[FuturesContract],
) -> dict[ProductKey, tuple[FuturesContract, ...]]:
    """The contracts of each product, by last trade date; weekly series with their product."""
    by_class: dict[ProductKey, list[FuturesContract]] = defaultdict(list)
    for contract in contracts:
        by_class[_class_of(contract)].append(contract)
    products: dict[ProductKey, list[FuturesContract]] = defaultdict(list)
    for key, members in by_class.items():
        base = _product_of_weekly_class(key, members, by_class)
        for member in members:
            series = series_of(member) if base is None else ContractSeries.WEEKLY
            contract = (
                member if member.series is series else dataclasses.replace(member, series=series)
            )
            products[base or key].append(contract)
    return {key: tuple(sorted(members, key=_by_date)) for key, members in products.items()}


def refuse_mixed_currencies(contracts: Iterable[FuturesContract]) -> None:
    """Raise InvalidReplyError where contracts of one product are paid in several currencies."""
    first, *others = contracts
    for other in others:
        if other.currency != first.currency:
            reason = f"{first.local_symbol} of the same product is in {first.currency}"
            raise InvalidReplyError(other.local_symbol, "currency", other.currency, reason)


def _classes(rows: Iterable[TranslatedRow]) -> dict[ProductKey, list[FuturesContract]]:
    by_class: defaultdict[ProductKey, list[FuturesContract]] = defaultdict(list)
    for row in rows:
        if row.contract is not None:
            by_class[_class_of(row.contract)].append(row.contract)
    return by_class


def _class_of(contract: FuturesContract) -> ProductKey:
    return ProductKey(contract.symbol, contract.exchange, contract.trading_class)


def _own_currency(
    key: ProductKey, chain: Sequence[FuturesContract], stored: Mapping[int, FuturesContract]
) -> str | None:
    known = (stored[contract.con_id] for contract in chain if contract.con_id in stored)
    counts = _currencies(
        contract for contract in known if _class_of(contract) == key
    ) or _currencies(chain)
    (first, most), *others = counts.most_common(2)
    return None if any(count == most for _, count in others) else first


def _currencies(contracts: Iterable[FuturesContract]) -> Counter[str]:
    return Counter(contract.currency for contract in contracts)


def _product_of_weekly_class(
    key: ProductKey,
    members: Sequence[FuturesContract],
    by_class: dict[ProductKey, list[FuturesContract]],
) -> ProductKey | None:
    """The product a weekly class belongs to, if it is there: same symbol, exchange and size.

    A size that a row does not state is no other size.
    """
    trading_class = class_of_series_product(key)
    base = key._replace(trading_class=trading_class) if trading_class else None
    if base is None or base not in by_class:
        return None
    base_sizes = [_size(contract) for contract in by_class[base]]
    fits = all(
        any(_is_compatible(_size(member), size) for size in base_sizes) for member in members
    )
    return base if fits else None


def _size(contract: FuturesContract) -> tuple[object, ...]:
    return contract.multiplier, contract.price_magnifier, contract.currency


def _is_compatible(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return all(a == b or a is None or b is None for a, b in zip(one, other, strict=True))


def _exchanges(row: TranslatedRow) -> set[str | None]:
    return {row.exchange, *(venue.exchange for venue in row.venues)}


def _by_date(contract: FuturesContract) -> tuple[object, ...]:
    return contract.last_trade_date, contract.con_id
