"""What is asked of IBKR for a name, and in which order."""

from __future__ import annotations

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.naming.query import FutureQuery, QueryAlternative
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.symbol_questions import (
    SymbolQuestion,
    symbol_questions,
)
from one_case import one_case

ES = ProductKey("ES", "CME", "ES")


def questions(
    query: FutureQuery, stored: ProductKey | None = None, *, include_expired: bool = False
) -> list[SymbolQuestion]:
    return list(symbol_questions(query, stored, include_expired=include_expired))


def asked(query: FutureQuery, stored: ProductKey | None = None) -> list[str]:
    return [str(question.request) for question in questions(query, stored)]


@one_case(
    ("query", "stored", "expected"),
    [
        (FutureQuery(symbol="ES"), None, ["ES"]),
        (FutureQuery(symbol="ES", exchange="CME"), None, ["ES@CME"]),
        (FutureQuery(symbol="ES", trading_class="ES", currency="USD"), None, ["ES"]),
        (FutureQuery(symbol="ES"), ES, ["ES@CME", "ES"]),
        (FutureQuery(symbol="ES", exchange="CME"), ES, ["ES@CME"]),
        (FutureQuery(symbol="ESX"), ES, ["ES@CME", "ESX"]),  # by a former name
        (FutureQuery(symbol="5", con_id=5), None, ["conId 5"]),
        (FutureQuery(symbol="5", con_id=5), ES, ["conId 5"]),
    ],
)
def test_only_the_user_and_what_is_stored_narrow_a_question(
    query: FutureQuery, stored: ProductKey | None, expected: list[str]
) -> None:
    assert asked(query, stored) == expected
    assert questions(query, stored)[0].finding is None


def test_what_is_stored_says_which_product_of_the_reply_is_meant() -> None:
    narrowed, openly = questions(FutureQuery(symbol="ES", currency="USD"), ES)
    assert narrowed.query == FutureQuery(
        symbol="ES", exchange="CME", trading_class="ES", currency="USD"
    )
    assert openly.query == FutureQuery(symbol="ES", currency="USD")


def test_other_names_are_asked_for_in_their_order_and_said_so() -> None:
    query = FutureQuery(
        symbol="SOFR3",
        exchange="CME",
        alternatives=(
            QueryAlternative(query=FutureQuery(symbol="SR3", exchange="CME")),
            QueryAlternative(
                query=FutureQuery(symbol="SR3Z6", exchange="CME"), local_symbol="SR3Z6"
            ),
        ),
    )
    assert asked(query) == ["SOFR3@CME", "SR3@CME", "local symbol SR3Z6@CME"]
    _, as_typed, as_contract = questions(query)
    assert as_typed.finding == "found as SR3; IBKR knows no SOFR3"
    assert as_contract.finding == "found by the local symbol SR3Z6; IBKR knows no symbol SOFR3"


def test_expired_contracts_are_asked_for_where_a_contract_may_be_one() -> None:
    by_con_id = FutureQuery(symbol="5", con_id=5)
    assert [other.request.include_expired for other in questions(by_con_id)] == [True]
    for wanted in (False, True):
        (question,) = questions(FutureQuery(symbol="ES"), include_expired=wanted)
        assert question.request.include_expired is wanted


def test_what_no_protocol_carries_is_not_asked_for() -> None:
    odd = QueryAlternative(query=FutureQuery(symbol="X"), local_symbol="é")
    assert asked(FutureQuery(symbol="X", alternatives=(odd,))) == ["X"]
