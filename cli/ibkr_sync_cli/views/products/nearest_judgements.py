"""Why contracts are not the nearest tradable one."""

from __future__ import annotations

from datetime import datetime

from rich.table import Table

from ibkr_sync.domain.selection.nearest_contract import (
    JudgedChain,
    NearestJudgement,
    Objection,
    TradingRule,
)
from ibkr_sync_cli.views.tables import Column, items_table


def judgements_table(judged: JudgedChain, rule: TradingRule, now: datetime) -> Table:
    """The contracts up to the nearest tradable one, with what speaks against them."""
    columns: list[Column[NearestJudgement] | None] = [
        Column("Contract", lambda each: each.contract.local_symbol),
        Column("Month", lambda each: each.contract.contract_month),
        Column("Last trade", lambda each: each.contract.last_trade_date),
        Column("Days", lambda each: each.contract.days_left(now), right=True),
        Column("conId", lambda each: each.contract.con_id, right=True),
        Column("Why", lambda each: _reason(each, rule), fit="cut"),
    ]
    return items_table(
        judged.judgements[: len(judged.passed_over) + 1],
        columns,
        style=lambda each: "bold" if each.objection is None else "",
    )


def _reason(judgement: NearestJudgement, rule: TradingRule) -> str:
    match judgement.objection:
        case None:
            return "▶ tradable"
        case Objection.MISSING:
            return "missing from the last reply"
        case Objection.OTHER_SERIES:
            return f"{judgement.contract.series}, not {rule.series}"
        case Objection.TOO_CLOSE:
            return f"{rule.days_before} days or less left"
        case Objection.EXPIRED | Objection.DELISTED:
            return judgement.objection.value
