"""What each code means."""

from __future__ import annotations

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.notice_meaning import (
    RESTORES,
    NoticeMeaning,
    new_port_in,
    notice_meaning_of,
)
from one_case import one_case

ALWAYS = {
    100: NoticeMeaning.PACING,
    326: NoticeMeaning.CLIENT_ID_IN_USE,
    1100: NoticeMeaning.UPSTREAM_LOST,
    1101: NoticeMeaning.UPSTREAM_RESTORED,
    1102: NoticeMeaning.UPSTREAM_RESTORED,
    1300: NoticeMeaning.UPSTREAM_LOST,
    2110: NoticeMeaning.UPSTREAM_LOST,
    2157: NoticeMeaning.UPSTREAM_LOST,
    2158: NoticeMeaning.UPSTREAM_RESTORED,
}
NEVER_OURS = [162, 165, 166, 354, 10089, 10090, 10167, 10186, 10197, 10285]
FARMS = [2100, 2103, 2104, 2105, 2106, 2107, 2108, 2119, 2159, 2199]
FAILS_THE_REQUEST = [102, 200, 320, 321, 322, 323, 504, 505, 579, 2099, 2200, 99999, 0, -1]


@one_case("names_our_request", [False, True])
@one_case("code", ALWAYS)
def test_what_concerns_the_session_does_so_whatever_request_it_names(
    code: int, names_our_request: bool
) -> None:
    assert notice_meaning_of(code, names_our_request=names_our_request) is ALWAYS[code]


@one_case("names_our_request", [False, True])
@one_case("code", NEVER_OURS + FARMS)
def test_market_data_and_its_farms_are_never_about_a_contract(
    code: int, names_our_request: bool
) -> None:
    assert notice_meaning_of(code, names_our_request=names_our_request) is NoticeMeaning.INFORMATION


@one_case("code", FAILS_THE_REQUEST)
def test_any_other_code_fails_the_request_it_names_and_nothing_else(code: int) -> None:
    assert notice_meaning_of(code, names_our_request=True) is NoticeMeaning.REQUEST_FAILED
    assert notice_meaning_of(code, names_our_request=False) is (
        NoticeMeaning.LADDER_FAILED if code == 321 else NoticeMeaning.INFORMATION
    )


def test_every_restoration_ends_outages_that_can_begin_and_every_outage_can_end() -> None:
    restorations = {
        code for code, alway in ALWAYS.items() if alway is NoticeMeaning.UPSTREAM_RESTORED
    }
    outages = {code for code, alway in ALWAYS.items() if alway is NoticeMeaning.UPSTREAM_LOST}
    assert set(RESTORES) == restorations
    assert {code for ended in RESTORES.values() for code in ended} == outages - {1300}


@one_case(
    ("text", "port"),
    [
        ("TWS socket port has been reset. Please reconnect on the new port - 4003", 4003),
        ("Please reconnect on the new port: 65535.", 65535),
        ("TWS socket port has been reset and this connection is being dropped.", None),
        ("the new port - 70000", None),
        ("the new port - 400399999", None),
        ("the new port - 0", None),
    ],
)
def test_the_new_port_is_read_only_where_it_is_one(text: str, port: int | None) -> None:
    assert new_port_in(text) == port
