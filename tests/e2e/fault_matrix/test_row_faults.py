"""Whatever the rows of a reply tell, it is understood, or the product stays as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.replies import rows_of
from e2e.fault_matrix.rig import SPEAKS_PROTOBUF, Rig
from gateway.faults import DuplicatedRow, Fault, ForeignRows, ReplacedField
from thoroughness import how_many, some_of

NAMES = (
    ("Nova\\", "Nova\\"),
    ("\\x", "\\x"),
    ("\\u001b[2J\\u0007Boo" if not SPEAKS_PROTOBUF else "\x1b[2J\x07Boo", "[2JBoo"),
    ("\x1b]0;title\x07Boo", "]0;titleBoo"),
    ("abc\u202efdp.exe", "abcfdp.exe"),
    ("x" * 1_000_000, "x" * 512),
    ("'; DROP TABLE contracts; --", "'; DROP TABLE contracts; --"),
    ("%s %(x)s :x {} {0}", "%s %(x)s :x {} {0}"),
    ("恒生指数", "恒生指数"),
)
NAMES_IN_TEXT = (
    *NAMES,
    ("Société".encode("latin-1"), "Soci\ufffdt\ufffd"),
    ("\\ud83d", "\ufffd"),
    ("\\ud83d\\ude80", "\U0001f680"),
    ("恒生指数".encode("gbk"), None),
    ("a\\u0000b", "ab"),
)


def test_no_name_ends_the_run_or_keeps_a_harmful_character(any_rig: Rig) -> None:
    names: Sequence[tuple[str | bytes, str | None]] = NAMES if SPEAKS_PROTOBUF else NAMES_IN_TEXT
    faults = [
        ReplacedField(row=row, field="long_name", value=value)
        for row, (value, _) in enumerate(names)
    ]
    ordeal = Ordeal(faults=faults, fate=Fate.OTHERWISE, connections=1)
    before = any_rig.store.tables()
    endured = any_rig.attempt(ordeal)
    stored = {row["con_id"]: row["long_name"] for row in any_rig.store.tables()["contracts"]}
    any_rig.check(ordeal, endured, before)
    for row, (_, expected) in zip(rows_of("ES"), names, strict=False):
        name = stored[int(row.con_id)]
        assert name is not None
        assert name.isprintable()
        assert expected is None or name == expected


IMPOSSIBLE = (
    ("con_id", "0"),
    ("con_id", "-1"),
    pytest.param("con_id", str(2**63), marks=pytest.mark.text_protocol),
    ("symbol", "NQ"),
    ("sec_type", "OPT"),
)


@pytest.mark.representative
@pytest.mark.parametrize(("field", "value"), some_of(IMPOSSIBLE, 4))
def test_one_row_that_can_t_be_identified_fails_the_product_alone(
    rig: Rig, field: str, value: str
) -> None:
    rig.endure(
        Ordeal(
            faults=[ReplacedField(row=7, field=field, value=value, symbol="ES")],
            code=4,
            symbols=("ES", "VIX"),
            spared=("ES",),
            fate=Fate.RENEWED,
            connections=1,
        )
    )


ODD = (
    ("currency", "", "currency"),
    ("trading_class", "", "trading_class"),
    ("last_trade_date_or_contract_month", "", "last_trade_date"),
    ("last_trade_date_or_contract_month", "2026-12-18", "last_trade_date"),
    ("last_trade_date_or_contract_month", "99999999", "last_trade_date"),
    ("last_trade_date_or_contract_month", "20261218 24:00 GB", "last_trade_date"),
    ("multiplier", "nan", "multiplier"),
    ("multiplier", "inf", "multiplier"),
    pytest.param("min_tick", "nan", "min_tick", marks=pytest.mark.text_protocol),
    ("min_tick", "0", "min_tick"),
    ("real_expiration_date", "20261301", "real_expiration_date"),
    ("price_magnifier", "-1", "price_magnifier"),
)


@pytest.mark.representative
@pytest.mark.parametrize(("sent", "value", "field"), some_of(ODD, 4))
def test_a_row_with_an_impossible_value_keeps_what_is_known_and_spares_its_siblings(
    rig: Rig, sent: str, value: str, field: str
) -> None:
    fault = ReplacedField(row=7, field=sent, value=value, symbol="ES")
    keep_what_is_known(rig, 7, [fault], f"{field} ")


def keep_what_is_known(rig: Rig, row: int, faults: Sequence[Fault], message: str) -> None:
    """Fail unless the contract of a row stays as it is stored, and its remark begins so."""
    con_id = int(rows_of("ES")[row].con_id)
    before = rig.store.tables()
    (known,) = (contract for contract in before["contracts"] if contract["con_id"] == con_id)
    ordeal = Ordeal(
        faults=faults, message=f"{known['local_symbol']}: {message}", fate=Fate.OTHERWISE
    )
    endured = rig.attempt(ordeal)
    rows = rig.store.tables()["contracts"]
    rig.check(ordeal, endured, before)
    (stored,) = (other for other in rows if other["con_id"] == con_id)
    assert stored["missing_since"] is None
    for column in ("currency", "trading_class", "last_trade_date", "multiplier", "min_tick"):
        assert stored[column] == known[column] is not None


def test_a_row_that_comes_twice_is_one_contract(any_rig: Rig) -> None:
    rig_faults = [DuplicatedRow(row=0), DuplicatedRow(row=5)]
    any_rig.endure(Ordeal(faults=rig_faults, fate=Fate.RENEWED, connections=1))


@pytest.mark.parametrize(("field", "value"), [("local_symbol", "ESXX"), ("multiplier", "5")])
def test_a_contract_whose_rows_differ_keeps_what_is_known(rig: Rig, field: str, value: str) -> None:
    faults = [DuplicatedRow(row=0), ReplacedField(row=1, field=field, value=value)]
    keep_what_is_known(rig, 0, faults, f"{field} ")


@pytest.mark.parametrize("stranger", ["NQ", "CL"][: how_many(1, 2)])
def test_a_row_of_another_product_fails_the_reply(rig: Rig, stranger: str) -> None:
    fault = ForeignRows(rows=tuple(rows_of(stranger)[:1]), before_row=3, symbol="ES")
    rig.endure(Ordeal(faults=[fault], code=4))


def test_a_product_of_the_same_symbol_is_never_mixed_in(rig: Rig) -> None:
    """It has another class and multiplier; nobody pinned it, so it is not stored either."""
    other = dataclasses.replace(
        rows_of("ES")[0], con_id="313497189", trading_class="ESX", multiplier="5"
    )
    fault = ForeignRows(rows=(other,), before_row=3)
    rig.endure(Ordeal(faults=[fault], code=frozenset((0, 4, 5)), fate=Fate.OLD_OR_NEW))


DAYS = tuple(row.real_expiration_date for row in rows_of("ES"))
"""When the contracts expire, YYYYMMDD; the exchange's own day."""


def day_after(day: str, days: int = 1) -> str:
    return f"{datetime.strptime(day, '%Y%m%d') + timedelta(days=days):%Y%m%d}"  # noqa: DTZ007


def test_a_last_trade_date_is_the_exchange_s_in_any_time_zone(any_rig: Rig) -> None:
    texts = (
        f"{DAYS[0]} 19:30 Etc/GMT-5",  # that is five hours east of Greenwich
        f"{day_after(DAYS[1])} 04:00:00 Asia/Shanghai",
        f"{DAYS[2]} 08:30",
        f"{DAYS[3]}-14:30:00",
        f"{day_after(DAYS[4])} 04:00:00 Middle/Earth",
    )
    faults = [
        ReplacedField(row=row, field="last_trade_date_or_contract_month", value=text)
        for row, text in enumerate(texts)
    ]
    ordeal = Ordeal(faults=faults, fate=Fate.OTHERWISE, connections=1)
    before = any_rig.store.tables()
    endured = any_rig.attempt(ordeal)
    stored = {row["con_id"]: row for row in any_rig.store.tables()["contracts"]}
    any_rig.check(ordeal, endured, before)
    for row, day in zip(rows_of("ES"), DAYS, strict=True):
        assert f"{stored[int(row.con_id)]['last_trade_date']:%Y%m%d}" == day


PLACEHOLDERS = {
    "multiplier": ("multiplier", "1.7976931348623157E308"),
    "ev_multiplier": ("economic_value_multiplier", "0"),
    "agg_group": ("aggregated_group", "2147483647"),
    "under_con_id": ("underlying_con_id", "0"),
    "price_magnifier": ("price_magnifier", "0"),
}
"""Fields of the protocol, our columns for them, and what stands for nothing there."""


def test_placeholders_say_nothing_of_what_is_known(any_rig: Rig) -> None:
    faults = [
        ReplacedField(row=6, field=field, value=text) for field, (_, text) in PLACEHOLDERS.items()
    ]
    ordeal = Ordeal(faults=faults, fate=Fate.OTHERWISE, connections=1)
    con_id = int(rows_of("ES")[6].con_id)
    before = any_rig.store.tables()
    (known,) = (row for row in before["contracts"] if row["con_id"] == con_id)
    endured = any_rig.attempt(ordeal)
    (kept,) = (row for row in any_rig.store.tables()["contracts"] if row["con_id"] == con_id)
    any_rig.check(ordeal, endured, before)
    columns = [column for column, _ in PLACEHOLDERS.values()]
    assert known["multiplier"] is not None
    assert [kept[column] for column in columns] == [known[column] for column in columns]
