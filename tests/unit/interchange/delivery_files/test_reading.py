"""Files with dates of deliveries: the samples are read, anything else is refused with its place."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.interchange.delivery_files.day_texts import read_day, read_month
from ibkr_sync.interchange.delivery_files.json_files import read_json_rows
from ibkr_sync.interchange.delivery_files.reading import read_delivery_file
from ibkr_sync.interchange.document_fields import InvalidDocumentError
from one_case import one_case

SAMPLES = Path(__file__).parents[3] / "data" / "delivery_files"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def rows_of(text: str) -> tuple[ImportedRow, ...]:
    return read_delivery_file(text).rows


def rows(name: str) -> tuple[ImportedRow, ...]:
    return read_delivery_file(sample(name)).rows


def test_the_web_api_says_cut_offs_by_con_id() -> None:
    gold, index = rows("trsrv_futures.json")
    assert gold == ImportedRow(
        origin=ImportOrigin.IBKR_CONTRACT,
        source="import: IBKR's Web API",
        con_id=462941472,
        last_trade_date=date(2026, 12, 29),
        dates={"long_cutoff": date(2026, 11, 24), "short_cutoff": date(2026, 12, 23)},
    )
    assert index.last_trade_date == date(2026, 12, 18)  # the last trade, not the day before


def test_the_close_out_table_says_cut_offs_by_class_and_month() -> None:
    gold, corn = rows("close_out.csv")
    assert (gold.exchange, gold.code, gold.contract_month) == (
        "COMEX",
        "GC",
        ContractMonth(2026, 12),
    )
    assert corn.dates == {"long_cutoff": date(2027, 2, 25), "short_cutoff": date(2027, 3, 12)}
    assert (gold.close_out_days, corn.close_out_days) == (2, 1)


@one_case(
    ("header", "cell", "count"),
    [
        ("Start of close-out period", "7 business days prior to cutoff", 7),
        ("Start of close-out period (2 business days prior to cutoff)", "", 2),
        ("Start of close-out period (3 business days prior to cutoff)", "24 Nov 2026", 3),
        ("Start of close-out period (2 business days prior to cutoff)", "1", 1),
        ("Start of Closeout Period", "1 business day before", 1),
        ("Cash/IRA only", "No", 2),
    ],
)
def test_the_close_out_table_says_how_long_before_a_cut_off_positions_are_closed(
    header: str, cell: str, count: int
) -> None:
    (gold,) = rows_of(
        f"Exchange,Trading Class,Contract Month,{header},Long Cutoff,Short Cutoff\n"
        f"COMEX,GC,Z2026,{cell},27 Nov 2026 13:30 ET,29 Dec 2026 13:30 ET\n"
    )
    assert gold.close_out_days == count


def test_a_cme_calendar_says_every_date() -> None:
    gold = rows("cme_calendar.csv")[0]
    assert (gold.code, gold.contract_month) == ("GC", ContractMonth(2026, 12))
    assert gold.last_trade_date == date(2026, 12, 29)
    assert gold.dates == {
        "first_position_date": date(2026, 11, 27),
        "first_notice_date": date(2026, 11, 30),
        "first_delivery_date": date(2026, 12, 1),
        "last_delivery_date": date(2026, 12, 31),
    }


def test_an_ice_calendar_names_no_product() -> None:
    march = rows("ice_expiries.csv")[0]
    assert (march.code, march.contract_month) == (None, ContractMonth(2027, 3))
    assert march.dates["first_notice_date"] == date(2027, 2, 18)


def test_eurex_says_when_bonds_are_delivered() -> None:
    bund = rows("eurex_contracts.json")[0]
    assert (bund.code, bund.exchange, bund.contract_month) == (
        "FGBL",
        "EUREX",
        ContractMonth(2026, 12),
    )
    assert bund.dates["first_delivery_date"] == date(2026, 12, 10)


def test_the_published_dates_of_the_tests_are_a_calendar_too() -> None:
    text = (SAMPLES.parent / "published_dates.csv").read_text("utf-8")
    assert len(read_delivery_file(text).rows) == text.count("\n") - 1


@one_case(
    ("text", "place"),
    [
        ("", ""),
        ("a,b,c\n1,2,3\n", ""),
        ("{}", ""),
        ("[1]", ""),
        ("{", ""),
        ('{"GC": 5}', ""),
        ('{"GC": []}', ""),
        ('{"GC": [5]}', "GC[0]"),
        ('{"data": {}}', "data"),
        ('{"data": {"Contracts": {"data": 5}}}', "data.Contracts.data"),
        (sample("trsrv_futures.json").replace("20261229,", "20261332,"), "GC[0].expirationDate"),
        (sample("trsrv_futures.json").replace('"conid"', '"id"'), "GC[0].conid"),
        (sample("close_out.csv").replace("Z2026", "Y2026"), "row 2.month"),
        (sample("close_out.csv").replace("25 Feb 2027 13:15 CT", "soon"), "row 3.long_cutoff"),
        (
            sample("cme_calendar.csv").replace("02/26/2027", "26/2/2027"),
            "row 3.last_delivery_date",
        ),
        (sample("ice_expiries.csv").replace("2027-04-22", "04/22/2027"), "row 3.first_notice_date"),
        (sample("cme_calendar.csv").replace("FEB 2027,GCG27", "DEC 2026,GCZ26"), ""),
        (sample("close_out.csv") + "COMEX,GC\n", "row 4"),
        (sample("close_out.csv").replace("2 business days prior", "early"), "row 2.close_out"),
        (
            sample("close_out.csv").replace("2 business days prior to cutoff", "24 Nov 2026"),
            "row 2.close_out",
        ),
        (sample("close_out.csv").replace("25 Feb 2027 13:15", "25 Feb 0001"), "row 3.long_cutoff"),
        (
            sample("eurex_contracts.json").replace('"2026-12-08"', "20269908"),
            "data.Contracts.data[0]",
        ),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        read_delivery_file(text)
    assert caught.value.path.startswith(place)
    assert bool(caught.value.path) == bool(place)


@given(
    st.text(max_size=200)
    | st.builds(json.dumps, st.recursive(st.none() | st.integers() | st.text(), st.lists))
    | st.builds(
        lambda name, old, new: sample(name).replace(old, new),
        st.sampled_from(sorted(path.name for path in SAMPLES.iterdir())),
        st.sampled_from(["2026", "GC", ",", "Contract", '"', "{", "data"]),
        st.text(max_size=5),
    )
)
def test_nothing_that_a_file_may_hold_is_more_than_refused(text: str) -> None:
    try:
        found = read_delivery_file(text)
    except InvalidDocumentError:
        return
    assert found.rows


@one_case(
    ("name", "old", "new", "place", "reason"),
    [
        (
            "cme_calendar.csv",
            "11/27/2026",
            "12/01/2026",
            "row 2",
            "first notice, 2026-11-30, before",
        ),
        ("cme_calendar.csv", "12/01/2026", "11/29/2026", "row 2", "first delivery, 2026-11-29, be"),
        ("cme_calendar.csv", "02/26/2027", "01/26/2027", "row 3", "last delivery, 2027-01-26, bef"),
        ("cme_calendar.csv", "FEB 2027", "APR 2027", "row 3", "has the code 'GCG27' for another"),
        ("cme_calendar.csv", "GCG27", "GCG26", "row 3", "has the code 'GCG26' for another month"),
        ("cme_calendar.csv", "02/24/2027", "02/24/2029", "row 3", "last trade, 2029-02-24, years"),
        ("trsrv_futures.json", "20261124", "20270124", "GC[0]", "after its last trade, 2026-12-29"),
        ("trsrv_futures.json", "20261124", "20241124", "GC[0]", "long cutoff, 2024-11-24, years"),
        ("close_out.csv", "H2027", "H2030", "row 3", "years from its contract, 2030-03"),
    ],
)
def test_a_row_that_contradicts_itself_is_left_out_and_others_are_kept(
    name: str, old: str, new: str, place: str, reason: str
) -> None:
    read = read_delivery_file(sample(name).replace(old, new))
    assert len(read.rows) == 1
    (row,) = read.contradictory
    assert row.place == place
    assert reason in row.reason


def test_a_file_of_contradictions_alone_is_refused() -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        read_delivery_file(
            sample("close_out.csv").replace("H2027", "H2030").replace("Z2026", "Z2030")
        )
    assert caught.value.path == "row 2"


DAYS = (
    *("2026-11-30", "20261130", "30 Nov 2026", "30-Nov-2026", "November 30, 2026"),
    *("2026-11-30 13:30", "2026-11-30T13:30:00", "30 Nov 2026 13:15 CT"),
)
MONTHS = ("202612", "2026-12", "Z26", "Z2026", "DEC 2026", "Dec26", "Dec-26")


@one_case("text", DAYS)
def test_a_day_is_read_in_each_of_its_forms(text: str) -> None:
    assert read_day(text, "x") == date(2026, 11, 30)


@one_case("text", MONTHS)
def test_a_contract_month_is_read_in_each_of_its_forms(text: str) -> None:
    assert read_month(text, "x") == ContractMonth(2026, 12)


def test_the_last_trading_day_stands_for_an_expiration_that_is_left_out() -> None:
    row: dict[str, object] = {
        "conid": 5,
        "ltd": 20261218,
        "longFuturesCutOff": 20261216,
        "shortFuturesCutOff": None,
    }
    (found,) = read_json_rows({"ES": [row | {"expirationDate": None}]})
    (both,) = read_json_rows({"ES": [row | {"expirationDate": 20261219}]})
    assert (found.last_trade_date, both.last_trade_date) == (date(2026, 12, 18), date(2026, 12, 19))
    (text,) = read_json_rows(
        {"ES": [row | {"conid": "5", "ltd": "20261218", "expirationDate": None}]}
    )
    assert text == found
    for odd in ("5x", "", "\u0665", "9" * 5000):
        with pytest.raises(InvalidDocumentError):
            read_json_rows({"ES": [row | {"conid": odd}]})
