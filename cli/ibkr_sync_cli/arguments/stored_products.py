"""Stored products by what was typed for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ibkr_sync.application.resolution.named_products import name_products
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync_cli.terminal.notices import write_notices

if TYPE_CHECKING:
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.invocation import Call


def named_keys(
    call: Call, services: Services[Future], symbols: Iterable[str], limits: Limits
) -> tuple[tuple[ProductKey, ...], list[FutureFailure]]:
    """The stored products that are named, each once, and what names none."""
    named = name_products(services.futures.names, symbols, limits, source_decides=False)
    write_notices(call.output, named.notices)
    keys, missing = services.futures.stored_keys(named.names)
    return keys, [*named.failures, *missing]
