"""The nearest contracts that may be held, with until when, and why others are not it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.delivery.hold_limits import (
    NOTHING_KNOWN,
    HoldLimit,
    HoldLimitKind,
    StandIn,
    StandInReason,
    UnknownDelivery,
)
from ibkr_sync.domain.delivery.nearest_contract import (
    NearestJudgement,
    NearestJudgements,
    NearestObjection,
    NearestRule,
)
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.untrusted_text import harmless_line
from ibkr_sync_cli.units.field_phrases import rule_in_words
from ibkr_sync_cli.units.product_names import product_text
from ibkr_sync_cli.views.records import record_cells, records_view

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ibkr_sync.domain.delivery.business_days import BusinessDays
    from ibkr_sync_cli.terminal.output import Result
    from ibkr_sync_cli.views.tables import ItemsTable, TableColumn

NEAREST_COLUMNS = (
    *("local_symbol", "contract_month", "last_trade_date", "con_id"),
    *("symbol", "exchange", "trading_class"),
    *("hold_until", "hold_until_by", "source", "confidence", "days_left", "business_days_left"),
    *("in_place_of", "in_place_because"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestContract:
    """A product's nearest contract that may be held, at an aware instant."""

    judgement: NearestJudgement
    now: datetime
    days: BusinessDays

    @property
    def days_left(self) -> int:
        """Calendar days until the last one on which it may be held."""
        return (self.judgement.limit.last_day - self._today).days

    @property
    def business_days_left(self) -> int:
        """The same in business days of its market."""
        return self.days.between(self._today, self.judgement.limit.last_day)

    @property
    def _today(self) -> date:
        return self.judgement.contract.local_date(self.now)


def nearest_view(found: Sequence[NearestContract], *, is_sample: bool = False) -> Result:
    """The contracts in every format, with the same fields."""
    return records_view(
        found,
        _record,
        NEAREST_COLUMNS,
        lambda: _table(found, is_sample=is_sample),
        schema="ibkr-sync/next/1",
        name="contracts",
    )


def nearest_line(found: NearestContract) -> str:
    """The values of `NEAREST_COLUMNS`, separated by tabs."""
    cells = record_cells(_record(found))
    return "\t".join(harmless_line(cells[name]) for name in NEAREST_COLUMNS)


def _key(found: NearestContract) -> ProductKey:
    contract = found.judgement.contract
    return ProductKey(contract.symbol, contract.exchange, contract.trading_class)


def _record(found: NearestContract) -> dict[str, object]:
    contract, limit = found.judgement.contract, found.judgement.limit
    month, stand_in = contract.contract_month, found.judgement.stand_in
    return {
        **_key(found)._asdict(),
        "local_symbol": contract.local_symbol,
        "contract_month": None if month is None else str(month),
        "con_id": contract.con_id,
        "last_trade_date": str(contract.last_trade_date),
        "hold_until": str(limit.last_day),
        "hold_until_by": limit.kind.value,
        "source": limit.source,
        "confidence": limit.confidence,
        "days_left": found.days_left,
        "business_days_left": found.business_days_left,
        "in_place_of": stand_in and stand_in.asked.value,
        "in_place_because": stand_in and stand_in.reason.value,
    }


def _table(found: Sequence[NearestContract], *, is_sample: bool) -> RenderableType:
    """A line for each, and below it what each date is and who says so."""
    from rich.console import Group
    from rich.text import Text

    from ibkr_sync_cli.views.cells import sample_tag
    from ibkr_sync_cli.views.tables import TableColumn, items_table

    columns: list[TableColumn[NearestContract] | None] = [
        TableColumn("Contract", lambda item: item.judgement.contract.local_symbol),
        TableColumn("Product", lambda item: product_text(_key(item))),
        TableColumn("Month", lambda item: item.judgement.contract.contract_month, gives_way=2),
        TableColumn("Last trade", lambda item: item.judgement.contract.last_trade_date),
        TableColumn("Hold until", lambda item: item.judgement.limit.last_day),
        TableColumn("Days", lambda item: item.days_left, right=True),
        TableColumn("Bus.", lambda item: item.business_days_left, right=True, gives_way=1),
        TableColumn("conId", lambda item: item.judgement.contract.con_id, right=True),
    ]
    sources = (
        f"{other.judgement.contract.local_symbol}: {limit_text(other.judgement.limit)}"
        for other in found
    )
    notes = (Text(harmless_line(source), style="dim") for source in sources)
    return Group(items_table(found, columns), *notes, *([sample_tag()] if is_sample else []))


def nearest_contracts_table(
    judged: NearestJudgements, rule: NearestRule, now: datetime
) -> ItemsTable[NearestJudgement]:
    """The contracts up to the nearest that may be held, with what speaks against them."""
    from ibkr_sync_cli.views.tables import TableColumn, items_table

    columns: list[TableColumn[NearestJudgement] | None] = [
        TableColumn("Contract", lambda item: item.contract.local_symbol),
        TableColumn("Last trade", lambda item: item.contract.last_trade_date),
        TableColumn("Days", lambda item: item.contract.days_left(now), right=True),
        TableColumn("conId", lambda item: item.contract.con_id, right=True),
        TableColumn("Hold until", lambda item: item.limit.last_day),
        TableColumn("Why", lambda item: _reason(item, rule), fit="wrap"),
    ]
    return items_table(
        judged.judgements[: len(judged.passed_over) + 1],
        columns,
        style=lambda item: "bold" if item.objection is None else "",
    )


def holding_notes(judged: NearestJudgements, found: NearestJudgement | None) -> Iterator[str]:
    """What a holder must know: what is passed over though it trades, and what is not certain."""
    for judgement in judged.past_notice:
        reason = f"{limit_text(judgement.limit)}{_doubt(judgement)}"
        yield f"{judgement.contract.local_symbol} is passed over: {reason}"
    if found is None:
        return
    name = found.contract.local_symbol
    if found.outlasted:
        yield f"{name} would be kept {_beyond(found)}"
    if found.stand_in is not None and found.unknown is None:
        yield f"{_lack(found.stand_in, name)}: its last trade counts, {found.limit.day}"
    if found.unknown is UnknownDelivery.NOTICE:
        yield (
            f"{name} is physically delivered, and its first notice date is not known, but may come"
            f" earlier than this: {limit_text(found.limit)}"
        )
    elif found.unknown is UnknownDelivery.SETTLEMENT:
        yield (
            f"how {name} is settled is not known, nor whether notice is given:"
            " it is answered by its last trade date"
        )
    elif found.limit.confidence is Confidence.C:
        yield f"{name} is not certain to be held so long: {limit_text(found.limit)}{_doubt(found)}"
    elif found.uncertain is not None:
        yield f"{name} is not certain to be held so long: {_uncertainty(found, found.uncertain)}"


def _lack(stand_in: StandIn, name: str) -> str:
    what = LIMIT_NAMES[stand_in.asked]
    own = what.removeprefix("IBKR's ")
    match stand_in.reason:
        case StandInReason.NONE:
            return f"{name} has no {own}"
        case StandInReason.UNKNOWN:
            return f"{what} is not known of {name}"
        case StandInReason.LATER:
            return f"{what} of {name} comes after its last trade ({stand_in.day})"


def _beyond(judgement: NearestJudgement) -> str:
    earlier = "; ".join(map(limit_text, judgement.outlasted))
    return f"until {judgement.limit.last_day}, beyond what ends it earlier: {earlier}"


def _doubt(judgement: NearestJudgement) -> str:
    """That the rule behind a limit is not trusted, and where to look."""
    known, limit = judgement.contract.delivery, judgement.limit
    if known is None or not known.is_rule_contradicted or limit.confidence is not Confidence.C:
        return ""
    see = f"audit {judgement.contract.symbol}@{judgement.contract.exchange}"
    return f"; rule and IBKR disagree on its last trade date: {see}"


def _uncertainty(judgement: NearestJudgement, name: str) -> str:
    known = judgement.contract.delivery or NOTHING_KNOWN
    what = "it settles in cash" if name == "settlement" else "no notice comes before the last trade"
    return f"that {what} is of confidence C ({rule_in_words(known.sources[name].source)})"


def limit_text(limit: HoldLimit) -> str:
    """The date with who says it."""
    by = rule_in_words(limit.source)
    if limit.confidence:
        by = f"{by}, confidence {limit.confidence}"
    return f"{LIMIT_NAMES[limit.kind]} is {limit.day} ({by})"


LIMIT_NAMES = {
    HoldLimitKind.LAST_TRADE: "the last trade",
    HoldLimitKind.NOTICE: "first notice",
    HoldLimitKind.CUTOFF: "IBKR's cut-off",
}


def _verdict(judgement: NearestJudgement) -> str:
    if judgement.outlasted:
        return f"▶ {_beyond(judgement)}"
    return "▶ may be held" if judgement.is_certain else "▶ may be held, which is not certain"


def _reason(judgement: NearestJudgement, rule: NearestRule) -> str:
    match judgement.objection:
        case None:
            reason = _verdict(judgement)
        case NearestObjection.MISSING:
            reason = "missing from the last reply"
        case NearestObjection.OTHER_SERIES:
            reason = f"{judgement.contract.series}, not {rule.series}"
        case NearestObjection.OTHER_MONTH:
            reason = "another month"
        case NearestObjection.LAST_TRADE:
            reason = f"{rule.days_before} or less left"
        case NearestObjection.NOTICE | NearestObjection.CUTOFF:
            reason = limit_text(judgement.limit)
        case NearestObjection.EXPIRED | NearestObjection.DELISTED:
            reason = judgement.objection.value
    return reason
