"""The JSON schema of a product."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from example_products import DECEMBER, ES, MARCH, NOW, everything
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.interchange.document_fields import InvalidDocumentError
from ibkr_sync.interchange.product_document import (
    CONTRACT_KEYS,
    PRODUCT_KEYS,
    REQUIRED_CONTRACT_KEYS,
    REQUIRED_PRODUCT_KEYS,
    SCHEMA,
    number_in_document,
    product_from_document,
    product_to_document,
)
from one_case import one_case
from strategies import futures, hostile_texts, instants


def a_document() -> dict[str, Any]:
    """A valid document that a test may spoil."""
    return json.loads(json.dumps(product_to_document(ES, NOW)))  # type: ignore[no-any-return]  # as json


class TestWriting:
    def test_a_contract_reads_as_the_command_line_promises(self) -> None:
        contract = a_document()["contracts"][0]
        assert {key: contract[key] for key in list(contract)[:10]} == {
            "con_id": 600000001,
            "local_symbol": "ESZ6",
            "contract_month": "2026-12",
            "last_trade_date": "2026-12-18",
            "last_trade_at": "2026-12-18T14:30:00Z",
            "real_expiration_date": "2026-12-18",
            "trading_class": "ES",
            "multiplier": "50",
            "min_tick": "0.25",
            "price_magnifier": 1,
        }
        assert contract["state"] == "active"
        assert contract["venues"] == [
            {"exchange": "CME", "market_rule_id": 67},
            {"exchange": "QBALGO", "market_rule_id": None},
        ]
        assert contract["security_ids"] == [{"type": "ISIN", "value": "XX0000000000"}]
        assert contract["schedule"]["trading_hours"] == "20261123:1700-20261124:1600"
        assert contract["listing"]["first_seen_at"] == "2026-11-23T12:00:00Z"

    def test_the_product_says_what_it_is_and_what_a_tick_is_worth(self) -> None:
        document = a_document()
        assert document["schema"] == SCHEMA == "ibkr-sync/product/2"
        assert document["asset_class"] == "index"
        assert document["origin"] == "ibkr"
        assert document["tick_value"] == "12.5"
        assert document["point_value"] == "50"
        assert document["underlying"] == {"symbol": "ES", "sec_type": "IND", "con_id": 11004968}

    def test_what_is_not_known_is_null(self) -> None:
        march = a_document()["contracts"][1]
        assert march["last_trade_at"] is None
        assert march["multiplier"] is None
        assert march["tick_value"] is None
        assert march["listing"] is None

    def test_the_state_is_that_of_the_instant_asked_for(self) -> None:
        later = product_to_document(ES, datetime(2026, 12, 18, 14, 30, tzinfo=UTC))
        assert isinstance(later["contracts"], list)
        assert [contract["state"] for contract in later["contracts"]] == ["expired", "active"]

    def test_every_field_of_the_entities_is_written(self) -> None:
        contract_fields = {field.name for field in dataclasses.fields(FuturesContract)}
        product_fields = {field.name for field in dataclasses.fields(Future)}
        assert {*CONTRACT_KEYS, "delivery"} == contract_fields
        assert {*PRODUCT_KEYS, "contracts"} == product_fields | {"asset_class"}

    @one_case(
        ("number", "text"),
        [("0.250", "0.25"), ("1E+3", "1000"), ("50", "50"), ("0.00", "0"), ("100", "100")],
    )
    def test_numbers_have_no_exponent_and_no_idle_zeros(self, number: str, text: str) -> None:
        assert number_in_document(Decimal(number)) == text

    def test_more_digits_than_a_decimal_context_holds_survive(self) -> None:
        digits = "1234567890123456789012345678901234.000000000000000000000000000001"
        assert number_in_document(Decimal(digits)) == digits


class TestReading:
    @given(futures(), instants)
    def test_what_was_written_is_read_back_equal(self, product: Future, now: datetime) -> None:
        document = json.loads(json.dumps(product_to_document(product, now)))
        assert everything(product_from_document(document)) == everything(product)

    def test_derived_fields_are_ignored_and_may_be_absent(self) -> None:
        document = a_document()
        document["tick_value"] = "nonsense"
        del document["contracts"][0]["state"]
        assert everything(product_from_document(document)) == everything(ES)

    def test_the_chain_is_put_in_order_of_last_trade_date(self) -> None:
        document = a_document()
        document["contracts"].reverse()
        assert product_from_document(document).contracts == (DECEMBER, MARCH)

    def test_an_instant_with_another_offset_is_given_in_utc(self) -> None:
        document = a_document()
        document["contracts"][0]["last_trade_at"] = "2026-12-18T08:30:00-06:00"
        instant = product_from_document(document).contracts[0].last_trade_at
        assert instant == DECEMBER.last_trade_at
        assert instant is not None
        assert instant.tzinfo is UTC

    def test_the_origin_is_read_as_it_stands(self) -> None:
        assert product_from_document(a_document() | {"origin": "sample"}).origin is Origin.SAMPLE

    def test_equal_rows_of_one_contract_are_one(self) -> None:
        document = a_document()
        document["contracts"].append(document["contracts"][0])
        assert everything(product_from_document(document)) == everything(ES)

    def test_one_con_id_with_two_contents_is_refused(self) -> None:
        document = a_document()
        document["contracts"][1]["con_id"] = DECEMBER.con_id
        with pytest.raises(InvalidDocumentError, match="twice") as refusal:
            product_from_document(document)
        assert refusal.value.path == "contracts[1].con_id"

    @one_case("key", ["symbol", "exchange", "currency"])
    def test_a_contract_of_another_product_is_refused(self, key: str) -> None:
        document = a_document()
        document["contracts"][1][key] = "XXX"
        with pytest.raises(InvalidDocumentError, match="differs from that of ES@CME") as refusal:
            product_from_document(document)
        assert refusal.value.path == f"contracts[1].{key}"

    @one_case("key", [*REQUIRED_PRODUCT_KEYS, "contracts"])
    def test_a_product_that_lacks_a_key_is_refused(self, key: str) -> None:
        document = a_document()
        del document[key]
        with pytest.raises(InvalidDocumentError, match="is missing") as refusal:
            product_from_document(document)
        assert refusal.value.path == key

    @one_case("key", REQUIRED_CONTRACT_KEYS)
    def test_a_contract_that_lacks_a_key_is_refused(self, key: str) -> None:
        document = a_document()
        del document["contracts"][1][key]
        with pytest.raises(InvalidDocumentError, match="is missing") as refusal:
            product_from_document(document)
        assert refusal.value.path == f"contracts[1].{key}"

    @one_case(
        ("key", "value", "reason"),
        [
            ("con_id", 0, "at least 1"),
            ("con_id", True, "whole number"),
            ("con_id", "600000001", "whole number"),
            ("con_id", 1.0, "whole number"),
            ("con_id", 2**31, "out of range"),
            ("con_id", None, "must have a value"),
            ("symbol", "", "must not be empty"),
            ("local_symbol", 5, "must be text"),
            ("last_trade_date", "20261218", "must be a date"),
            ("last_trade_date", "2026-W01-1", "must be a date"),
            ("last_trade_date", "2026-02-30", "day is out of range"),
            ("last_trade_date", None, "must have a value"),
            ("last_trade_at", "2026-12-18T14:30:00", "must be an instant"),
            ("last_trade_at", "0001-01-01T00:00:00+14:00", "out of range"),
            ("contract_month", "2026-13", "no such contract month"),
            ("contract_month", 202612, "must be a month"),
            ("multiplier", 50, "number written as text"),
            ("multiplier", "1e400", "number written as text"),
            ("multiplier", "NaN", "number written as text"),
            ("multiplier", "\u0665", "number written as text"),
            ("multiplier", "9" * 50, "number written as text"),
            ("multiplier", "-50", "above zero"),
            ("min_tick", "0", "above zero"),
            ("price_magnifier", 0, "at least 1"),
            ("time_zone", "../../etc/passwd", "no time zone"),
            ("time_zone", "Mars/Olympus", "no time zone"),
            ("series", "hourly", "one of monthly, weekly, daily"),
            ("venues", {}, "must be a list"),
            ("venues", ["CME"], "must be an object"),
            ("order_types", "LMT", "must be a list"),
            ("listing", [], "must be an object"),
            ("long_name", "\x1b[2J", "control or direction characters"),
            ("long_name", "safe\u202eelif", "control or direction characters"),
            ("long_name", "x" * 40_000, "longer than"),
        ],
    )
    def test_a_value_that_is_not_what_its_key_says_is_refused(
        self, key: str, value: object, reason: str
    ) -> None:
        document = a_document()
        document["contracts"][0][key] = value
        with pytest.raises(InvalidDocumentError, match=reason) as refusal:
            product_from_document(document)
        assert refusal.value.path.startswith(f"contracts[0].{key}")
        assert len(str(refusal.value)) < 300

    def test_the_path_leads_into_nested_objects(self) -> None:
        document = a_document()
        document["contracts"][0]["venues"][1]["market_rule_id"] = "67"
        with pytest.raises(InvalidDocumentError) as refusal:
            product_from_document(document)
        assert refusal.value.path == "contracts[0].venues[1].market_rule_id"

    @one_case("place", ["product", "contract", "underlying"])
    def test_an_unknown_key_is_ignored(self, place: str) -> None:
        document = a_document()
        target = {
            "product": document,
            "contract": document["contracts"][0],
            "underlying": document["underlying"],
        }[place]
        target["colour"] = "50"
        assert everything(product_from_document(document)) == everything(ES)

    def test_a_file_of_the_first_version_is_read_and_what_it_lacks_is_unknown(self) -> None:
        document = a_document() | {"schema": "ibkr-sync/product/1"}
        for contract in document["contracts"]:
            del contract["settlement_method"], contract["remarks"]
        del document["remarks"]
        assert everything(product_from_document(document)) == everything(ES)

    @one_case("schema", ["ibkr-sync/product/3", None, 1, ["ibkr-sync/product/2"]])
    def test_another_schema_is_refused_before_anything_else(self, schema: object) -> None:
        with pytest.raises(InvalidDocumentError, match=r"schema: must be 'ibkr-sync/product/2'"):
            product_from_document({"schema": schema, "surprise": 1})

    @one_case("kind", ["next", "history", "products"])
    def test_what_another_command_lists_is_no_chain(self, kind: str) -> None:
        with pytest.raises(InvalidDocumentError, match="not the chain of a product"):
            product_from_document({"schema": f"ibkr-sync/{kind}/1"})

    @one_case("document", [None, [], "ES", 5])
    def test_what_is_no_object_is_refused(self, document: object) -> None:
        with pytest.raises(InvalidDocumentError):
            product_from_document(document)

    @given(hostile_texts)
    def test_only_text_that_needs_no_cleaning_is_read(self, text: str) -> None:
        document = a_document() | {"name": text}
        if clean_text(text) == text:
            assert product_from_document(document).name == text
        else:
            with pytest.raises(InvalidDocumentError) as refusal:
                product_from_document(document)
            assert str(refusal.value).isprintable()
