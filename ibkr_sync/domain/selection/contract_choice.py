"""Which contract of a chain is named: one, or an error that lists those that may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import AmbiguousContractError, ContractNotFoundError
from ibkr_sync.domain.naming.spellings import ContractSpelling, DaySpelling, MonthSpelling

_HALF_A_MONTH = timedelta(days=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractWords:
    """Words for one contract of a product that is known already.

    Attributes:
        text: what was typed, in upper case and with single blanks; it may be a local symbol.
        spelling: the text as root and month or day; None when it has no such reading.
        con_id: the contract's id, if the text may be one.
    """

    text: str
    spelling: ContractSpelling | None = None
    con_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMatch:
    """The contract that was asked for.

    `is_other_year` is set when a short year is not the next one with these digits: typed in
    November 2026, `CLZ6` is December 2036 if that is the only one that still trades. It is set as
    well where another contract trades whose year has the same last digit.
    """

    contract: FuturesContract
    is_other_year: bool = False


def find_contract(product: Future, words: ContractWords, now: datetime) -> ContractMatch:
    """Give the one contract of the chain that the words name, at the aware instant `now`.

    A conId decides alone; else local symbols, which may be digits too, and the spelling are
    compared. Contracts that still trade outrank those that have expired, so the chain resolves a
    year of one digit, and one that is present those of its month that replies lack. Of what is
    left a contract whose local symbol is the very text is taken, else a monthly one, of years ten
    apart the first; none is chosen by its size. Raises ContractNotFoundError, or
    AmbiguousContractError with those left.
    """
    matching = [other for other in product.contracts if _answers(product, other, words)]
    matching = [other for other in matching if other.con_id == words.con_id] or matching
    if not matching:
        is_past = words.spelling is not None and words.spelling.is_past(now.date())
        nearest = contracts_near_day(product, words.spelling)
        raise ContractNotFoundError(words.text, product.key, is_past=is_past, nearest=nearest)
    unexpired = [other for other in matching if not other.is_expired(now)]
    left = present_contracts(unexpired or matching, now)
    exact = [other for other in left if is_choice_by_symbol(other, words.text)]
    monthly = [other for other in left if other.series is ContractSeries.MONTHLY]
    best = exact or monthly or left
    chosen = _of_the_nearest_decade(best, words.spelling) if unexpired else best
    if len(chosen) > 1:
        raise AmbiguousContractError(words.text, chosen, product.key)
    return ContractMatch(
        contract=chosen[0],
        is_other_year=len(chosen) < len(best)
        or _is_other_year(chosen[0], words.spelling, now.date()),
    )


def _of_the_nearest_decade(
    contracts: list[FuturesContract], spelling: ContractSpelling | None
) -> list[FuturesContract]:
    """Of contracts of one month in years ten apart, those of the first, for a year of one digit."""
    months = {contract.contract_month for contract in contracts} - {None}
    if not isinstance(spelling, MonthSpelling) or spelling.year_digits != 1 or not months:
        return contracts
    nearest = min(month for month in months if month is not None)
    return [contract for contract in contracts if contract.contract_month == nearest]


def present_contracts(contracts: Iterable[FuturesContract], now: datetime) -> list[FuturesContract]:
    """Leave out what replies lack where another of its class, month and series is present.

    A contract may be listed anew under another conId; the one that is present is taken.
    """
    every = list(contracts)
    present = {
        _month_of(contract) for contract in every if contract.state(now) is ContractState.ACTIVE
    }
    absent = (ContractState.MISSING, ContractState.DELISTED)
    return [
        contract
        for contract in every
        if contract.state(now) not in absent or _month_of(contract) not in present
    ]


def contracts_near_day(
    product: Future, spelling: ContractSpelling | None
) -> tuple[FuturesContract, ...]:
    """Give the contracts that end next to the day, half a month away at most; none for a month.

    An expiry that a rule of thumb says moves by a day or two at holidays.
    """
    if not isinstance(spelling, DaySpelling):
        return ()
    distances = [
        (abs(contract.last_trade_date - spelling.day), contract)
        for contract in product.contracts
        if spelling.series in (None, contract.series)
        and _is_of_class(product, contract, spelling.root)
    ]
    least = min((distance for distance, _ in distances), default=_HALF_A_MONTH)
    near = (other for distance, other in distances if distance == least <= _HALF_A_MONTH)
    return tuple(near)


def holds_contract(product: Future, words: ContractWords) -> bool:
    """Whether a contract of the product's chain answers to the words."""
    return any(_answers(product, contract, words) for contract in product.contracts)


def is_choice_by_symbol(contract: FuturesContract, text: str) -> bool:
    """Whether the text, in upper case and with single blanks, is the contract's local symbol."""
    return " ".join(contract.local_symbol.split()).upper() == text


def _answers(product: Future, contract: FuturesContract, words: ContractWords) -> bool:
    if contract.con_id == words.con_id or is_choice_by_symbol(contract, words.text):
        return True
    match words.spelling:
        case MonthSpelling(root=root) as spelling:
            month = contract.contract_month
            in_time = month is not None and spelling.names(month)
        case DaySpelling(root=root, day=day, series=series):
            in_time = day in (contract.last_trade_date, contract.real_expiration_date)
            in_time = in_time and series in (None, contract.series)
        case None:
            return False
    return in_time and _is_of_class(product, contract, root)


def _is_of_class(product: Future, contract: FuturesContract, root: str) -> bool:
    """Whether the root may name the contract; a weekly series' own class names no other."""
    classes = {other.trading_class for other in product.contracts} - {product.trading_class}
    return root not in classes or contract.trading_class == root


def _is_other_year(
    contract: FuturesContract, spelling: ContractSpelling | None, today: date
) -> bool:
    month = contract.contract_month
    if not isinstance(spelling, MonthSpelling) or month is None:
        return False
    return month.year != spelling.next_year(today.year)


def _month_of(contract: FuturesContract) -> tuple[object, ...]:
    month = contract.contract_month or contract.last_trade_date
    return contract.trading_class, month, contract.series
