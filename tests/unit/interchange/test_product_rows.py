"""Products as flat rows."""

from __future__ import annotations

import csv
import dataclasses
import io
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_products import DECEMBER, ES, NOW, everything
from ibkr_sync.domain.entities.delivery import (
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.interchange.document_fields import InvalidDocumentError
from ibkr_sync.interchange.formula_safety import neutralise_formula, restore_formula
from ibkr_sync.interchange.product_rows import CONTRACT_COLUMNS, product_to_rows, products_from_rows
from one_case import one_case
from strategies import futures, instants


def through_csv(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows written to a CSV file with safe cells, and read back."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, CONTRACT_COLUMNS)
    writer.writeheader()
    writer.writerows(
        {column: neutralise_formula(cell) for column, cell in row.items()} for row in rows
    )
    reader = csv.DictReader(io.StringIO(file.getvalue(), newline=""), strict=True)
    return [{column: restore_formula(cell) for column, cell in row.items()} for row in reader]


class TestWriting:
    def test_a_contract_is_one_row_that_carries_its_product(self) -> None:
        december, march = product_to_rows(ES, NOW)
        assert december["con_id"] == "600000001"
        assert december["last_trade_at"] == "2026-12-18T14:30:00Z"
        assert december["state"] == "active"
        assert december["tick_value"] == "12.5"
        assert december["name"] == march["name"] == "E-mini S&P 500"
        assert march["product_underlying_con_id"] == "11004968"
        assert march["asset_class"] == "index"

    def test_every_row_has_all_columns_in_their_order(self) -> None:
        assert all(tuple(row) == CONTRACT_COLUMNS for row in product_to_rows(ES, NOW))
        assert len(set(CONTRACT_COLUMNS)) == len(CONTRACT_COLUMNS)

    def test_what_is_not_known_is_an_empty_cell(self) -> None:
        march = product_to_rows(ES, NOW)[1]
        assert march["last_trade_at"] == march["multiplier"] == march["venues"] == ""

    def test_a_list_stands_in_its_cell_as_json(self) -> None:
        december = product_to_rows(ES, NOW)[0]
        assert december["security_ids"] == '[{"type":"ISIN","value":"XX0000000000"}]'

    def test_a_product_without_contracts_is_one_row_without_con_id(self) -> None:
        (row,) = product_to_rows(dataclasses.replace(ES, contracts=()), NOW)
        assert tuple(row) == CONTRACT_COLUMNS
        assert row["con_id"] == row["state"] == ""
        assert row["product_multiplier"] == "50"


class TestReading:
    @settings(max_examples=settings().max_examples // 2)
    @given(
        st.lists(futures(), max_size=3, unique_by=lambda product: product.key),
        instants,
        st.booleans(),
    )
    def test_what_was_written_is_read_back_equal(
        self, products: list[Future], now: datetime, through_file: bool
    ) -> None:
        rows = [row for product in products for row in product_to_rows(product, now)]
        read = products_from_rows(through_csv(rows) if through_file else rows)
        assert list(map(everything, read)) == list(map(everything, products))

    def test_rows_of_products_may_be_mixed(self) -> None:
        chain = tuple(
            dataclasses.replace(contract, trading_class="MES") for contract in ES.contracts
        )
        mini = dataclasses.replace(ES, trading_class="MES", contracts=chain)
        one, two = product_to_rows(ES, NOW), product_to_rows(mini, NOW)
        assert products_from_rows([one[1], two[0], one[0], two[1]]) == (ES, mini)

    def test_derived_columns_may_be_absent(self) -> None:
        rows = product_to_rows(ES, NOW)
        for row in rows:
            del row["state"], row["tick_value"]
        assert products_from_rows(rows) == (ES,)

    def test_rows_that_disagree_on_their_product_are_refused(self) -> None:
        rows = product_to_rows(ES, NOW)
        rows[1]["product_multiplier"] = "5"
        with pytest.raises(InvalidDocumentError, match="'5' differs from '50' in row 2") as refusal:
            products_from_rows(rows)
        assert refusal.value.path == "row 3.product_multiplier"

    @one_case(
        ("column", "cell", "path"),
        [
            ("con_id", "", "row 3.con_id"),
            ("con_id", "6e8", "row 3.con_id"),
            ("last_trade_date", "18/12/2026", "row 3.last_trade_date"),
            ("multiplier", "50 USD", "row 3.multiplier"),
            ("venues", "CME", "row 3.venues"),
            ("venues", "[" * 100_000, "row 3.venues"),
            ("venues", '["CME"]', "row 3.venues[0]"),
            ("first_seen_at", "yesterday", "row 3.listing.first_seen_at"),
            ("schema", "ibkr-sync/product/3", "row 3.schema"),
            ("remarks", '[{"kind":"odd"}]', "row 3.remarks[0].field"),
            ("schema", "", "row 3.schema"),
        ],
    )
    def test_a_bad_cell_is_refused_with_row_and_column(
        self, column: str, cell: str, path: str
    ) -> None:
        rows = product_to_rows(ES, NOW)
        rows[1][column] = cell
        with pytest.raises(InvalidDocumentError) as refusal:
            products_from_rows(rows)
        assert refusal.value.path == path

    def test_a_missing_column_is_named(self) -> None:
        rows = product_to_rows(ES, NOW)
        del rows[0]["multiplier"]
        with pytest.raises(InvalidDocumentError, match="column 'multiplier' is missing"):
            products_from_rows(rows)

    def test_an_unknown_column_is_ignored(self) -> None:
        rows = [row | {"colour": "50"} for row in product_to_rows(ES, NOW)]
        assert products_from_rows(rows) == (ES,)

    def test_a_file_of_the_first_version_is_read_and_what_it_lacks_is_unknown(self) -> None:
        rows = [row | {"schema": "ibkr-sync/product/1"} for row in product_to_rows(ES, NOW)]
        for row in rows:
            del row["settlement_method"], row["remarks"], row["product_remarks"]
        assert products_from_rows(rows) == (ES,)


def test_each_fact_of_a_delivery_stands_beside_its_confidence() -> None:
    def by(confidence: Confidence) -> DeliverySource:
        return DeliverySource(source="rule", confidence=confidence, learnt_on=NOW.date())

    known = DeliveryDates(
        settlement=Settlement.PHYSICAL,
        long_cutoff=date(2026, 11, 27),
        sources={
            "settlement": by(Confidence.B),
            "first_notice_date": by(Confidence.C),
            "long_cutoff": by(Confidence.C),
        },
    )
    product = dataclasses.replace(ES, contracts=(dataclasses.replace(DECEMBER, delivery=known),))
    (row,) = product_to_rows(product, NOW)
    assert (row["settlement"], row["settlement_confidence"]) == ("physical", "B")
    assert (row["long_cutoff"], row["long_cutoff_confidence"]) == ("2026-11-27", "C")
    assert (row["first_notice_date"], row["first_notice_date_confidence"]) == ("", "C")
    assert (row["short_cutoff"], row["short_cutoff_confidence"]) == ("", "")
