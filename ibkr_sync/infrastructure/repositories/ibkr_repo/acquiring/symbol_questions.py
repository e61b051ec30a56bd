"""What is asked of IBKR for a name, question by question: pure.

IBKR is asked on the exchange that the user named, or on that of the one product stored by the
name; otherwise openly, for what the catalogue knows may be wrong. Where a product that nobody has
seen is unknown by that name, it is asked for by what was typed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest

_CODE = re.compile(r"[ -~]{1,64}")
"""What the protocol can carry of a symbol or exchange: printable ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolQuestion:
    """A question that may lead to the product that a query means.

    Attributes:
        request: for all contracts of a symbol, or for one contract, to learn its product.
        query: which product of a reply with all contracts is asked for.
        finding: what to say of a product that was found so; None where it is what was asked for.
    """

    request: ContractRequest
    query: FutureQuery
    finding: str | None = None


def is_symbol_code(text: str) -> bool:
    """Whether a symbol or exchange of IBKR can be called so."""
    return _CODE.fullmatch(text) is not None


def symbol_questions(
    query: FutureQuery, stored: ProductKey | None, *, include_expired: bool
) -> Iterator[SymbolQuestion]:
    """Give the questions for a query in their order; each but the first only if none before led on.

    `stored` is the one product that the query means by what is stored.
    """
    if query.con_id is not None:
        request = ContractRequest(con_id=query.con_id, include_expired=True)
        yield SymbolQuestion(request=request, query=query)
    elif stored is None:
        yield _by_symbol(query, include_expired=include_expired)
    else:
        narrowed = dataclasses.replace(query, **stored._asdict())
        yield _by_symbol(narrowed, include_expired=include_expired)
        if query.exchange is None:
            finding = f"IBKR no longer knows {stored}"
            yield _by_symbol(query, include_expired=include_expired, finding=finding)
    for alternative in query.alternatives:
        word, exchange = alternative.local_symbol, alternative.query.exchange
        if word is None:
            finding = f"found as {alternative.query.symbol}; IBKR knows no {query.symbol}"
            yield _by_symbol(alternative.query, include_expired=include_expired, finding=finding)
        elif is_symbol_code(word):
            request = ContractRequest(
                local_symbol=word, exchange=exchange or "", include_expired=True
            )
            yield SymbolQuestion(
                request=request,
                query=alternative.query,
                finding=f"found by the local symbol {word}; IBKR knows no symbol {query.symbol}",
            )


def _by_symbol(
    query: FutureQuery, *, include_expired: bool, finding: str | None = None
) -> SymbolQuestion:
    request = ContractRequest(
        symbol=query.symbol, exchange=query.exchange or "", include_expired=include_expired
    )
    return SymbolQuestion(request=request, query=query, finding=finding)
