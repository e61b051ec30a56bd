"""One event has one word, whichever command tells it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from example_products import DECEMBER, ES, NOW
from ibkr_sync.application.services.get import GetReport
from ibkr_sync.application.services.refresh_report import RefreshReport, refreshed_product
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.domain.runs.outcome_words import outcome_word
from ibkr_sync_cli.views.runs.outcomes import outcomes_view
from ibkr_sync_cli.views.runs.refresh_summary import refresh_view
from one_case import one_case

NOTHING, NEW = ChainDiff(unchanged=2), ChainDiff(added=(DECEMBER,))


@one_case(
    ("is_new", "diff", "applied", "word"),
    [
        (True, NEW, True, "created"),
        (True, NOTHING, True, "created"),
        (False, NEW, True, "updated"),
        (False, NOTHING, True, "unchanged"),
        (True, NEW, False, "planned"),
        (False, NEW, False, "planned"),
        (False, NOTHING, False, "unchanged"),
        (False, None, True, "fresh"),
        (False, None, False, "fresh"),
    ],
)
def test_get_and_refresh_say_one_event_with_one_word(
    is_new: bool, diff: ChainDiff | None, applied: bool, word: str
) -> None:
    update = FutureUpdate(
        query=FutureQuery(symbol="ES"), stored=ES, is_new=is_new, diff=diff, applied=applied
    )
    refreshed = RefreshReport(
        outcomes=[refreshed_product(update, {}, NOW)],
        before={},
        started_at=NOW,
        finished_at=NOW,
        took=timedelta(0),
        run_id=None,
    )
    got_report = GetReport(
        outcomes=[update],
        run_id=None,
        from_source=True,
        contracts=(),
        absent=(),
        has_success=True,
    )
    (got,) = outcomes_view(got_report, NOW).rows()
    (kept,) = refresh_view(refreshed).rows()
    assert (got["outcome"], kept["state"]) == (word, word)


def test_what_no_source_was_asked_about_has_words_of_its_own() -> None:
    stored = FutureUpdate(query=FutureQuery(symbol="ES"), stored=ES, is_new=False)
    known = dataclasses.replace(ES, origin=Origin.CATALOGUE, contracts=())
    listed = dataclasses.replace(stored, stored=known, is_new=True)
    assert outcome_word(stored, from_source=False) == "stored"
    assert outcome_word(listed, from_source=False) == "catalogue"
