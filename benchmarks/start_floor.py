"""What no saving of ours avoids at start-up: the libraries, used as barely as they can be.

`python -m benchmarks.start_floor show|next DATABASE SYMBOL` is typer with a command of as many
options as `show` has, and SQLAlchemy, which reads a chain by one statement; `next` looks one
holiday up besides. Typer converts nothing, and garbage is looked for as seldom as by ibkr-sync.
"""

import csv
import gc
import sys
from typing import Any

import typer
from typer.core import TyperCommand

from ibkr_sync_cli.__main__ import OBJECTS_PER_COLLECTION
from ibkr_sync_cli.parsing.plain_values import read_plain_values

# ruff: noqa: ARG001, D103, PLR0917 - options that are only read

Text = str | None


class Bare(TyperCommand):
    """A command whose options are not converted by typer."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer keeps its type to itself
        """Its parameters."""
        parameters = super().get_params(ctx)
        for parameter in parameters:
            read_plain_values(parameter)
        return list(parameters)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(cls=Bare)
def main(
    what: str, database: str, symbol: str,
    a: Text = None, b: Text = None, c: Text = None, d: Text = None, e: Text = None,
    f: Text = None, g: Text = None, h: Text = None, i: Text = None, j: Text = None,
    k: Text = None, l: Text = None, m: Text = None, n: Text = None, o: Text = None,  # noqa: E741
    p: Text = None, q: Text = None, r: Text = None, s: Text = None, t: Text = None,
) -> None:  # fmt: skip
    from sqlalchemy import Column, Date, MetaData, String, Table, create_engine, select

    names = ("local_symbol", "contract_month", "con_id", "symbol", "exchange", "trading_class")
    columns = [Column(name, String) for name in names]
    contracts = Table("contracts", MetaData(), *columns, Column("last_trade_date", Date))
    with create_engine(f"sqlite:///{database}").connect() as connection:
        chain = connection.execute(select(contracts).where(contracts.c.symbol == symbol)).all()
    if what == "next":
        from holidays import financial_holidays

        chain = [row for row in chain if row.last_trade_date not in financial_holidays("XNYS")]
    csv.writer(sys.stdout, delimiter="\t").writerows(map(tuple, chain))


if __name__ == "__main__":
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    try:
        app()
    finally:
        gc.freeze()
