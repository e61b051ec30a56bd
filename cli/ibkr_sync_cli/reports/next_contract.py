"""The nearest contract that may still be traded, and why the ones before are not it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync_cli.terminal.notices import write_sample_data_notice
from ibkr_sync_cli.views.products.contract import contract_line
from ibkr_sync_cli.views.products.nearest_judgements import judgements_table
from ibkr_sync_cli.views.products.product import product_view

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.domain.selection.nearest_contract import NearestJudgements, NearestRule
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output


def report_contracts_passed_over(
    output: Output, judged: NearestJudgements, rule: NearestRule, now: datetime, *, explain: bool
) -> None:
    """Say on stderr what is passed over: with `explain` all of it, else what was to be there."""
    if explain:
        output.show_on_stderr(judgements_table(judged, rule, now))
        return
    for contract in judged.missing(rule.series):
        note = f"note: {contract.local_symbol} is missing from the last reply, so it is passed over"
        output.remark(note, style="yellow")


def report_next(call: Call, judged: NearestJudgements, now: datetime) -> None:
    """Show the contract; raises NoTradableContractError."""
    contract = judged.nearest()
    if call.wanted is None:
        call.output.write_text(contract_line(contract))
    else:
        narrowed = dataclasses.replace(judged.product, contracts=(contract,))
        call.output.write(product_view(narrowed, now), call.wanted)
    if judged.product.origin is Origin.SAMPLE:
        write_sample_data_notice(call.output, call.wanted)
