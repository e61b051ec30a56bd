"""How an error is reported: what happened, why, and the next command to type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ibkr_sync.domain.errors import AmbiguousProductError, IbkrSyncError, ProductLookupError
from ibkr_sync_cli.messages.errors import explain_error
from ibkr_sync_cli.messages.next_steps import step_to_show_product

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.terminal.output import Output

A = TypeVar("A")
T = TypeVar("T")


def report_error(output: Output, error: IbkrSyncError, subject: str | None = None) -> ExitCode:
    """Report an error on stderr, with the candidates where there are some; gives its exit code.

    `subject` says what failed where the error alone does not.
    """
    explanation = explain_error(error, output.command)
    names_itself = subject is None or isinstance(error, ProductLookupError)
    sentence = explanation.sentence if names_itself else f"{subject}: {explanation.sentence}"
    if isinstance(error, AmbiguousProductError):
        from ibkr_sync_cli.views.products.product_list import product_list_table

        output.complain(sentence, None)
        output.show_on_stderr(product_list_table(error.candidates))
        output.advise(explanation.next_step)
    else:
        output.complain(sentence, explanation.next_step)
    return explanation.exit_code


def found_of(
    asked: Iterable[A], find: Callable[[A], T]
) -> tuple[list[T], list[ProductLookupError]]:
    """What is found for each that was asked for, and why nothing is found for others."""
    found: list[T] = []
    failures: list[ProductLookupError] = []
    for one in asked:
        try:
            found.append(find(one))
        except ProductLookupError as error:
            failures.append(error)
    return found, failures


def report_remarks(
    output: Output, key: ProductKey, remarks: Iterable[str], left_out: Sequence[str]
) -> None:
    """Say on stderr what was odd; where it is to be quiet, at least what could not be stored."""
    for remark in remarks:
        output.remark(f"{key}: {remark}", style="yellow")
    if output.quiet and left_out:
        step = step_to_show_product(key, output.command)
        output.complain(f"{key}: {'; '.join(left_out)}.", step)
