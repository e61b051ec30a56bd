"""What TWS says of its link to IBKR: a break spoils what is in flight, a flap nothing."""

from __future__ import annotations

import logging
import time

import pytest

from fakes.futures import InMemoryFutureRepository
from fakes.gateway_rig import CRUDE_OIL, ES, NASDAQ, RepositoryOf, Serve, bring_up_to_date
from gateway import faults
from gateway.server import ScriptedGateway
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    ProductNotFoundError,
    RequestRejectedError,
    UpstreamDownError,
)
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest

Local = InMemoryFutureRepository[Future]


def symbols_asked(replay: ScriptedGateway) -> list[str]:
    return [
        request.symbol for request in replay.requests if isinstance(request, ContractDataRequest)
    ]


def is_whole(outcome: FutureUpdate[Future] | FutureFailure, product: Future) -> bool:
    return isinstance(outcome, FutureUpdate) and outcome.product.contracts == product.contracts


def failure_of(outcome: FutureUpdate[Future] | FutureFailure) -> Exception:
    assert isinstance(outcome, FutureFailure), outcome
    return outcome.error


@pytest.mark.parametrize("before_row", [0, 2, 4])
@pytest.mark.parametrize(
    ("lost", "restored"), [(1100, 1101), (1100, 1102), (2110, 1102), (2157, 2158)]
)
def test_a_reply_that_an_outage_falls_into_is_asked_again_when_it_is_over(
    serve: Serve, repository_of: RepositoryOf, lost: int, restored: int, before_row: int
) -> None:
    replay = serve(
        faults.KeptRows(count=3, first=1),  # what the outage swallowed
        faults.Notice(code=lost, before_row=before_row, first=1),
        faults.Notice(code=restored, before_row=None, first=1),
    )
    outcomes = bring_up_to_date(repository_of(replay), "ES")
    assert is_whole(outcomes["ES"], ES)
    assert symbols_asked(replay) == ["ES", "ES"]
    assert replay.connections == 1


@pytest.mark.parametrize("restored", [1101, 1102])
def test_a_reply_that_a_restoration_falls_into_is_asked_again(
    serve: Serve, repository_of: RepositoryOf, restored: int
) -> None:
    """The outage itself may have gone unannounced."""
    replay = serve(
        faults.KeptRows(count=3, first=1), faults.Notice(code=restored, before_row=2, first=1)
    )
    outcomes = bring_up_to_date(repository_of(replay), "ES")
    assert is_whole(outcomes["ES"], ES)
    assert symbols_asked(replay) == ["ES", "ES"]


def test_an_outage_during_the_second_try_is_not_waited_out_again(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(
        faults.Notice(code=1100, before_row=2), faults.Notice(code=1102, before_row=None)
    )
    outcomes = bring_up_to_date(repository_of(replay), "ES")
    assert isinstance(failure_of(outcomes["ES"]), UpstreamDownError)
    assert symbols_asked(replay) == ["ES", "ES"]
    assert not local.products


@pytest.mark.parametrize("code", [1100, 2110, 2157])
def test_an_outage_that_does_not_end_is_waited_for_once_and_nothing_more_is_asked(
    serve: Serve, repository_of: RepositoryOf, local: Local, code: int
) -> None:
    replay = serve(faults.Notice(code=code, before_row=2))
    repository = repository_of(replay, idle_timeout=1.0, requests_in_flight=1)
    symbols = ["ES", "NQ", "CL", "YM", "RTY", "GC", "SI", "ZN", "ZB", "6E"]
    began = time.monotonic()
    outcomes = bring_up_to_date(repository, *symbols)
    assert time.monotonic() - began < len(symbols) - 1
    assert {type(failure_of(outcome)) for outcome in outcomes.values()} == {UpstreamDownError}
    assert str(code) in str(failure_of(outcomes["ES"]))
    assert symbols_asked(replay) == ["ES"]
    assert not local.products


def test_products_are_asked_again_after_an_outage_that_was_not_waited_for(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(
        faults.Notice(code=1100, before_row=2, first=1),
        faults.PauseAfterRows(rows=3, seconds=0.8, first=1),
        faults.Notice(code=1102, before_row=None, first=1),
    )
    repository = repository_of(replay, idle_timeout=0.3, requests_in_flight=1)
    assert isinstance(failure_of(bring_up_to_date(repository, "ES")["ES"]), UpstreamDownError)
    time.sleep(0.8)
    assert is_whole(bring_up_to_date(repository, "ES")["ES"], ES)


def test_error_200_during_an_outage_does_not_say_that_a_product_is_unknown(
    serve: Serve, repository_of: RepositoryOf, local: Local
) -> None:
    replay = serve(faults.ErrorReply(code=200), faults.Notice(code=2157))
    outcomes = bring_up_to_date(repository_of(replay, idle_timeout=0.3), "ES", "NQ", "CL")
    assert {type(failure_of(outcome)) for outcome in outcomes.values()} == {UpstreamDownError}
    assert not local.products


def test_error_200_that_an_outage_explains_is_asked_again_when_it_is_over(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(
        faults.ErrorReply(code=200, first=1),
        faults.Notice(code=2157, first=1),
        faults.Notice(code=2158, before_row=None, first=1),
    )
    outcomes = bring_up_to_date(repository_of(replay), "ES", "NQ", "CL")
    assert is_whole(outcomes["ES"], ES)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert is_whole(outcomes["CL"], CRUDE_OIL)


@pytest.mark.parametrize(
    "text",
    [
        "No security definition has been found for the request",
        "The description is ambiguous; you must specify the multiplier or trading class",
    ],
)
def test_error_200_fails_its_product_alone_and_takes_nothing_from_it(
    serve: Serve, repository_of: RepositoryOf, local: Local, text: str
) -> None:
    of_es = [contract.con_id for contract in ES.contracts]
    replay = serve(
        faults.ErrorReply(code=200, text=text, symbol="ES", con_ids=frozenset(of_es), skip=1)
    )
    repository = repository_of(replay)
    bring_up_to_date(repository, "ES")
    stored = dict(local.products)
    outcomes = bring_up_to_date(repository, "ES", "NQ", "CL")
    error = failure_of(outcomes["ES"])
    assert isinstance(error, ProductNotFoundError)
    assert f"200: {text}" in str(error.detail)
    assert "ES@CME" in str(error.detail)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert is_whole(outcomes["CL"], CRUDE_OIL)
    assert local.products[ES.key].contracts == stored[ES.key].contracts
    assert [change.con_id for change in local.history if change.con_id in of_es] == of_es * 2
    assert {change.new for change in local.history} == {"listed", "missing"}


FLAPS = (2103, 2104, 2105, 2106, 2107, 2108, 2119, 2158)


def test_farms_that_flap_disturb_nothing_and_fill_no_log(
    serve: Serve,
    repository_of: RepositoryOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "ibkr_sync")
    replay = serve(
        *(faults.Notice(code=code, before_row=2, times=250) for code in FLAPS),
        *(faults.Notice(code=code, before_row=None, times=250) for code in FLAPS),
    )
    outcomes = bring_up_to_date(repository_of(replay), "ES", "NQ", "CL")
    assert is_whole(outcomes["ES"], ES)
    assert is_whole(outcomes["NQ"], NASDAQ)
    assert is_whole(outcomes["CL"], CRUDE_OIL)
    assert replay.connections == 1
    assert symbols_asked(replay) == ["ES", "NQ", "CL"]
    assert len(caplog.records) <= 20


def test_farms_that_flap_do_not_count_as_progress_of_a_reply(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(
        faults.NoEndMarker(),
        *(faults.Notice(code=2104, before_row=None, times=20) for _ in range(5)),
        faults.Chunked(size=100, gap=0.03),
    )
    outcomes = bring_up_to_date(repository_of(replay, idle_timeout=0.4), "CL")
    assert "nothing arrived for 0.4 s" in str(failure_of(outcomes["CL"]))


@pytest.mark.parametrize("code", [102, 200, 320, 321, 322, 323, 10999, 99999])
def test_an_error_that_names_our_request_fails_that_request_alone(
    serve: Serve, repository_of: RepositoryOf, code: int
) -> None:
    replay = serve(
        faults.Notice(code=code, text="No.", before_row=2, for_request=True, symbol="ES")
    )
    outcomes = bring_up_to_date(repository_of(replay), "ES", "NQ")
    assert isinstance(failure_of(outcomes["ES"]), RequestRejectedError | ProductNotFoundError)
    assert f"{code}" in str(failure_of(outcomes["ES"])) + str(
        getattr(failure_of(outcomes["ES"]), "detail", "")
    )
    assert is_whole(outcomes["NQ"], NASDAQ)


@pytest.mark.parametrize("code", [162, 354, 10089, 10167, 10197, 10285, 2100, 2104, 2119, 2159])
def test_a_remark_about_market_data_under_our_id_disturbs_nothing(
    serve: Serve, repository_of: RepositoryOf, code: int
) -> None:
    replay = serve(faults.Notice(code=code, text="Hm.", before_row=2, for_request=True))
    assert is_whole(bring_up_to_date(repository_of(replay), "ES")["ES"], ES)


@pytest.mark.parametrize("code", [200, 321, 399, 502, 504, 505, 2159, 10999])
def test_an_error_that_names_no_request_disturbs_nothing(
    serve: Serve, repository_of: RepositoryOf, code: int
) -> None:
    replay = serve(faults.Notice(code=code, text="Hm.", before_row=2))
    assert is_whole(bring_up_to_date(repository_of(replay), "ES")["ES"], ES)


def test_what_tws_says_is_cleaned_before_it_reaches_an_error(
    serve: Serve, repository_of: RepositoryOf
) -> None:
    replay = serve(faults.ErrorReply(code=321, text="\x1b[2Jno\u202e\x07 " + "x" * 100_000))
    error = failure_of(bring_up_to_date(repository_of(replay), "ES")["ES"])
    assert isinstance(error, RequestRejectedError)
    assert error.text.startswith("[2Jno x")
    assert error.text.isprintable()
    assert len(error.text) <= 512
