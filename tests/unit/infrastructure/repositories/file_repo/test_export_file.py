"""Reading files in our own export format."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW, everything
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import SourceFileError
from ibkr_sync.infrastructure.repositories.file_repo import export_file
from ibkr_sync.infrastructure.repositories.file_repo.export_file import read_export_file
from ibkr_sync.interchange.formula_safety import neutralise_formula
from ibkr_sync.interchange.product_document import product_to_document
from ibkr_sync.interchange.product_rows import CONTRACT_COLUMNS, product_to_rows
from strategies import futures, in_one_chain

OTHER = dataclasses.replace(
    ES,
    trading_class="OTHER",
    contracts=(dataclasses.replace(DECEMBER, con_id=7, trading_class="OTHER"),),
)


def as_document(product: Future) -> dict[str, Any]:
    return product_to_document(product, NOW)


def as_table(products: list[Future], delimiter: str = ",") -> str:
    file = io.StringIO(newline="")
    guard = neutralise_formula if delimiter == "," else str
    writer = csv.DictWriter(file, CONTRACT_COLUMNS, delimiter=delimiter)
    writer.writeheader()
    for product in products:
        writer.writerows(
            {column: guard(cell) for column, cell in row.items()}
            for row in product_to_rows(product, NOW)
        )
    return file.getvalue()


def as_lines(products: list[Future]) -> str:
    return "".join(json.dumps(as_document(product)) + "\n" for product in products)


def a_file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(path: Path) -> SourceFileError:
    with pytest.raises(SourceFileError) as refused:
        read_export_file(path)
    assert refused.value.path == str(path)
    return refused.value


class TestForms:
    @pytest.mark.parametrize(
        "name", ["es.json", "es.jsonl", "es.ndjson", "es.JSON", "es.txt", "es"]
    )
    @pytest.mark.parametrize("indent", [None, 2])
    def test_one_document_is_read(self, tmp_path: Path, name: str, indent: int | None) -> None:
        path = a_file(tmp_path, name, json.dumps(as_document(ES), indent=indent))
        assert list(map(everything, read_export_file(path).products)) == [everything(ES)]

    @pytest.mark.parametrize("name", ["es.json", "es.txt"])
    def test_a_list_of_documents_is_read(self, tmp_path: Path, name: str) -> None:
        path = a_file(tmp_path, name, json.dumps([as_document(ES), as_document(OTHER)]))
        assert read_export_file(path).products == (ES, OTHER)

    @pytest.mark.parametrize("name", ["es.json", "es.jsonl", "es"])
    def test_json_lines_are_read(self, tmp_path: Path, name: str) -> None:
        assert read_export_file(a_file(tmp_path, name, as_lines([ES, OTHER]))).products == (
            ES,
            OTHER,
        )

    @pytest.mark.parametrize(
        ("name", "delimiter"),
        [("es.csv", ","), ("es.tsv", "\t"), ("es.tab", "\t"), ("es.txt", ","), ("es", "\t")],
    )
    def test_a_table_is_read(self, tmp_path: Path, name: str, delimiter: str) -> None:
        path = a_file(tmp_path, name, as_table([ES, OTHER], delimiter))
        assert list(map(everything, read_export_file(path).products)) == [
            everything(ES),
            everything(OTHER),
        ]

    def test_a_byte_order_mark_and_blank_lines_at_the_end_do_no_harm(self, tmp_path: Path) -> None:
        content = "\ufeff" + as_table([ES]) + "\r\n\n"
        assert read_export_file(a_file(tmp_path, "es.csv", content)).products == (ES,)

    def test_a_product_that_stands_twice_alike_is_one(self, tmp_path: Path) -> None:
        assert read_export_file(a_file(tmp_path, "es.jsonl", as_lines([ES, ES]))).products == (ES,)

    def test_cells_of_csv_are_freed_of_their_apostrophe_and_those_of_tsv_are_raw(
        self, tmp_path: Path
    ) -> None:
        odd = dataclasses.replace(ES, name="'=1+1")
        (from_csv,) = read_export_file(a_file(tmp_path, "a.csv", as_table([odd]))).products
        (from_tsv,) = read_export_file(a_file(tmp_path, "a.tsv", as_table([odd], "\t"))).products
        assert from_csv.name == from_tsv.name == "'=1+1"

    @settings(max_examples=settings().max_examples // 2)
    @given(st.lists(futures(), min_size=1, max_size=2), st.sampled_from(["csv", "tsv", "jsonl"]))
    def test_what_was_exported_is_read_back_equal(
        self, products: list[Future], suffix: str
    ) -> None:
        own = [
            in_one_chain(
                dataclasses.replace(product, trading_class=f"{product.trading_class}.{position}"),
                (
                    dataclasses.replace(contract, con_id=1 + 1000 * position + number)
                    for number, contract in enumerate(product.contracts)
                ),
            )
            for position, product in enumerate(products)
        ]
        content = {
            "csv": lambda: as_table(own),
            "tsv": lambda: as_table(own, "\t"),
            "jsonl": lambda: as_lines(own),
        }[suffix]()
        with tempfile.TemporaryDirectory() as folder:
            path = a_file(Path(folder), f"export.{suffix}", content)
            assert list(map(everything, read_export_file(path).products)) == list(
                map(everything, own)
            )

    def test_a_ladder_is_read_unless_the_file_has_two_of_one_id(self, tmp_path: Path) -> None:
        def line(*increments: str) -> str:
            steps = tuple(
                PriceIncrement(low_edge=Decimal(edge), increment=Decimal(step))
                for edge, step in enumerate(increments)
            )
            rule = MarketRule(market_rule_id=67, increments=steps)
            return json.dumps(product_to_document(ES, NOW, ladders={67: rule} if steps else {}))

        ladders = read_export_file(a_file(tmp_path, "a.jsonl", line("0.125", "0.5"))).ladders
        assert [step.increment for step in ladders[67].increments] == [
            Decimal("0.125"),
            Decimal("0.5"),
        ]
        for unknown in (line(), line("0.125") + line("0.5")):
            assert read_export_file(a_file(tmp_path, "a.jsonl", unknown)).ladders == {}
        for bad, detail in (
            (line("-0.125"), "above zero"),
            (line("0.125", "0.5").replace('"low_edge": "1"', '"low_edge": "0"'), "no ladder"),
        ):
            refused = refusal(a_file(tmp_path, "a.jsonl", bad))
            assert "contracts[0].market_rules[0].increments" in str(refused.location)
            assert detail in refused.detail


class TestRefusals:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert "No such file" in refusal(tmp_path / "nowhere.json").detail

    def test_a_folder(self, tmp_path: Path) -> None:
        assert refusal(tmp_path).detail == "is no regular file"

    def test_a_pipe_is_refused_without_waiting_for_it(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.json")
        assert refusal(tmp_path / "pipe.json").detail == "is no regular file"

    def test_a_path_that_can_not_exist(self) -> None:
        assert refusal(Path("no\x00file.json")).detail

    def test_a_file_that_is_too_large(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = a_file(tmp_path, "es.json", json.dumps(as_document(ES)))
        monkeypatch.setattr(export_file, "MAX_BYTES", path.stat().st_size)
        assert read_export_file(path).products == (ES,)
        monkeypatch.setattr(export_file, "MAX_BYTES", path.stat().st_size - 1)
        assert "is larger than" in refusal(path).detail

    def test_what_is_not_utf_8(self, tmp_path: Path) -> None:
        refused = refusal(a_file(tmp_path, "es.json", b'{"name": "\xe9"}'))
        assert (refused.location, refused.detail) == ("line 1", "is not UTF-8 text")

    @pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.tsv", "a"])
    @pytest.mark.parametrize("content", ["", "\n"])
    def test_an_empty_file(self, tmp_path: Path, name: str, content: str) -> None:
        assert refusal(a_file(tmp_path, name, content)).detail == "holds no product"

    def test_a_table_of_nothing_but_its_header(self, tmp_path: Path) -> None:
        assert refusal(a_file(tmp_path, "a.csv", as_table([]))).detail == "holds no product"

    def test_a_file_cut_off_in_the_middle(self, tmp_path: Path) -> None:
        whole = json.dumps(as_document(ES), indent=1)
        refused = refusal(a_file(tmp_path, "es.json", whole[: len(whole) // 2]))
        assert refused.location is not None
        assert refused.location.startswith("line ")
        assert "is not JSON" in refused.detail

    @pytest.mark.parametrize(
        ("content", "detail"),
        [
            ("[" * 200_000, "nested too deeply"),
            ('{"a": NaN}', "NaN is no value of JSON"),
            ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
            ('{"a": ' + "9" * 5000 + "}", "integer string conversion"),
            ("5", "schema"),
            ("null", "schema"),
            ('"text"', "schema"),
        ],
    )
    def test_json_that_means_mischief(self, tmp_path: Path, content: str, detail: str) -> None:
        assert detail in str(refusal(a_file(tmp_path, "a.json", content)))

    def test_the_place_of_a_bad_value_in_json_lines(self, tmp_path: Path) -> None:
        bad = as_document(OTHER)
        bad["contracts"][0]["multiplier"] = 50
        refused = refusal(a_file(tmp_path, "a.jsonl", as_lines([ES]) + "\n" + json.dumps(bad)))
        assert refused.location == "line 3, contracts[0].multiplier"

    def test_the_place_of_a_bad_value_in_a_list(self, tmp_path: Path) -> None:
        bad = as_document(OTHER)
        bad["currency"] = None
        refused = refusal(a_file(tmp_path, "a.json", json.dumps([as_document(ES), bad])))
        assert refused.location == "line 1[1], currency"

    def test_the_place_of_a_bad_cell(self, tmp_path: Path) -> None:
        content = as_table([ES]).replace(str(MARCH.last_trade_date), "soon")
        assert refusal(a_file(tmp_path, "a.csv", content)).location == "row 3.last_trade_date"

    @pytest.mark.parametrize(
        ("content", "location", "detail"),
        [
            ("con_id,con_id\n1,2\n", "row 1", "a column stands twice"),
            ("con_id,symbol\n1,2\n3\n", None, "is missing"),
            ('con_id\n"1\n', "line 2", "unexpected end of data"),
            ("con_id;symbol\n1;2\n", None, "column 'con_id' is missing"),
            ("con_id\n\n1\n", "row 2", "has 0 cells"),
            ("con_id\n1,2\n", "row 2", "has 2 cells"),
            ("x" * 200_000, "line 1", "field larger"),
        ],
    )
    def test_a_broken_table(
        self, tmp_path: Path, content: str, location: str | None, detail: str
    ) -> None:
        refused = refusal(a_file(tmp_path, "a.csv", content))
        assert refused.location == location
        assert detail in refused.detail

    def test_a_row_cut_off_in_the_middle(self, tmp_path: Path) -> None:
        refused = refusal(a_file(tmp_path, "a.csv", as_table([ES])[:-400]))
        assert refused.location is not None

    def test_one_product_with_two_contents(self, tmp_path: Path) -> None:
        changed = dataclasses.replace(ES, name="Another")
        refused = refusal(a_file(tmp_path, "a.jsonl", as_lines([ES, changed])))
        assert refused.location == "line 2"
        assert "stands twice in the file" in refused.detail

    def test_one_con_id_in_two_products(self, tmp_path: Path) -> None:
        thief = dataclasses.replace(
            OTHER, contracts=(dataclasses.replace(DECEMBER, trading_class="OTHER"),)
        )
        refused = refusal(a_file(tmp_path, "a.jsonl", as_lines([ES, thief])))
        assert "conId 600000001 stands in ES@CME (ES) and in ES@CME (OTHER)" in refused.detail

    @given(st.binary(max_size=200), st.sampled_from(["", ".json", ".csv", ".tsv"]))
    def test_whatever_else_a_file_holds_it_is_refused_as_a_file(
        self, content: bytes, suffix: str
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            refusal(a_file(Path(folder), f"a{suffix}", content))
