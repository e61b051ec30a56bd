"""What a refresh came to, for people and for programs."""

from __future__ import annotations

import dataclasses
import io
from datetime import timedelta

from rich.console import Console

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.application.services.refresh_report import RefreshReport, refreshed_product
from ibkr_sync.domain.entities.contracts import ContractSeries
from ibkr_sync.domain.entities.futures import AssetClass, Future, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    IbkrSyncError,
    ProductNotFoundError,
    ReplyTimeoutError,
    ShrinkRefusedError,
    UpstreamDownError,
)
from ibkr_sync.domain.evidence.chain_diff import ChainDiff, FieldChange
from ibkr_sync.domain.naming.known_products import stored_candidate
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync_cli.views.runs.refresh_summary import (
    COLUMNS,
    refresh_failures,
    refresh_sentence,
    refresh_view,
)
from one_case import one_case

YESTERDAY = NOW - timedelta(hours=23)
DOWN = UpstreamDownError("127.0.0.1", 4002, "1100: Connectivity between IB and the TWS is lost")

TICK_CHANGE = FieldChange(con_id=DECEMBER.con_id, field="min_tick", old="0.25", new="0.5")


def named(symbol: str, exchange: str = "CME", trading_class: str | None = None) -> Future:
    return dataclasses.replace(
        ES, symbol=symbol, exchange=exchange, trading_class=trading_class or symbol
    )


def query_for(product: Future) -> FutureQuery:
    symbol, exchange, trading_class = product.key
    return FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)


def updated(
    product: Future = ES,
    diff: ChainDiff | None = None,
    *,
    is_new: bool = False,
    applied: bool = True,
) -> FutureUpdate[Future]:
    return FutureUpdate(
        query=query_for(product), stored=product, is_new=is_new, diff=diff, applied=applied
    )


def failed(product: Future, error: IbkrSyncError = DOWN) -> FutureFailure:
    return FutureFailure(query=query_for(product), error=error)


def stored(product: Future = ES) -> ProductSummary:
    return ProductSummary(
        key=product.key,
        asset_class=AssetClass.INDEX,
        category=None,
        currency="USD",
        name=None,
        origin=Origin.IBKR,
        listed=21,
        next_expiry=None,
        synced_at=YESTERDAY,
    )


def refreshed(
    *outcomes: FutureUpdate[Future] | FutureFailure, before: tuple[Future, ...] = (ES,)
) -> RefreshReport:
    stored_before = {product.key: stored(product) for product in before}
    return RefreshReport(
        outcomes=[
            outcome if isinstance(outcome, FutureFailure) else refreshed_product(outcome, {}, NOW)
            for outcome in outcomes
        ],
        before=stored_before,
        started_at=NOW - timedelta(seconds=12),
        finished_at=NOW,
        took=timedelta(seconds=12),
        run_id=17,
    )


def drawn(result: RefreshReport, width: int = 80) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, highlight=False)
    console.print(refresh_view(result).table())
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def record_of(outcome: FutureUpdate[Future] | FutureFailure, *before: Future) -> dict[str, str]:
    (row,) = refresh_view(refreshed(outcome, before=before)).rows()
    return dict(row)


def test_each_state_is_reported_by_what_the_run_did() -> None:
    new = ChainDiff(added=(DECEMBER, MARCH))
    nothing = ChainDiff(unchanged=2)
    assert record_of(updated(diff=nothing), ES)["state"] == "unchanged"
    assert record_of(updated(diff=new), ES)["state"] == "updated"
    assert record_of(updated(diff=new, is_new=True))["state"] == "created"
    assert record_of(updated(diff=new, applied=False), ES)["state"] == "planned"
    assert record_of(updated(diff=new, is_new=True, applied=False))["state"] == "planned"
    assert record_of(updated(diff=nothing, applied=False), ES)["state"] == "unchanged"
    assert record_of(updated(), ES)["state"] == "fresh"
    assert record_of(failed(ES), ES)["state"] == "failed"


def test_each_count_has_its_own_word_in_lines_tables_and_records() -> None:
    moved = frozenset((1, 2))
    diff = ChainDiff(
        delisted=(DECEMBER,), expired=(MARCH,), moved=moved, replaced=1, returned=(MARCH,)
    )
    report = refreshed(updated(diff=diff))
    counts = {"moved": "2", "replaced": "1", "returned": "1", "delisted": "1", "expired": "1"}
    (row,) = refresh_view(report).rows()
    heading, _, line, *_ = drawn(report, width=120)
    shown = dict(zip(heading.split()[1:], line.split()[2:], strict=True))
    sentence = "contracts: 2 moved, 1 replaced, 1 returned, 1 delisted, 1 expired"

    assert {name: row[name] for name in counts} == counts
    assert {name: shown[name.capitalize()] for name in counts} == counts
    assert (shown["Missing"], shown["Changed"], row["missing"]) == ("0", "0", "0")
    assert f" · {sentence} · " in refresh_sentence(report)


def test_counts_give_way_before_a_name_is_cut() -> None:
    moved, long = frozenset((1, 2)), named("EURSTOXX", "EUREXDIV", "FEDVLONG")
    diff = ChainDiff(
        delisted=(DECEMBER,), expired=(MARCH,), moved=moved, replaced=1, returned=(MARCH,)
    )
    heading, _, line, *below = drawn(refreshed(updated(long, diff)))
    assert line.startswith(str(long.key))
    assert {"New", "Changed", "Missing", "Synced", "Outcome"} <= set(heading.split())
    assert not {"Moved", "Expired"} & set(heading.split())
    assert below == []


def test_the_series_that_listed_leaves_out_are_named() -> None:
    weekly = dataclasses.replace(DECEMBER, con_id=7, series=ContractSeries.WEEKLY)
    product = dataclasses.replace(ES, contracts=(DECEMBER, MARCH, weekly))
    *_, line, note = drawn(refreshed(updated(product, ChainDiff(added=product.contracts))))
    assert line.split()[2:4] == ["2", "3"]
    assert note == "Listed leaves out 1 weekly, which the other columns count"
    assert drawn(refreshed(updated(product, ChainDiff(unchanged=3))))[-1].startswith("ES@CME")


def test_a_failed_product_shows_what_is_stored_of_it_and_why_it_failed() -> None:
    record = record_of(failed(ES), ES)
    assert record["listed"] == "21"
    assert record["synced_at"] == "2026-11-22T13:00:00Z"
    assert record["error"] == "UpstreamDownError"
    assert "1100" in record["message"]
    assert record["added"] == ""


def test_a_product_that_was_never_stored_shows_nothing_of_itself() -> None:
    record = record_of(failed(ES))
    assert (record["listed"], record["synced_at"]) == ("", "")


def test_the_table_fits_80_columns_and_cuts_no_reason() -> None:
    long = named("EURSTOXXSUSTAIN", "EUREXDIVIDENDS", "FEDVLONG")
    text = "no answer " * 20 + "at all"
    lines = drawn(
        refreshed(
            updated(diff=ChainDiff(updated=(DECEMBER,), changes=(TICK_CHANGE,), unchanged=1)),
            failed(long, ReplyTimeoutError(text)),
        )
    )
    assert max(map(len, lines)) <= 80
    assert text in " ".join(" ".join(lines).split())
    assert str(query_for(long)) in " ".join(" ".join(lines).split())
    assert lines[0].split() == [
        *("Product", "Listed", "New", "Changed", "Missing", "Synced", "Outcome"),
    ]
    assert lines[2].split() == [*("ES@CME", "(ES)", "2", "0", "1", "0", "now", "updated")]


def test_a_reason_that_many_share_is_reported_once() -> None:
    products = [named(f"X{number}") for number in range(56)]
    message = refresh_failures(refreshed(*map(failed, products)).failures)
    assert len(message) == 1
    assert message[0][0].startswith(
        "X0@CME (X0), X1@CME (X1), X2@CME (X2) and 53 more: The gateway"
    )


def test_a_product_is_not_named_twice() -> None:
    error = ShrinkRefusedError(ES.key, stored=12, lost=7)
    ((sentence, _),) = refresh_failures(refreshed(failed(ES, error)).failures)
    assert sentence == "ES@CME (ES): 7 of 12 listed contracts are not in the reply."


def test_what_is_not_found_is_named_by_its_own_sentence() -> None:
    error = ProductNotFoundError("ES", "IBKR", "gone", exchange="CME", trading_class="ES")
    ((sentence, _),) = refresh_failures(refreshed(failed(ES, error)).failures)
    assert sentence == "ES@CME (ES) was not found in IBKR: gone."


def test_one_line_counts_what_came_of_all() -> None:
    nothing = ChainDiff(unchanged=2)
    report = refreshed(updated(diff=nothing), updated(named("NQ"), nothing), failed(named("CL")))
    assert refresh_sentence(report) == ("3 products: 2 unchanged, 1 failed · 12 s · run 17")
    quick = dataclasses.replace(
        refreshed(updated(diff=nothing, applied=False)), took=timedelta(0), run_id=None
    )
    assert refresh_sentence(quick) == "1 product: 1 unchanged · 0.0 s · dry run, nothing written"
    slow = dataclasses.replace(quick, took=timedelta(hours=2, minutes=5))
    assert " · 2h 05m · " in refresh_sentence(slow)


def test_a_clock_that_was_set_back_meanwhile_changes_nothing_of_how_long_it_took() -> None:
    result = refreshed(updated(diff=ChainDiff(unchanged=2)))
    set_back = dataclasses.replace(result, started_at=NOW + timedelta(hours=1))
    assert refresh_sentence(set_back) == "1 product: 1 unchanged · 12 s · run 17"


def test_sample_data_is_marked() -> None:
    sample = dataclasses.replace(ES, origin=Origin.SAMPLE)
    assert drawn(refreshed(updated(sample, ChainDiff())))[-1] == "SAMPLE DATA"
    assert record_of(updated(sample, ChainDiff()))["origin"] == "sample"


def test_a_failed_product_has_the_origin_of_what_is_stored_of_it() -> None:
    sample = dataclasses.replace(stored(), origin=Origin.SAMPLE)
    result = dataclasses.replace(
        refreshed(failed(ES), failed(named("CL"))), before={ES.key: sample}
    )
    assert [row["origin"] for row in refresh_view(result).rows()] == ["sample", ""]
    assert drawn(result)[-1] == "SAMPLE DATA"


def test_the_document_names_the_run_and_every_product() -> None:
    document = refresh_view(refreshed(updated(diff=ChainDiff()), failed(named("CL")))).document()
    assert isinstance(document, dict)
    products = document.pop("products")
    assert document == {
        "schema": "ibkr-sync/refresh/1",
        "run": 17,
        "started_at": "2026-11-23T11:59:48Z",
        "finished_at": "2026-11-23T12:00:00Z",
        "events": [],
    }
    assert [tuple(product) for product in products] == [COLUMNS] * 2
    assert [product["symbol"] for product in products] == ["ES", "CL"]


@one_case("asked_by", ["former name", "new name"])
def test_a_renamed_product_is_no_new_one(asked_by: str) -> None:
    today = named("ES", "CMENEW", "ESNEW")
    renames = tuple(
        FieldChange(con_id=None, field=field, old=getattr(ES, field), new=getattr(today, field))
        for field in ("exchange", "trading_class")
    )
    outcome = FutureUpdate(
        query=query_for(ES if asked_by == "former name" else today),
        stored=today,
        is_new=False,
        diff=ChainDiff(changes=renames),
    )
    record = record_of(outcome, ES)
    assert record["state"] == "updated"
    assert ProductKey(record["symbol"], record["exchange"], record["trading_class"]) == today.key


def test_a_new_product_is_reported_as_new_although_its_symbol_is_stored_elsewhere() -> None:
    query = FutureQuery(symbol="ES")
    other = named("ES", "NYMEX")
    diff = ChainDiff(added=other.contracts)
    outcome = FutureUpdate(query=query, stored=other, is_new=True, diff=diff)
    assert record_of(outcome, ES)["state"] == "created"


def test_what_a_run_that_was_cut_short_did_not_reach_is_counted() -> None:
    unasked = (FutureQuery(symbol="NQ"), FutureQuery(symbol="CL"))
    result = dataclasses.replace(refreshed(updated(diff=ChainDiff(unchanged=2))), unasked=unasked)
    message = "1 of 3 products: 1 unchanged · 2 not reached · 12 s · run 17"
    assert refresh_sentence(result) == message


def test_a_symbol_that_may_mean_several_products_is_booked_under_none() -> None:
    """Although one of them alone is stored."""
    known = [stored_candidate(future, NOW) for future in (ES, named("ES", "NYMEX"))]
    error = AmbiguousProductError("ES", known)
    outcome = FutureFailure(query=FutureQuery(symbol="ES"), error=error)
    record = record_of(outcome, ES)
    assert (record["exchange"], record["trading_class"], record["listed"]) == ("", "", "")
