"""What follows from a refresh for the one who keeps products up to date."""

from __future__ import annotations

from datetime import timedelta

from example_products import ES, NOW
from ibkr_sync.application.services.refresh_report import RefreshReport, refreshed_product
from ibkr_sync.domain.entities.futures import AssetClass, Future, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.history.events import Event, event_of
from ibkr_sync.domain.history.recorded_history import RecordedChange
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureUpdate, UnreadFuture
from ibkr_sync.domain.selection.series_choice import listed_count
from one_case import one_case

TAKER = ProductKey("ES", "CME", "ESX")


def summary_of(key: ProductKey) -> ProductSummary:
    return ProductSummary(
        key=key,
        asset_class=AssetClass.INDEX,
        category=None,
        currency="USD",
        name=None,
        origin=Origin.IBKR,
        listed=4,
        next_expiry=None,
        synced_at=NOW,
    )


def test_of_what_nobody_read_the_contracts_are_counted_as_before_and_not_read() -> None:
    reads: list[ProductKey] = []

    def read() -> Future:
        reads.append(ES.key)
        return ES

    unread: UnreadFuture[Future] = UnreadFuture(
        key=ES.key, origin=ES.origin, synced_at=NOW, read=read
    )
    update = FutureUpdate(query=FutureQuery(symbol="ES"), stored=unread, is_new=False)
    known = refreshed_product(update, {ES.key: summary_of(ES.key)}, NOW)
    assert (known.key, known.outcome, known.listed, reads) == (ES.key, "fresh", 4, [])
    assert refreshed_product(update, {}, NOW).listed == listed_count(ES, NOW)
    assert (update.as_read().product, reads) == (ES, [ES.key] * 2)


def moved(to: ProductKey) -> Event:
    change = RecordedChange(
        product=to, con_id=1, field="product", old=str(ES.key), new=str(to), at=NOW, run=2
    )
    return event_of(change)


@one_case(
    ("watched", "named"),
    [
        (FutureQuery(symbol="ES", trading_class="ES"), (TAKER,)),
        (FutureQuery(symbol="ES"), ()),
        (FutureQuery(symbol="CL"), ()),
        (None, ()),
    ],
)
def test_what_took_contracts_of_a_watched_product_is_named_if_no_entry_means_it(
    watched: FutureQuery | None, named: tuple[ProductKey, ...]
) -> None:
    report = RefreshReport(
        outcomes=[],
        before={ES.key: summary_of(ES.key)},
        watched=frozenset([watched] if watched else []),
        events=(moved(TAKER), moved(TAKER)),
        started_at=NOW,
        finished_at=NOW,
        took=timedelta(0),
        run_id=2,
    )
    assert report.left_unwatched == named
