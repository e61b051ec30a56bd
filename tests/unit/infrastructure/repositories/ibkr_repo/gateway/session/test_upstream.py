"""The link to IBKR as the gateway's notices tell of it."""

from __future__ import annotations

import threading

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.upstream import Upstream
from one_case import one_case


def test_all_is_well_until_something_else_is_said() -> None:
    upstream = Upstream()
    assert upstream.outage is None
    assert upstream.wait(0)


@one_case(
    ("lost", "restored"), [(1100, 1101), (1100, 1102), (2110, 1101), (2110, 1102), (2157, 2158)]
)
def test_an_outage_lasts_until_its_own_end_is_said(lost: int, restored: int) -> None:
    upstream = Upstream()
    upstream.lose(lost, "gone")
    assert upstream.outage == "gone"
    assert not upstream.wait(0)
    upstream.restore(restored)
    assert upstream.outage is None
    assert upstream.wait(0)


@one_case(("lost", "restored"), [(1100, 2158), (2110, 2158), (2157, 1102)])
def test_the_end_of_another_outage_changes_nothing(lost: int, restored: int) -> None:
    upstream = Upstream()
    upstream.lose(lost, "gone")
    upstream.restore(restored)
    assert upstream.outage == "gone"
    assert not upstream.wait(0)


def test_all_outages_have_to_end() -> None:
    upstream = Upstream()
    upstream.lose(1100, "IBKR gone")
    upstream.lose(2157, "definitions gone")
    upstream.restore(1102)
    assert upstream.outage == "definitions gone"
    assert not upstream.wait(0)
    upstream.restore(2158)
    assert upstream.wait(0)


def test_only_the_return_of_ibkr_itself_reports_rows_that_may_be_lost() -> None:
    upstream = Upstream()
    assert upstream.restore(1101)
    assert upstream.restore(1102)
    assert not upstream.restore(2158)


@one_case("ending", ["restored", "abandoned"])
def test_whoever_waits_is_woken(ending: str) -> None:
    upstream = Upstream()
    upstream.lose(1100, "gone")
    end = upstream.abandon if ending == "abandoned" else lambda: upstream.restore(1101)
    timer = threading.Timer(0.05, end)
    timer.start()
    assert upstream.wait(3600)
    timer.join()
