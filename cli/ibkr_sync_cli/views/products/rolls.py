"""When a position moves from contract to contract, in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.delivery.hold_limits import HoldLimitKind, StandInReason
from ibkr_sync.domain.delivery.rolls import LIMIT_NAMES, Roll, RollRule
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.interchange.roll_document import ROLL_KEYS, roll_record
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import TableColumn, items_table

if TYPE_CHECKING:
    from rich.console import RenderableType


def rolls_view(product: Future, rolls: Sequence[Roll], rule: RollRule, typed: str) -> Result:
    """The rolls along the chain of a product by a rule, and how that was typed."""
    return records_view(
        rolls,
        roll_record,
        ROLL_KEYS,
        lambda: _table(product, rolls, rule),
        schema="ibkr-sync/rolls/1",
        name="rolls",
        head={**product.key._asdict(), "rule": typed},
    )


def rolls_note(rolls: Sequence[Roll], rule: str) -> str | None:
    """How many contracts a rule keeps beyond what ends a position in them; None if none."""
    count = sum(bool(roll.outlasted) for roll in rolls)
    if count == 0:
        return None
    return (
        f"by {rule}, {count} of {len(rolls)} contracts are kept past first notice or IBKR's cut-off"
    )


def _table(product: Future, rolls: Sequence[Roll], rule: RollRule) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    kinds = {roll.limit.kind for roll in rolls if roll.limit is not None}
    is_outlasting = any(roll.outlasted for roll in rolls)
    columns: list[TableColumn[Roll] | None] = [
        TableColumn("Date", lambda item: f"{item.day:%a %d %b %Y}"),
        TableColumn("From", lambda item: item.leaving.local_symbol),
        TableColumn("To", lambda item: item.entering.local_symbol),
        *(
            TableColumn(heading, _day_of(kind))
            for kind, heading in _HEADINGS.items()
            if kind in kinds
        ),
        TableColumn("Kept past", _outlasted, fit="wrap") if is_outlasting else None,
        TableColumn("Conf", lambda item: item.confidence, alike="confidence {}"),
        TableColumn("Basis", lambda item: item.basis.value, alike="basis {}"),
    ]
    table = items_table(
        rolls,
        columns,
        footer=[f"{product.key} · {_rule_text(rule)}"],
        is_sample=product.origin is Origin.SAMPLE,
    )
    return Group(table, *(Text(note, style="dim") for note in _stand_ins(product, rolls)))


_IBKRS = "IBKR's "
_HEADINGS = {
    HoldLimitKind.CUTOFF: "Cut-off",
    HoldLimitKind.NOTICE: "First notice",
    HoldLimitKind.LAST_TRADE: "Last trade",
}


def _day_of(kind: HoldLimitKind) -> Callable[[Roll], str | None]:
    def cell(roll: Roll) -> str | None:
        limit = roll.limit
        return f"{limit.day:%d %b %Y}" if limit and limit.kind is kind else None

    return cell


def _outlasted(roll: Roll) -> str | None:
    parts = (f"{_HEADINGS[limit.kind].lower()} {limit.day:%d %b}" for limit in roll.outlasted)
    return ", ".join(parts) or None


def _rule_text(rule: RollRule) -> str:
    """The rule in words."""
    if rule.day_of_month is not None:
        return f"last business day on or before day {rule.day_of_month} of the month"
    return f"{rule.before} before {LIMIT_NAMES[rule.by]}"


def _stand_ins(product: Future, rolls: Sequence[Roll]) -> Iterator[str]:
    """Why the last trade counts in place of what the rule names."""
    counts = Counter(
        (roll.stand_in.asked, roll.stand_in.reason) for roll in rolls if roll.stand_in is not None
    )
    for (asked, reason), count in counts.items():
        what = LIMIT_NAMES[asked]
        why = {
            StandInReason.NONE: f"{product.trading_class} has no {what.removeprefix(_IBKRS)}",
            StandInReason.UNKNOWN: f"{what} is not known",
            StandInReason.LATER: f"{what} comes after the last trade",
        }
        of_some = "" if count == len(rolls) else f"of {count} of {len(rolls)} contracts: "
        yield f"{of_some}{why[reason]}, so the last trade counts"
