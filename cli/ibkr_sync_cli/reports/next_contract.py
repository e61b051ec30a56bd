"""The nearest contracts that may be held, and why the ones before are not it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import NotYetKnownError, ProductLookupError
from ibkr_sync_cli.arguments.symbols import stored_product
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.terminal.notices import write_sample_data_notice
from ibkr_sync_cli.terminal.output import OutputFormat
from ibkr_sync_cli.views.products.nearest_contracts import (
    NearestContract,
    holding_notes,
    nearest_contracts_table,
    nearest_line,
    nearest_view,
)

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestQuestion:
    """What is asked of each product.

    Attributes:
        limits: what the options say of the products.
        moment: the aware instant, of the past or to come, at which a contract is to be held.
        is_past: whether what was known then is to decide.
    """

    rule: NearestRule
    moment: datetime
    limits: Limits
    is_past: bool = False
    explain: bool = False


def report_nearest(
    call: Call,
    services: Services[Future],
    queries: list[FutureQuery | ProductLookupError],
    question: NearestQuestion,
) -> ExitCode:
    """Show the nearest contract of each product, failures on stderr; gives the exit code."""
    found: list[NearestContract] = []
    errors: list[ProductLookupError] = []
    has_sample = False
    for query in queries:
        try:
            if isinstance(query, ProductLookupError):
                raise query
            product = stored_product(call.output, services.futures, query, is_past=question.is_past)
            has_sample = has_sample or product.origin is Origin.SAMPLE
            found.append(_nearest(call.output, services, product, query, question))
        except ProductLookupError as error:
            errors.append(error)
    if found and _is_for_a_script(call):
        call.output.write_text("\n".join(map(nearest_line, found)))
    elif found:
        call.output.write(nearest_view(found, is_sample=has_sample), call.wanted)
    code = _report_failures(call.output, errors, all_failed=not found) if errors else ExitCode.OK
    if found and has_sample:
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
    return code


def _report_failures(
    output: Output, errors: list[ProductLookupError], *, all_failed: bool
) -> ExitCode:
    from ibkr_sync_cli.messages.errors import exit_code_of
    from ibkr_sync_cli.reports.errors import report_error

    for failure in errors:
        report_error(output, failure)
    return exit_code_of(errors, all_failed=all_failed)


def _is_for_a_script(call: Call) -> bool:
    """Whether a pipe reads it for which nothing was asked: it gets lines without a heading."""
    is_terminal = call.output.format_for(call.wanted) is OutputFormat.TABLE
    return call.wanted is None and not is_terminal and not call.output.columns


def _nearest(
    output: Output,
    services: Services[Future],
    product: Future,
    query: FutureQuery,
    question: NearestQuestion,
) -> NearestContract:
    def note_late(error: NotYetKnownError) -> None:
        since = f"{error.since:%Y-%m-%d}"
        output.note(f"{product.key} is known since {since} only, and judged by that")

    judged = services.dated_products.judge(
        *(product, question.rule, question.moment),
        is_past=question.is_past,
        query=query,
        limits=question.limits,
        on_late=note_late,
    )
    _explain(output, judged, question)
    return NearestContract(
        judgement=judged.nearest(),
        now=question.moment,
        days=services.deliveries.business_days(product),
    )


def _explain(output: Output, judged: NearestJudgements, question: NearestQuestion) -> None:
    """Say on stderr what is passed over, and what the answer does not rest on."""
    count = len(judged.passed_over)
    nearest = judged.judgements[count] if count < len(judged.judgements) else None
    if question.explain:
        from ibkr_sync_cli.views.products.delivery_table import delivery_table  # loads rich

        output.show_on_stderr(nearest_contracts_table(judged, question.rule, question.moment))
        shown = [*judged.past_notice, *([nearest] if nearest else [])]
        for judgement in shown:
            output.show_on_stderr(delivery_table(judgement.contract))
    else:
        for contract in judged.missing(question.rule.series):
            name = contract.local_symbol
            output.note(f"{name} is missing from the last reply, so it is passed over")
    for text in holding_notes(judged, nearest):
        output.note(text)
