"""A list of one kind of things, in every format: JSON values, the cells of them, and a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:  # a pipe needs no drawing
    from rich.console import RenderableType

    from ibkr_sync.domain.runs.future_update import FutureFailure

T = TypeVar("T")

Record = Mapping[str, object]

_WORDS = {None: "", True: "true", False: "false"}


def records_view(
    items: Iterable[T],
    record: Callable[[T], Record],
    columns: Sequence[str],
    table: Callable[[], RenderableType],
    *,
    schema: str,
    name: str,
    head: Record | None = None,
    tail: Record | None = None,
    usual_columns: Sequence[str] | None = None,
) -> Result:
    """The items in every format.

    In JSON they stand under `name` in a document of `schema`, between what `head` and `tail` say
    of all of them. `record` gives an item as JSON has it; CSV and TSV have its `columns`.
    """

    def records() -> list[Record]:
        return [record(item) for item in items]

    return Result(
        table=table,
        document=lambda: {"schema": schema, **(head or {}), name: records(), **(tail or {})},
        records=records,
        columns=columns,
        rows=lambda: map(record_cells, records()),
        usual_columns=usual_columns,
    )


def several_view(results: Sequence[Result]) -> Result:
    """Results of one kind as one: tables below each other, and a list of the documents."""

    def table() -> RenderableType:
        from rich.console import Group  # not for pipes

        tables = [part for result in results for part in ("", result.table())]
        return Group(*tables[1:])

    return Result(
        table=table,
        document=lambda: [result.document() for result in results],
        records=lambda: (record for result in results for record in result.records()),
        columns=results[0].columns,
        rows=lambda: (row for result in results for row in result.rows()),
        usual_columns=results[0].usual_columns,
        usual_rows=lambda: (
            row for result in results for row in (result.usual_rows or result.rows)()
        ),
    )


def failure_record(columns: Sequence[str], failure: FutureFailure) -> dict[str, Any]:
    """What failed and why, by those of the columns that say it; the others are None."""
    from ibkr_sync_cli.messages.errors import explain_error  # most calls have none to explain

    query = failure.query
    return dict.fromkeys(columns) | {
        "symbol": query.symbol,
        "exchange": query.exchange,
        "trading_class": query.trading_class,
        "error": type(failure.error).__name__,
        "message": explain_error(failure.error).sentence,
    }


def record_cells(record: Record) -> dict[str, str]:
    """The values of a record as CSV and TSV have them."""
    return {key: _cell(value) for key, value in record.items()}


def _cell(value: object) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
