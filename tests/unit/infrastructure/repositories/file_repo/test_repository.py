"""Products from a file, kept by the local repository."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.future_port import DelegatingTo, SourceContract
from example_products import DECEMBER, ES, MARCH, NOW
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from ibkr_sync.domain.entities.contracts import ContractListing, ContractSeries
from ibkr_sync.domain.entities.futures import (
    AssetClass,
    CommodityFuture,
    Future,
    IndexFuture,
    Origin,
)
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    AssetClassMismatchError,
    ProductNotFoundError,
    SourceFileError,
    StorageError,
)
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.infrastructure.repositories.file_repo.repository import FileFutureRepository
from ibkr_sync.interchange.product_document import product_to_document
from ibkr_sync.interchange.product_rows import CONTRACT_COLUMNS, product_to_rows

TODAY = NOW + timedelta(days=1)
WEEK = timedelta(days=7)
NO_POLICY = SyncPolicy()
ASK_ES = FutureQuery(symbol="ES")

CRUDE = CommodityFuture(
    symbol="CL",
    exchange="NYMEX",
    trading_class="CL",
    currency="USD",
    contracts=(
        dataclasses.replace(
            MARCH, con_id=7, symbol="CL", exchange="NYMEX", trading_class="CL", local_symbol="CLH7"
        ),
    ),
)


class FullRepository(InMemoryFutureRepository[Future]):
    """A database without room for more."""

    def get_or_create_entity(
        self,
        acquired: AcquiredFuture[Future],
        query: FutureQuery,
        policy: SyncPolicy,
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> FutureUpdate[Future]:
        asked = f"{query} {policy} {run} {is_last}"
        raise StorageError("memory", f"no room for {acquired.product.key} {asked}")


@pytest.fixture
def local() -> InMemoryFutureRepository[Any]:
    return InMemoryFutureRepository(Future, lambda: TODAY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export.jsonl"


def write(path: Path, *products: Future, **changes: object) -> None:
    documents = [product_to_document(product, NOW) | changes for product in products]
    path.write_text(
        "".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8"
    )


def source(
    path: Path, local: InMemoryFutureRepository[Any], entity: type[Any] = Future
) -> FileFutureRepository[Any]:
    return FileFutureRepository(path, local, entity, lambda: TODAY)


def write_table(path: Path, products: Iterable[Future]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, CONTRACT_COLUMNS)
        writer.writeheader()
        for product in products:
            writer.writerows(product_to_rows(product, NOW))


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
class TestContract(SourceContract):
    """The file source keeps the promises of every source, whatever form its file has."""

    @pytest.fixture
    def source_with(self, clock: FakeClock, tmp_path: Path, suffix: str) -> DelegatingTo:
        path = tmp_path / f"export.{suffix}"

        def make(
            products: Iterable[Future], entity: type[Future] = Future
        ) -> FileFutureRepository[Future]:
            dated = [dataclasses.replace(product, synced_at=clock.now) for product in products]
            if suffix == "csv":
                write_table(path, dated)
            else:
                write(path, *dated)
            local = InMemoryFutureRepository(entity, clock)
            return FileFutureRepository(path, local, entity, clock)

        return make


class TestGetOrCreate:
    def test_a_product_of_the_file_is_stored_with_its_chain(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES, CRUDE)
        update = source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert update.applied
        assert update.diff is not None
        assert update.diff.added == (DECEMBER, MARCH)
        assert local.products == {ES.key: update.product}
        assert [(other.run.origin, other.outcome) for other in local.runs] == [(Origin.FILE, "ok")]

    def test_its_ladders_are_stored_and_replace_none(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        rule = MarketRule(
            market_rule_id=67,
            increments=(PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.25")),),
        )
        path.write_text(json.dumps(product_to_document(ES, NOW, ladders={67: rule})))
        source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert local.market_rules == {67: rule}
        newer = local.market_rules[67] = dataclasses.replace(rule, increments=())
        refresh = dataclasses.replace(NO_POLICY, kind=RunKind.REFRESH)
        source(path, local).get_or_create(ASK_ES, refresh)
        assert local.market_rules == {67: newer}

    def test_the_same_file_twice_changes_nothing(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        first = source(path, local).get_or_create(ASK_ES, NO_POLICY)
        second = source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert second.diff is not None
        assert second.diff.is_empty
        assert second.product == first.product

    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("ibkr", Origin.FILE),
            ("file", Origin.FILE),
            ("catalogue", Origin.FILE),
            ("sample", Origin.SAMPLE),
        ],
    )
    def test_what_comes_from_a_file_says_so_and_sample_data_stays_sample_data(
        self, path: Path, local: InMemoryFutureRepository[Any], said: str, kept: Origin
    ) -> None:
        write(path, ES, origin=said)
        assert source(path, local).get_or_create(ASK_ES, NO_POLICY).product.origin is kept

    def test_a_sample_contract_gives_its_product_away_whatever_the_file_says(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        contract = dataclasses.replace(DECEMBER, long_name="E-mini S&P 500 [sample]")
        write(path, dataclasses.replace(ES, contracts=(contract,)))
        product = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        assert product.origin is Origin.SAMPLE

    def test_a_row_was_seen_at_its_own_time_else_at_the_file_s_never_later(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        own = [
            None,
            ContractListing(first_seen_at=NOW - WEEK, last_seen_at=NOW - timedelta(hours=1)),
            ContractListing(first_seen_at=NOW - WEEK, last_seen_at=NOW + WEEK),
        ]
        rows = [
            dataclasses.replace(DECEMBER, con_id=number, listing=listing)
            for number, listing in enumerate(own, start=1)
        ]
        write(path, dataclasses.replace(ES, contracts=tuple(rows)))
        product = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        seen = {contract.con_id: contract.listing for contract in product.contracts}
        assert seen == {
            1: ContractListing(first_seen_at=TODAY, last_seen_at=NOW),
            2: ContractListing(first_seen_at=TODAY, last_seen_at=NOW - timedelta(hours=1)),
            3: ContractListing(first_seen_at=TODAY, last_seen_at=NOW),
        }

    @pytest.mark.parametrize("minutes", [-1, 0, 1])
    def test_a_row_speaks_of_a_contract_only_if_it_was_seen_after_the_last_observation(
        self, path: Path, local: InMemoryFutureRepository[Any], minutes: int
    ) -> None:
        absent_since = NOW + timedelta(hours=1)
        listing = ContractListing(
            first_seen_at=NOW, last_seen_at=NOW, missing_since=absent_since, delisted_at=TODAY
        )
        stored = dataclasses.replace(MARCH, listing=listing, multiplier=Decimal(5))
        local.products[ES.key] = dataclasses.replace(ES, contracts=(DECEMBER, stored))
        seen_at = absent_since + timedelta(minutes=minutes)
        row = dataclasses.replace(
            MARCH,
            multiplier=Decimal(50),
            listing=ContractListing(first_seen_at=NOW, last_seen_at=seen_at),
        )
        write(path, dataclasses.replace(ES, contracts=(DECEMBER, row), synced_at=TODAY))
        product = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        contract = product.contracts[1]
        assert contract.listing is not None
        assert (contract.listing.delisted_at is None) == (minutes > 0)
        assert contract.multiplier == (50 if minutes > 0 else 5)
        assert product.synced_at == TODAY

    @pytest.mark.parametrize("is_table", [False, True])
    def test_an_own_export_changes_nothing_and_lists_no_delisted_contract_again(
        self, path: Path, local: InMemoryFutureRepository[Any], is_table: bool
    ) -> None:
        listing = ContractListing(
            first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW, delisted_at=NOW
        )
        delisted = dataclasses.replace(MARCH, listing=listing)
        stored = dataclasses.replace(ES, contracts=(DECEMBER, delisted))
        local.products[ES.key] = stored
        if is_table:
            path = path.with_suffix(".csv")
            write_table(path, [stored])
        else:
            write(path, stored)
        update = source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert update.diff is not None
        assert (update.product, update.diff.is_empty, local.history) == (stored, True, [])
        assert update.product.contracts[1].listing == listing

    @pytest.mark.parametrize("is_table", [False, True])
    @pytest.mark.parametrize("scope", ["contract", "series", "size", "of a later release"])
    def test_a_narrowed_export_is_no_chain(
        self, path: Path, local: InMemoryFutureRepository[Any], scope: str, is_table: bool
    ) -> None:
        if is_table:
            path = path.with_suffix(".csv")
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, CONTRACT_COLUMNS)
                writer.writeheader()
                writer.writerows(row | {"scope": scope} for row in product_to_rows(ES, NOW))
        else:
            write(path, ES, scope=scope)
        with pytest.raises(SourceFileError, match="only a part of the chain"):
            source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert (local.products, local.runs) == ({}, [])

    def test_the_data_is_as_old_as_the_file_says(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        assert source(path, local).get_or_create(ASK_ES, NO_POLICY).product.synced_at == NOW

    def test_a_dry_run_plans_and_writes_nothing(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        update = source(path, local).get_or_create(ASK_ES, SyncPolicy(dry_run=True))
        assert not update.applied
        assert update.diff is not None
        assert len(update.diff.added) == 2
        assert local.products == {}
        assert local.runs == []

    def test_a_file_with_a_small_part_of_the_chain_adds_what_it_has(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        chain = tuple(
            dataclasses.replace(MARCH, con_id=100 + number, local_symbol=f"ES{number}")
            for number in range(6)
        )
        write(path, dataclasses.replace(ES, contracts=chain[:5]))
        source(path, local).get_or_create(ASK_ES, NO_POLICY)
        newer = dataclasses.replace(ES, contracts=chain[5:], synced_at=NOW + timedelta(hours=1))
        write(path, newer)
        update = source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert update.diff is not None
        assert [contract.con_id for contract in update.diff.added] == [105]
        assert {contract.con_id for contract in update.product.contracts} == set(range(100, 106))

    @pytest.mark.parametrize("hours", [0, 1, 21])
    def test_what_a_file_lacks_is_never_missing(
        self, path: Path, local: InMemoryFutureRepository[Any], hours: int
    ) -> None:
        write(path, ES)
        source(path, local).get_or_create(ASK_ES, NO_POLICY)
        history = list(local.history)
        for age in (0, hours):
            later = dataclasses.replace(ES, synced_at=NOW + timedelta(hours=age))
            write(path, dataclasses.replace(later, contracts=ES.contracts[:1]))
            source(path, local).get_or_create(ASK_ES, SyncPolicy(allow_shrink=True))
        assert local.history == history

    @pytest.mark.parametrize("absence", ["missing", "delisted"])
    def test_a_row_that_the_file_itself_calls_absent_shows_no_contract(
        self, path: Path, local: InMemoryFutureRepository[Any], absence: str
    ) -> None:
        listing = ContractListing(
            first_seen_at=NOW,
            last_seen_at=NOW,
            missing_since=NOW,
            delisted_at=NOW if absence == "delisted" else None,
        )
        absent = dataclasses.replace(MARCH, listing=listing)
        stored = dataclasses.replace(ES, contracts=(DECEMBER, absent))
        local.products[ES.key] = stored
        write(path, dataclasses.replace(stored, synced_at=NOW + timedelta(hours=1)))
        product = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        assert product.contracts[1].listing == listing

    @pytest.mark.parametrize("is_table", [False, True])
    @pytest.mark.parametrize("state", ["missing", "delisted"])
    def test_a_row_that_is_absent_by_its_state_alone_shows_no_contract(
        self, path: Path, local: InMemoryFutureRepository[Any], state: str, is_table: bool
    ) -> None:
        if is_table:
            path = path.with_suffix(".csv")
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, CONTRACT_COLUMNS)
                writer.writeheader()
                first, *rows = product_to_rows(ES, NOW)
                writer.writerows([first | {"state": state}, *rows])
        else:
            document: Any = product_to_document(ES, NOW)
            document["contracts"][0]["state"] = state
            path.write_text(json.dumps(document), encoding="utf-8")
        product = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        assert [contract.con_id for contract in product.contracts] == [MARCH.con_id]

    def test_a_part_of_a_chain_makes_its_product_no_fresher(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        stored = dataclasses.replace(ES, origin=Origin.IBKR)
        local.products[ES.key] = stored
        at = NOW + timedelta(hours=1)
        newer = dataclasses.replace(DECEMBER, multiplier=Decimal(5), listing=None)
        write(path, dataclasses.replace(ES, contracts=(newer,), synced_at=at))
        for is_first in (True, False):
            update = source(path, local).get_or_create(ASK_ES, NO_POLICY)
            product = update.product
            assert (product.synced_at, product.origin) == (stored.synced_at, Origin.IBKR)
            assert [contract.multiplier for contract in product.contracts] == [5, MARCH.multiplier]
            listing = product.contracts[0].listing
            assert listing is not None
            assert listing.last_seen_at == at
            said = "the file leaves out 1 contract: it makes the product no fresher"
            assert said in update.remarks
            assert update.diff is not None
            assert update.diff.is_empty is not is_first
        write(path, dataclasses.replace(ES, synced_at=at))
        product = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        assert (product.synced_at, product.origin) == (at, Origin.FILE)

    def test_a_chain_of_which_a_contract_is_called_missing_is_whole(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        local.products[ES.key] = ES
        listing = ContractListing(first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW)
        absent = dataclasses.replace(MARCH, listing=listing)
        at = NOW + timedelta(hours=1)
        write(path, dataclasses.replace(ES, contracts=(DECEMBER, absent), synced_at=at))
        update = source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert (update.product.synced_at, update.remarks) == (at, ())

    @pytest.mark.parametrize("is_table", [False, True])
    def test_a_contract_of_another_class_is_refused_by_its_place(
        self, path: Path, local: InMemoryFutureRepository[Any], is_table: bool
    ) -> None:
        micro = dataclasses.replace(MARCH, trading_class="MES")
        product = dataclasses.replace(ES, contracts=(DECEMBER, micro))
        if is_table:
            path = path.with_suffix(".csv")
            write_table(path, [product])
        else:
            write(path, product)
        with pytest.raises(SourceFileError, match="of another product than ES@CME") as refused:
            source(path, local).get_or_create(ASK_ES, NO_POLICY)
        places = ("row 3.trading_class", "line 1, contracts[1].trading_class")
        assert refused.value.location == places[not is_table]
        weekly = dataclasses.replace(micro, series=ContractSeries.WEEKLY)
        write_table(path, [dataclasses.replace(ES, contracts=(DECEMBER, weekly))])
        path = path.rename(path.with_suffix(".csv"))
        assert len(source(path, local).get_or_create(ASK_ES, NO_POLICY).product.contracts) == 2


class TestLastTrade:
    AT = datetime(2026, 12, 18, 14, 30, tzinfo=UTC)

    def give(
        self, path: Path, local: InMemoryFutureRepository[Any], **fields: object
    ) -> FutureUpdate[Future]:
        own = {"time_zone": "America/Chicago", "last_trade_at": self.AT, "listing": None}
        fields = own | fields
        contract = dataclasses.replace(DECEMBER, **fields)  # type: ignore[arg-type]
        given_at = NOW + timedelta(minutes=len(local.runs))
        write(path, dataclasses.replace(ES, contracts=(contract,), synced_at=given_at))
        return source(path, local).get_or_create(ASK_ES, NO_POLICY)

    @pytest.mark.parametrize("day", [17, 18, 19])
    def test_the_date_is_the_instant_s_in_the_exchange_s_zone(
        self, path: Path, local: InMemoryFutureRepository[Any], day: int
    ) -> None:
        update = self.give(path, local, last_trade_date=date(2026, 12, day))
        (contract,) = update.product.contracts
        assert (contract.last_trade_date, contract.last_trade_at) == (date(2026, 12, 18), self.AT)
        assert update.remarks == ()

    @pytest.mark.parametrize("zone", ["America/Chicago", None])
    def test_of_dates_that_contradict_each_other_the_known_one_is_kept_else_the_earlier(
        self, path: Path, local: InMemoryFutureRepository[Any], zone: str | None
    ) -> None:
        later = date(2027, 3, 19)
        first = self.give(path, local, last_trade_date=later, time_zone=zone)
        (contract,) = first.product.contracts
        assert (contract.last_trade_date, contract.last_trade_at) == (date(2026, 12, 18), self.AT)
        (remark,) = first.remarks
        assert remark.startswith(f"{DECEMBER.local_symbol}: last_trade_at ")
        assert remark.endswith("it is 2026-12-18 or 2027-03-19")

        local.products.clear()
        self.give(path, local, last_trade_date=later, last_trade_at=None, time_zone=zone)
        again = self.give(path, local, last_trade_date=later, time_zone=zone)
        (contract,) = again.product.contracts
        assert (contract.last_trade_date, contract.last_trade_at) == (later, None)
        assert len(again.remarks) == 1
        assert again.product.contracts[0].remarks == first.product.contracts[0].remarks
        third = self.give(path, local, last_trade_date=later, time_zone=zone)
        assert (third.remarks, third.product.contracts) == ((), again.product.contracts)


class TestFreshness:
    def test_what_is_fresh_is_answered_without_opening_the_file(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        stored = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        path.unlink()
        update = source(path, local).get_or_create(ASK_ES, SyncPolicy(max_age=timedelta(days=2)))
        assert update.product == stored
        assert update.diff is None

    def test_what_is_older_is_read_from_the_file(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        source(path, local).get_or_create(ASK_ES, NO_POLICY)
        update = source(path, local).get_or_create(ASK_ES, SyncPolicy(max_age=timedelta(hours=1)))
        assert update.diff is not None


class TestWhichProductIsMeant:
    def test_a_product_the_file_lacks_is_not_found_in_that_file(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        with pytest.raises(ProductNotFoundError) as missing:
            source(path, local).get_or_create(FutureQuery(symbol="NQ"), NO_POLICY)
        assert missing.value.place == str(path)
        assert local.runs[0].outcomes == [("NQ", "failed", "ProductNotFoundError")]

    def test_several_products_are_ambiguous_and_a_class_says_them_apart(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        mini = dataclasses.replace(
            ES,
            trading_class="MINI",
            contracts=(dataclasses.replace(MARCH, con_id=9, trading_class="MINI"),),
        )
        write(path, ES, mini)
        with pytest.raises(AmbiguousProductError) as ambiguous:
            source(path, local).get_or_create(ASK_ES, NO_POLICY)
        assert [candidate.key.trading_class for candidate in ambiguous.value.candidates] == [
            "ES",
            "MINI",
        ]
        assert local.products == {}
        query = FutureQuery(symbol="ES", trading_class="MINI")
        assert source(path, local).get_or_create(query, NO_POLICY).product.key == mini.key

    def test_a_product_of_another_asset_class_is_not_stored(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, CRUDE)
        with pytest.raises(AssetClassMismatchError) as mismatch:
            source(path, local, IndexFuture).get_or_create(FutureQuery(symbol="CL"), NO_POLICY)
        assert mismatch.value.found is AssetClass.COMMODITY
        assert local.products == {}

    def test_a_product_without_contracts_is_not_stored(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, dataclasses.replace(ES, contracts=()), CRUDE)
        repository = source(path, local)
        with pytest.raises(SourceFileError, match="has no contracts"):
            repository.get_or_create(ASK_ES, NO_POLICY)
        assert local.products == {}


class TestGetOrCreateMany:
    def test_one_outcome_per_query_whatever_becomes_of_the_others(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES, CRUDE)
        queries = [ASK_ES, FutureQuery(symbol="NQ"), FutureQuery(symbol="CL")]
        first, second, third = source(path, local).get_or_create_many(queries, NO_POLICY)
        assert isinstance(first, FutureUpdate)
        assert isinstance(second, FutureFailure)
        assert isinstance(third, FutureUpdate)
        assert [outcome.query for outcome in (first, second, third)] == queries
        assert set(local.products) == {ES.key, CRUDE.key}
        assert [run.outcome for run in local.runs] == ["partial"]
        assert local.runs[0].outcomes == [
            ("ES", "created", None),
            ("NQ", "failed", "ProductNotFoundError"),
            ("CL", "created", None),
        ]

    def test_outcomes_come_one_by_one(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES, CRUDE)
        outcomes = source(path, local).get_or_create_many(
            [ASK_ES, FutureQuery(symbol="CL")], NO_POLICY
        )
        next(outcomes)
        assert set(local.products) == {ES.key}

    def test_a_bad_product_refuses_the_whole_file_before_anything_is_stored(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(product_to_document(CRUDE, NOW) | {"currency": 5}))
        with pytest.raises(SourceFileError) as refused:
            list(source(path, local).get_or_create_many([ASK_ES], NO_POLICY))
        assert refused.value.location == "line 2, currency"
        assert local.products == {}
        assert local.runs == []

    def test_a_database_error_ends_the_run(self, path: Path) -> None:
        full = FullRepository(Future, lambda: TODAY)
        write(path, ES, CRUDE)
        with pytest.raises(StorageError):
            list(source(path, full).get_or_create_many([ASK_ES], NO_POLICY))
        assert [run.outcome for run in full.runs] == ["failed"]

    def test_a_consumer_who_stops_early_ends_the_run(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES, CRUDE)
        outcomes = source(path, local).get_or_create_many(
            [ASK_ES, FutureQuery(symbol="CL")], NO_POLICY
        )
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]  # a generator, though promised less
        assert [run.outcome for run in local.runs] == ["interrupted"]
        assert set(local.products) == {ES.key}


class TestWhatIsStored:
    def test_stored_products_are_answered_by_the_local_repository(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        write(path, ES)
        stored = source(path, local).get_or_create(ASK_ES, NO_POLICY).product
        path.unlink()
        repository = source(path, local)
        assert repository.get_by_symbol(ASK_ES) == stored
        assert [summary.key for summary in repository.list_products()] == [ES.key]

    def test_nothing_is_read_before_it_is_asked_for(
        self, path: Path, local: InMemoryFutureRepository[Any]
    ) -> None:
        repository = source(path, local)
        assert list(repository.get_or_create_many([], NO_POLICY)) == []
        with pytest.raises(SourceFileError):
            repository.get_or_create(ASK_ES, NO_POLICY)
