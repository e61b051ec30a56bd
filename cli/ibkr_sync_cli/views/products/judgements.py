"""Why contracts are not the nearest tradable one."""

from __future__ import annotations

from datetime import datetime

from rich.table import Table
from rich.text import Text

from ibkr_sync.domain.selection.nearest_contract import (
    JudgedChain,
    Judgement,
    Objection,
    TradingRule,
)
from ibkr_sync_cli.views.cells import flexible, plain_table


def judgements_table(judged: JudgedChain, rule: TradingRule, now: datetime) -> Table:
    """The contracts up to the nearest tradable one, with what speaks against them."""
    table = plain_table(
        ("Contract", False),
        ("Month", False),
        ("Last trade", False),
        ("Days", True),
        ("conId", True),
        ("Why", False),
        shrinks="Why",
    )
    for judgement in judged.judgements[: len(judged.passed_over) + 1]:
        contract = judgement.contract
        cells = (
            contract.local_symbol,
            str(contract.contract_month or "-"),
            str(contract.last_trade_date),
            str(contract.days_left(now)),
            str(contract.con_id),
        )
        style = "bold" if judgement.objection is None else ""
        why = flexible(_reason(judgement, rule))
        table.add_row(*(Text(cell) for cell in cells), why, style=style)
    return table


def _reason(judgement: Judgement, rule: TradingRule) -> str:
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
