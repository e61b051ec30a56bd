"""Every notice has its sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import pytest

from example_products import DECEMBER
from ibkr_sync.domain.entities.contracts import ContractMonth
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.naming.known_products import RenamedSymbol
from ibkr_sync.domain.naming.notices import (
    CatalogueSymbolNotice,
    ContinuousNotice,
    ExchangeRenamedNotice,
    Notice,
    OtherContractNotice,
    OtherProductsNotice,
    OtherYearNotice,
    ProductRenamedNotice,
    SeriesNotice,
    SizeNotice,
    SymbolRenamedNotice,
)
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.naming.spellings import MonthSpelling
from ibkr_sync.domain.selection.contract_choice import ContractMatch, ContractWords
from ibkr_sync_cli.terminal.notice_sentences import notice_sentence
from ibkr_sync_cli.terminal.notices import write_notices, write_other_year_notice
from ibkr_sync_cli.terminal.output import Output
from one_case import one_case

SOYBEANS = ProductKey("ZS", "CBOT", "ZS")
ZINC = ProductKey("ZSLME", "LMEOTC", "ZSLME")
SENTENCES: list[tuple[Notice, str]] = [
    (
        ProductRenamedNotice(
            name=FormerName(
                former=SOYBEANS, current=ZINC, until=datetime(2026, 11, 3, 22, 15, tzinfo=UTC)
            )
        ),
        "IBKR renamed ZS@CBOT (ZS) to ZSLME@LMEOTC (ZSLME), seen 2026-11-03",
    ),
    (ExchangeRenamedNotice(old="GLOBEX", new="CME"), "GLOBEX is CME today"),
    (
        SymbolRenamedNotice(
            renamed=RenamedSymbol(
                old="MXPP", now="6M", exchange="CME", is_reused=False, note="the peso is 6M"
            )
        ),
        "the peso is 6M",
    ),
    (
        OtherProductsNotice(word="ZS", taken=SOYBEANS, others=(ZINC,)),
        "ZS is taken for ZS@CBOT (ZS); it is also a name of ZSLME@LMEOTC (ZSLME)",
    ),
    (
        OtherContractNotice(
            word="IBEX35", spelling=MonthSpelling(root="IBE", month=11, year=35, year_digits=2)
        ),
        "IBEX35 is taken for the product; the contract is IBE X35",
    ),
    (
        SeriesNotice(word="VX48", product=ProductKey("VIX", "CFE", "VX")),
        "VX48 is a weekly series of VIX@CFE (VX)",
    ),
    (
        CatalogueSymbolNotice(word="ZSL", product=ZINC),
        "the catalogue says ZSL for what IBKR calls ZSLME@LMEOTC (ZSLME)",
    ),
    (
        ContinuousNotice(word="ES1!"),
        "ES1! is a continuous contract; its product is taken",
    ),
    (
        OtherYearNotice(word="CLZ6", contract_month=ContractMonth(2036, 12)),
        "CLZ6 is taken for 2036-12; a year in full is safer",
    ),
    (
        SizeNotice(product=ZINC, multiplier=Decimal("25.0"), left_out=2, kept=0),
        "multiplier 25 leaves out 2 contracts of ZSLME@LMEOTC (ZSLME) that it tells apart",
    ),
    (
        SizeNotice(product=ZINC, multiplier=Decimal(25), left_out=0, kept=3),
        (
            "multiplier 25 leaves out no contract of ZSLME@LMEOTC (ZSLME), as none differs in size"
            " alone; 3 of other sizes stay"
        ),
    ),
]


@one_case(("notice", "sentence"), SENTENCES)
def test_a_notice_says_how_the_words_were_taken(notice: Notice, sentence: str) -> None:
    assert notice_sentence(notice) == sentence


def test_no_notice_lacks_a_sentence() -> None:
    assert {type(notice) for notice, _ in SENTENCES} == set(get_args(Notice))


def test_notices_go_to_stderr_unless_it_is_to_be_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    notices = (ExchangeRenamedNotice(old="GLOBEX", new="CME"),)
    write_notices(Output(color=False, quiet=True), notices)
    assert capsys.readouterr() == ("", "")
    write_notices(Output(color=False), notices)
    assert capsys.readouterr() == ("", "note: GLOBEX is CME today\n")


@pytest.mark.parametrize(
    ("is_other_year", "message"),
    [(False, ""), (True, "note: ESZ6 is taken for 2026-12; a year in full is safer\n")],
)
def test_an_unexpected_year_is_reported(
    capsys: pytest.CaptureFixture[str], message: str, *, is_other_year: bool
) -> None:
    match = ContractMatch(contract=DECEMBER, is_other_year=is_other_year)
    write_other_year_notice(Output(color=False), ContractWords(text="ESZ6"), match)
    assert capsys.readouterr() == ("", message)
