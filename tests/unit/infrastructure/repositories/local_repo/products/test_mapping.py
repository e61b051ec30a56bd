import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import examples
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import (
    CONTRACT_COLUMNS,
    map_to_entity,
    map_to_rows,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    products,
)
from strategies import futures

SEEN = ContractListing(
    first_seen_at=datetime(2026, 1, 1, tzinfo=UTC), last_seen_at=datetime(2026, 2, 1, tzinfo=UTC)
)


def listed(product: Future) -> Future:
    """The product as if each contract had been stored."""
    chain = (
        dataclasses.replace(contract, listing=contract.listing or SEEN)
        for contract in product.contracts
    )
    return dataclasses.replace(product, contracts=tuple(chain))


def as_read(product: Future) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """The rows of a product as a query joins them."""
    rows = map_to_rows(product)
    hours = {contract.con_id: contract.schedule for contract in product.contracts}
    chain = [(*row, hours[con_id]) for con_id, row in rows.contracts.items()]
    return rows.product, chain


@given(futures())
def test_a_product_comes_back_from_its_rows_with_all_it_holds(product: Future) -> None:
    given_product = listed(product)
    found = map_to_entity(*as_read(given_product))
    assert type(found) is type(given_product)
    assert dataclasses.asdict(found) == dataclasses.asdict(given_product)


@given(futures())
def test_a_product_row_has_exactly_the_columns_of_its_table(product: Future) -> None:
    rows = map_to_rows(listed(product))
    assert rows.product.keys() == {text.name for text in products.c} - {
        *("id", "first_seen_at", "schedule_id", "reply_digest")
    }


def test_rows_of_a_chain_have_exactly_the_columns_of_their_tables() -> None:
    derived = {"ends_at", "hold_until_long", "hold_until_short"}
    assert {*CONTRACT_COLUMNS, "product_id", *derived} == {text.name for text in contracts.c}


@given(st.sampled_from(["long_name", "local_symbol", "venues"]), st.text(max_size=5))
def test_text_is_refused_only_if_a_database_can_not_keep_it(field: str, text: str) -> None:
    value: Any = (dataclasses.replace(examples.ES.contracts[0].venues[0], exchange=text),)
    changes: dict[str, Any] = {field: value if field == "venues" else text}
    contract = dataclasses.replace(examples.ES.contracts[0], **changes)
    product = dataclasses.replace(examples.ES, contracts=(contract,))
    can_be_kept = "\0" not in text and not any("\ud800" <= other <= "\udfff" for other in text)
    if can_be_kept:
        assert map_to_rows(product).contracts
    else:
        with pytest.raises(InvalidReplyError):
            map_to_rows(product)


def test_a_contract_value_that_can_not_be_kept_is_refused_by_con_id_and_name() -> None:
    first, second = examples.ES.contracts[:2]
    endless = dataclasses.replace(second, min_tick=Decimal("Infinity"))
    with pytest.raises(InvalidReplyError) as caught:
        map_to_rows(dataclasses.replace(examples.ES, contracts=(first, endless)))
    assert caught.value.field == "min_tick"
    assert caught.value.contract == f"conId {second.con_id}"


def test_a_product_number_that_can_not_be_kept_is_refused_by_name() -> None:
    with pytest.raises(InvalidReplyError) as caught:
        map_to_rows(dataclasses.replace(examples.ES, contracts=(), multiplier=Decimal("sNaN")))
    assert caught.value.field == "multiplier"
    assert caught.value.contract == "ES@CME (ES)"
