"""The only table from a notice to what is said of it."""

from __future__ import annotations

from ibkr_sync.domain.canonical_text import canonical_text
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
from ibkr_sync_cli.units.quantities import quantity_of


def notice_sentence(notice: Notice) -> str:
    """What to say to the user."""
    match notice:
        case ExchangeRenamedNotice() | SymbolRenamedNotice() | ProductRenamedNotice():
            sentence = _of_renames(notice)
        case OtherProductsNotice(word=word, taken=taken, others=others):
            names = ", ".join(map(str, others))
            sentence = f"{word} is taken for {taken}; it is also a name of {names}"
        case OtherContractNotice(word=word, spelling=spelling):
            sentence = f"{word} is taken for the product; the contract is {spelling}"
        case SeriesNotice(word=word, product=product):
            sentence = f"{word} is a weekly series of {product}"
        case CatalogueSymbolNotice(word=word, product=product):
            sentence = f"the catalogue says {word} for what IBKR calls {product}"
        case ContinuousNotice(word=word):
            sentence = f"{word} is a continuous contract; its product is taken"
        case SizeNotice():
            sentence = _of_sizes(notice)
        case OtherYearNotice(word=word, contract_month=month):
            sentence = f"{word} is taken for {month}; a year in full is safer"
    return sentence


def _of_sizes(notice: SizeNotice) -> str:
    size, left_out = canonical_text(notice.multiplier), quantity_of(notice.left_out, "contract")
    sentence = f"multiplier {size} leaves out {left_out} of {notice.product} that it tells apart"
    if notice.left_out == 0:
        none = f"no contract of {notice.product}, as none differs in size alone"
        sentence = f"multiplier {size} leaves out {none}"
    return f"{sentence}; {notice.kept} of other sizes stay" if notice.kept else sentence


def _of_renames(notice: ExchangeRenamedNotice | SymbolRenamedNotice | ProductRenamedNotice) -> str:
    match notice:
        case ExchangeRenamedNotice(old=old, new=new):
            return f"{old} is {new} today"
        case SymbolRenamedNotice(renamed=renamed):
            return renamed.note
        case ProductRenamedNotice(name=name):
            return f"IBKR renamed {name.former} to {name.current}, seen {name.until:%Y-%m-%d}"
