"""Why contracts are not the nearest tradable one."""

from __future__ import annotations

from datetime import datetime

from rich.table import Table

from ibkr_sync.domain.selection.nearest_contract import (
    NearestJudgement,
    NearestJudgements,
    NearestObjection,
    NearestRule,
)
from ibkr_sync_cli.views.tables import TableColumn, items_table


def judgements_table(judged: NearestJudgements, rule: NearestRule, now: datetime) -> Table:
    """The contracts up to the nearest tradable one, with what speaks against them."""
    columns: list[TableColumn[NearestJudgement] | None] = [
        TableColumn("Contract", lambda each: each.contract.local_symbol),
        TableColumn("Month", lambda each: each.contract.contract_month),
        TableColumn("Last trade", lambda each: each.contract.last_trade_date),
        TableColumn("Days", lambda each: each.contract.days_left(now), right=True),
        TableColumn("conId", lambda each: each.contract.con_id, right=True),
        TableColumn("Why", lambda each: _reason(each, rule), fit="cut"),
    ]
    return items_table(
        judged.judgements[: len(judged.passed_over) + 1],
        columns,
        style=lambda each: "bold" if each.objection is None else "",
    )


def _reason(judgement: NearestJudgement, rule: NearestRule) -> str:
    match judgement.objection:
        case None:
            return "▶ tradable"
        case NearestObjection.MISSING:
            return "missing from the last reply"
        case NearestObjection.OTHER_SERIES:
            return f"{judgement.contract.series}, not {rule.series}"
        case NearestObjection.TOO_CLOSE:
            return f"{rule.days_before} days or less left"
        case NearestObjection.EXPIRED | NearestObjection.DELISTED:
            return judgement.objection.value
