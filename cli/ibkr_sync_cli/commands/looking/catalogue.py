"""`catalogue`: what is known of products without asking anyone."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync_cli.invocation import call_of


def catalogue(
    context: typer.Context,
    pattern: Annotated[
        str | None,
        typer.Argument(
            help="A symbol, exchange, class, code, type or word of the name; with * and ?.",
            metavar="PATTERN",
            show_default=False,
        ),
    ] = None,
) -> None:
    """List the products that the bundled catalogue knows, your own from the settings included.

    JSON and CSV have the sources of a row: pst is pysystemtrade, icli and ibkr are public margin
    tables, pyf is pyfutures, lean QuantConnect Lean, exch the exchange, doc issue threads and
    IBKR's documentation, gen general knowledge, and config your settings.
    """
    from ibkr_sync.bootstrap.catalogue import catalogue_products
    from ibkr_sync_cli.views.products.catalogue import catalogue_view

    call = call_of(context)
    found = catalogue_products(call.profile, pattern)
    if not found:
        raise ProductNotFoundError(pattern or "", "the catalogue")
    call.output.write(catalogue_view(found), call.wanted)
