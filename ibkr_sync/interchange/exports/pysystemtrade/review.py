"""What of the table is wrong by what is stored, row by row.

A row is found by symbol, exchange and multiplier, as pysystemtrade finds it; only the user knows
what instrument it is meant for. Where several products share a symbol, a multiplier that none of
them has is never corrected: nothing says which of them is meant, and it may just not be stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from ibkr_sync.domain.entities.contracts import ContractSeries
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.interchange.exports.pysystemtrade.config_table import ConfigRow, ConfigTable
from ibkr_sync.interchange.exports.pysystemtrade.findings import (
    FindingKind,
    TableFinding,
    TableReview,
    UnjudgedRow,
)
from ibkr_sync.interchange.exports.pysystemtrade.identities import (
    IdentityCounts,
    identity_of,
    number_in_cell,
    without_collisions,
)
from ibkr_sync.interchange.product_document import number_in_document

_Place: TypeAlias = tuple[str, str]
"""Symbol and exchange."""

_BOOLEANS: Final = {"TRUE": True, "True": True, "true": True} | {
    "FALSE": False,
    "False": False,
    "false": False,
}
"""What pandas reads as booleans, if all of the column are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A stored product as it trades."""

    product: Future
    closed_at: datetime | None
    is_whole: bool

    @property
    def place(self) -> _Place:
        return self.product.symbol, self.product.exchange


@dataclass(slots=True, kw_only=True)
class _Judgement:
    """The findings about a row, as they come."""

    row: ConfigRow
    findings: list[TableFinding] = field(default_factory=list)

    def wrong(self, column: str, expected: str, reason: str) -> None:
        if (self.row[column] or "").strip() == expected != "":
            reason = "blanks stand around it"
        self._add(FindingKind.WRONG, column, expected, reason)

    def problem(self, column: str | None, reason: str) -> None:
        self._add(FindingKind.PROBLEM, column, None, reason)

    def _add(
        self, kind: FindingKind, column: str | None, expected: str | None, reason: str
    ) -> None:
        found = None if column is None else self.row[column]
        finding = TableFinding(
            kind=kind,
            row=self.row,
            column=column,
            found=found,
            expected=expected,
            reason=reason,
        )
        self.findings.append(finding)


class TableReviewer:
    """Compares rows with stored products, at the aware instant `at`."""

    def __init__(
        self,
        products: Iterable[ExportedProduct],
        catalogue: ProductCatalogue,
        former: Iterable[FormerName],
        at: datetime,
    ) -> None:
        self._catalogue = catalogue
        self._former = {name.former[:2]: name for name in former}
        self._stored: defaultdict[_Place, list[_Listed]] = defaultdict(list)
        for item in products:
            listed = _Listed(
                product=item.living(at),
                closed_at=item.product.closed_by(at),
                is_whole=item.is_whole,
            )
            self._stored[listed.place].append(listed)

    def review(self, table: ConfigTable) -> TableReview:
        """Judge every row of a table."""
        findings: list[TableFinding] = []
        unjudged: list[UnjudgedRow] = []
        named: set[ProductKey] = set()
        counts = IdentityCounts.of(row.cells for row in table.rows)
        for row in table.rows:
            judgement = _Judgement(row=row)
            _judge_alone(judgement, counts)
            match = self._match(row, counts)
            if isinstance(match, str):
                unjudged.append(UnjudgedRow(row=row, reason=match))
                self._judge_exchange(judgement, None)
                self._judge_shared_symbol(judgement)
            else:
                named.add(match.product.key)
                self._judge(judgement, match, counts)
            findings += judgement.findings
        keys = (other.product.key for listed in self._stored.values() for other in listed)
        return TableReview(
            table=table,
            findings=without_collisions(table, findings),
            unjudged=tuple(unjudged),
            unnamed=tuple(sorted(key for key in keys if key not in named)),
        )

    def _match(self, row: ConfigRow, counts: IdentityCounts) -> _Listed | str:
        """The stored product that a row is about, or why none is."""
        symbol, exchange = row["IBSymbol"], row["IBExchange"]
        if symbol is None or exchange is None:
            return "it has no symbol or no exchange"
        size = number_in_cell(row["IBMultiplier"])
        places = list(self._places(symbol.strip(), exchange.strip()))
        for place in places:
            here = self._stored.get(place, ())
            fitting = [other for other in here if size is None or size in other.product.sizes]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                return "several stored products fit it: it needs a multiplier"
        here = self._stored.get(places[0], ())
        if len(here) == 1 and self._may_have_changed(here[0], size, counts):
            return here[0]
        return "no product of its multiplier is stored" if here else "it is not stored"

    def _places(self, symbol: str, exchange: str) -> Iterator[_Place]:
        """Where a row's product may stand today."""
        yield symbol, self._catalogue.current_exchange(exchange, symbol)
        if (former := self._former.get((symbol, exchange))) is not None:
            yield former.current[:2]
        if (renamed := self._catalogue.renamed_symbol(symbol)) is not None:
            yield renamed.now, renamed.exchange

    def _may_have_changed(
        self, listed: _Listed, size: Decimal | None, counts: IdentityCounts
    ) -> bool:
        """Whether a multiplier that no product has is a wrong one of the product."""
        symbol, exchange = listed.place
        known = self._known_sizes(listed.place)
        is_taken = any(counts.sizes[symbol, exchange, other] for other in listed.product.sizes)
        was_another = self._catalogue.renamed_symbol(symbol) is not None
        return listed.is_whole and not (len(known) > 1 or size in known or is_taken or was_another)

    def _known_sizes(self, place: _Place) -> tuple[Decimal | None, ...]:
        """The multipliers of the products that the catalogue has of a symbol."""
        rows = self._catalogue.known_as(place[0])
        return tuple(row.multiplier for row in rows if (row.symbol, row.exchange) == place)

    def _judge_shared_symbol(self, judgement: _Judgement) -> None:
        """Whether it may be any of several products of its symbol, of which one is stored."""
        row = judgement.row
        place = next(
            self._places((row["IBSymbol"] or "").strip(), (row["IBExchange"] or "").strip())
        )
        known, size = self._known_sizes(place), number_in_cell(row["IBMultiplier"])
        if self._stored.get(place) and len(known) > 1 and size not in (None, *known):
            sizes = ", ".join(number_in_document(other) for other in known if other is not None)
            judgement.problem("IBMultiplier", f"its symbol has several products, of {sizes}")

    def _judge_exchange(self, judgement: _Judgement, stored: str | None) -> None:
        """Whether IBKR has another code for its exchange today, whatever is stored."""
        found, symbol = judgement.row["IBExchange"], judgement.row["IBSymbol"]
        if found is None or symbol is None:
            return
        expected = stored or self._catalogue.current_exchange(found.strip(), symbol.strip())
        if found != expected:
            judgement.wrong("IBExchange", expected, f"{found.strip()} is {expected} today")

    def _judge(self, judgement: _Judgement, listed: _Listed, counts: IdentityCounts) -> None:
        row, product = judgement.row, listed.product
        if listed.closed_at is not None:
            judgement.problem(None, f"IBKR no longer knows it since {listed.closed_at:%Y-%m-%d}")
        if row["IBSymbol"] != product.symbol:
            judgement.wrong("IBSymbol", product.symbol, "IBKR renamed it")
        self._judge_exchange(judgement, product.exchange)
        if row["IBCurrency"] not in (None, product.currency):
            judgement.wrong("IBCurrency", product.currency, "IBKR says another currency")
        is_alone = counts.places[row["IBSymbol"], row["IBExchange"]] == 1
        _judge_multiplier(judgement, product, is_alone=is_alone)
        _judge_magnifier(judgement, product)
        _judge_weeklies(judgement, product)


def _judge_alone(judgement: _Judgement, counts: IdentityCounts) -> None:
    """What is wrong with a row by the table alone."""
    row = judgement.row
    identity = identity_of(row.cells)
    if row.is_note:
        judgement.problem(None, "pandas knows no comments: it reads this line as an instrument")
    if None in (row["Instrument"], row["IBSymbol"], row["IBExchange"]):
        if not row.is_note:
            judgement.problem(None, "pandas reads its instrument, symbol or exchange as missing")
    elif counts.sizes[identity] > 1:
        judgement.problem(
            None, "another row has its symbol, exchange and multiplier: pysystemtrade refuses both"
        )
    elif identity[2] is not None and counts.is_shared(identity):
        judgement.problem(
            None, "a row without multiplier has its symbol and exchange, and fits it as well"
        )
    for column in ("IBMultiplier", "priceMagnifier"):
        if row[column] is not None and number_in_cell(row[column]) is None:
            judgement.problem(column, "it is no number, so pandas reads the whole column as text")
    if row["IgnoreWeekly"] is not None and row["IgnoreWeekly"] not in _BOOLEANS:
        judgement.problem(
            "IgnoreWeekly", "it is neither TRUE nor FALSE, so pandas reads the column as text"
        )
    if counts.instruments[row["Instrument"]] > 1:
        judgement.problem("Instrument", "another row has its name: pysystemtrade takes the first")


def _judge_multiplier(judgement: _Judgement, product: Future, *, is_alone: bool) -> None:
    size = number_in_cell(judgement.row["IBMultiplier"])
    sizes = product.sizes
    if size is None or not sizes:
        return
    if len(sizes) > 1 and is_alone:
        reason = "it differs by month, and pysystemtrade would ask for some months only"
        judgement.wrong("IBMultiplier", "", reason)
    elif len(sizes) == 1 and size not in sizes:
        expected = number_in_document(next(iter(sizes)))
        judgement.wrong("IBMultiplier", expected, "IBKR says another multiplier")


def _judge_magnifier(judgement: _Judgement, product: Future) -> None:
    found = judgement.row["priceMagnifier"]
    size, known = number_in_cell(found), product.price_magnifier
    stated = Decimal(1) if found is None else size
    if known is not None and stated is not None and stated != known:
        reason = "IBKR says another; prices that were kept were divided by this one"
        judgement.wrong("priceMagnifier", str(known), reason)


def _judge_weeklies(judgement: _Judgement, product: Future) -> None:
    series = {contract.series for contract in product.contracts}
    has_others = ContractSeries.MONTHLY in series and len(series) > 1
    found = judgement.row["IgnoreWeekly"]
    if found is None:
        expected = "TRUE" if has_others else "FALSE"
        judgement.wrong("IgnoreWeekly", expected, "a missing value is taken for TRUE")
    elif has_others and _BOOLEANS.get(found) is False:
        reason = "weekly or daily contracts are listed, and months have several contracts"
        judgement.wrong("IgnoreWeekly", "TRUE", reason)
