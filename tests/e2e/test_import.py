"""Dates of deliveries from files outrank rules."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from e2e.command_line import CommandLine

SAMPLES = Path(__file__).parents[1] / "data" / "delivery_files"


@pytest.fixture
def database(delivered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(delivered, tmp_path / "own.db"))


def contract(ibkr_sync: CommandLine, database: Path, index: int = 2) -> Any:
    """A contract of gold, by default one that is months away."""
    return ibkr_sync("--database", database, "show", "GC", "--json").json["contracts"][index]


def calendar(tmp_path: Path, gold: Any, notice: str) -> Path:
    """A calendar of the exchange with another notice date."""
    file = tmp_path / f"{notice}.csv"
    file.write_text(
        "Contract Month,Product Code,Last Trade,First Notice\n"
        f"{gold['contract_month']},GC,{gold['last_trade_date']},{notice}\n"
    )
    return file


def test_an_import_outranks_a_rule_a_newer_one_replaces_it_and_history_keeps(
    ibkr_sync: CommandLine, database: Path, tmp_path: Path
) -> None:
    gold = contract(ibkr_sync, database)
    year = gold["contract_month"][:4]
    first, second = f"{year}-01-11", f"{year}-01-12"
    newer, older = (str(datetime.now(UTC).date() - timedelta(days=days)) for days in (2, 3))
    for notice, dated in ((second, newer), (first, older)):
        file = calendar(tmp_path, gold, notice)
        done = ibkr_sync("--database", database, "import", file, "--dated", dated, "--json")
        assert (done.code, done.json["stored"]) == (0, 1), done
    delivery = contract(ibkr_sync, database)["delivery"]
    assert delivery["first_notice_date"] == second  # whose file is the newer one
    assert delivery["sources"]["first_notice_date"] == {
        "source": "import: CME product calendar",
        "confidence": "A",
        "learnt_on": newer,
    }
    assert delivery["long_cutoff"] < second
    changed = ibkr_sync("--database", database, "changes", "GC", "--json").json["events"]
    notices = [item for item in changed if item["field"] == "first_notice_date"]
    assert [other["type"] for other in notices] == ["DELIVERY_CHANGED"]
    assert notices[0]["old"].startswith(gold["delivery"]["first_notice_date"])


def test_ibkrs_own_dates_outrank_those_of_an_exchange_and_lead_what_may_be_held(
    ibkr_sync: CommandLine, database: Path, tmp_path: Path
) -> None:
    gold = contract(ibkr_sync, database)
    day = gold["delivery"]["long_cutoff"].replace("-", "")[:6] + "02"
    entry = {
        "conid": gold["con_id"],
        "expirationDate": int(gold["last_trade_date"].replace("-", "")),
        "longFuturesCutOff": int(day),
        "shortFuturesCutOff": int(day),
    }
    file = tmp_path / "trsrv.json"
    file.write_text(json.dumps({"GC": [entry]}))
    assert ibkr_sync("--database", database, "import", file).code == 0
    delivery = contract(ibkr_sync, database)["delivery"]
    assert delivery["long_cutoff"].replace("-", "") == day
    assert delivery["sources"]["long_cutoff"]["source"] == "import: IBKR's Web API"
    before = ibkr_sync("--database", database, "runs", "--json").json
    again = ibkr_sync("--database", database, "import", file, "--dry-run")
    assert "would be kept" in again.err
    assert ibkr_sync("--database", database, "runs", "--json").json == before


def test_a_row_that_slipped_is_named_and_leads_nothing(
    ibkr_sync: CommandLine, database: Path, tmp_path: Path
) -> None:
    gold = contract(ibkr_sync, database)
    file = tmp_path / "slipped.csv"
    other = contract(ibkr_sync, database, 3)
    notice = other["delivery"]["first_notice_date"]
    file.write_text(
        "Contract Month,Product Code,Last Trade,First Notice\n"
        f"{gold['contract_month']},GC,{other['last_trade_date']},{notice}\n"
    )
    done = ibkr_sync("--database", database, "import", file)
    assert done.code == 0, done
    assert f"is not IBKR's; first {gold['local_symbol']}: {other['last_trade_date']}" in done.err
    assert "1 new, 0 unchanged; 1 of them are stored" in done.err
    again = ibkr_sync("--database", database, "import", file, "--json")
    assert (again.json["new"], again.json["refuted"]) == (0, [gold["con_id"]])
    assert contract(ibkr_sync, database)["delivery"] == gold["delivery"]
    audit = ibkr_sync("--database", database, "audit", "GC", "--json")
    assert "import: CME product calendar, whose dates are doubted" in audit.out


def test_a_row_that_contradicts_itself_is_reported_by_line_and_others_are_kept(
    ibkr_sync: CommandLine, database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mixed.csv"
    text = (SAMPLES / "cme_calendar.csv").read_text("utf-8")
    file.write_text(text.replace("GCG27", "GCJ27"))
    done = ibkr_sync("--database", database, "import", file, "--json")
    assert (done.code, len(done.json["contracts"])) == (4, 1)
    assert [item["place"] for item in done.json["contradictory"]] == ["row 3"]
    assert "row 3 has the code 'GCJ27' for another month" in done.err


def test_a_file_that_names_no_product_is_reported_which(
    ibkr_sync: CommandLine, database: Path
) -> None:
    file = SAMPLES / "ice_expiries.csv"
    unnamed = ibkr_sync("--database", database, "import", file)
    assert (unnamed.code, unnamed.out) == (5, "")
    assert "--product SYMBOL" in unnamed.err
    named = ibkr_sync("--database", database, "import", file, "--product", "ES", "--json")
    assert [contract["trading_class"] for contract in named.json["contracts"]] == ["ES", "ES"]


def test_products_that_nobody_knows_are_named_with_what_to_do(
    ibkr_sync: CommandLine, database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "unknown.csv"
    file.write_text(
        "Contract Month,Product Code,Last Trade,First Notice\nDEC 2026,QQQQ,2026-12-29,2026-11-30\n"
    )
    done = ibkr_sync("--database", database, "import", file)
    assert (done.code, done.out) == (5, "")
    assert "QQQQ is not known" in done.err
    assert "catalogue QQQQ" in done.err


@pytest.mark.parametrize("option", ["--side", "--by"])
def test_a_word_that_is_no_choice_is_refused_in_plain_words(
    ibkr_sync: CommandLine, option: str
) -> None:
    refused = ibkr_sync("next", "ES", option, "foo")
    assert refused.code == 2
    assert "'foo' is none of" in refused.err
    assert "Value error" not in refused.err


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_every_sample_is_taken(ibkr_sync: CommandLine, database: Path, name: str) -> None:
    product = ("--product", "GC") if name.startswith("ice") else ()
    done = ibkr_sync("--database", database, "import", SAMPLES / name, *product, "--json")
    assert (done.code, done.json["unknown"]) == (0, [])
    assert len(done.json["contracts"]) == 2


def test_what_is_no_such_file_is_refused_and_nothing_kept(
    ibkr_sync: CommandLine, database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    empty = tmp_path / "empty.csv"
    empty.write_text("\n")
    assert "is empty" in ibkr_sync("--database", database, "import", empty).err
    for path in (file, empty, tmp_path / "absent", tmp_path):
        done = ibkr_sync("--database", database, "import", path)
        assert (done.code, done.out) == (2, ""), done
        assert "can't be read" in done.err
        for words in ("/trsrv/futures", "close-out table", "CME's", "ICE's", "Eurex's"):
            assert words in done.err
        assert "docs/delivery-files.md" in done.err
        assert "file source" not in done.err
    future = ibkr_sync(
        "--database", database, "import", SAMPLES / "cme_calendar.csv", "--dated", "2999-01-01"
    )
    assert (future.code, future.out) == (2, "")
