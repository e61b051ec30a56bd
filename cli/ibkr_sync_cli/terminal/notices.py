"""Notes on stderr about what was asked for, each where there is something to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import NeverFetchedError
from ibkr_sync_cli.terminal.output import Output, OutputFormat
from ibkr_sync_cli.units.quantities import quantity_of

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.naming.notices import Notice
    from ibkr_sync.domain.selection.contract_choice import ContractMatch, ContractWords


def write_notices(output: Output, notices: Iterable[Notice]) -> None:
    """Say on stderr how the user's words were taken."""
    for notice in notices:
        from ibkr_sync_cli.terminal.notice_sentences import notice_sentence

        output.note(notice_sentence(notice))


def write_other_year_notice(output: Output, words: ContractWords, match: ContractMatch) -> None:
    """Say on stderr that a short year was not taken for the next one it may mean."""
    month = match.contract.contract_month
    if match.is_other_year and month is not None:
        from ibkr_sync.domain.naming.notices import OtherYearNotice

        write_notices(output, (OtherYearNotice(word=words.text, contract_month=month),))


def write_disagreements_notice(output: Output, found: Sequence[Disagreement]) -> None:
    """Say on stderr in how many values other sources differ from what was stored."""
    if found:
        from ibkr_sync_cli.messages.next_steps import step_to_audit

        values = _differing(len(found))
        step = step_to_audit({disagreement.product for disagreement in found}, output.command)
        output.note(f"{values} from other sources: {step}")


def write_catalogue_notice(output: Output, count: int) -> None:
    """Say on stderr in how many values the catalogue differs from what would be stored."""
    if count:
        output.note(f"{_differing(count)} from the catalogue")


def _differing(count: int) -> str:
    return f"{quantity_of(count, 'value')} {'differs' if count == 1 else 'differ'}"


def write_nothing_notice(output: Output, what: str, next_step: str | None = None) -> None:
    """Say on stderr why a list is empty, and what to do about it if it is no answer."""
    output.note(f"nothing {what}")
    if not output.quiet:
        output.advise(next_step)


def write_never_fetched_notice(output: Output, product: ProductKey) -> None:
    """Say on stderr that no more is known of a product than the catalogue says, and what to do."""
    from ibkr_sync_cli.messages.errors import explain_error

    message = explain_error(NeverFetchedError(product), output.command)
    output.note(message.sentence)
    if not output.quiet:
        output.advise(message.next_step)


def closed_since(products: Iterable[ProductSummary]) -> dict[ProductKey, datetime]:
    """Those of the products that are closed, with when that was confirmed."""
    return {product.key: product.closed_at for product in products if product.closed_at is not None}


def write_closed_notice(output: Output, closed: Mapping[ProductKey, datetime]) -> None:
    """Say on stderr which products are closed, that refreshes leave them out, and what to do."""
    if closed:
        from ibkr_sync_cli.messages.next_steps import step_to_get_product

        names = ", ".join(f"{key} since {at:%Y-%m-%d}" for key, at in closed.items())
        step = step_to_get_product(next(iter(closed)), output.command)
        note = f"closed, and no longer asked for by refresh: {names}; to ask again: {step}"
        output.note(note)


def write_sample_data_notice(output: Output, written: OutputFormat | None) -> None:
    """Say on stderr that what was written is sample data; a table says so itself."""
    if written is not OutputFormat.TABLE:
        output.note("this is sample data")
