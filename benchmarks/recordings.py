"""Recordings of as many products as are wanted: the sample's chains under other names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle, islice
from typing import TypeAlias

from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.sample import sample_recording

SHORTEST_CHAIN = 8
"""Products with fewer contracts are left out, so that 1,500 products have 40,000 and more."""

_FIRST_CON_ID = 600_000_000
_Chain: TypeAlias = tuple[str, str, str]
"""Symbol, exchange and trading class."""

_MIX = 17
"""No divisor of how many chains there are: the first few products mix long and short ones."""


class ConIds(dict[tuple[int, str], int]):
    """The conId of each contract of each product, the same on every day.

    `chains` are those of the first day: later a chain may be shorter.
    """

    def __init__(self) -> None:
        super().__init__()
        self.chains: list[_Chain] = []

    def __missing__(self, contract: tuple[int, str]) -> int:
        self[contract] = _FIRST_CON_ID + len(self)
        return self[contract]


def wide_recording(products: int, today: date, con_ids: ConIds | None = None) -> Recording:
    """So many products with all the contracts that trade, each product with a symbol of its own.

    Recordings of several days have the contracts of the same `con_ids`.
    """
    sample = sample_recording(today, HolidayCalendar())
    known = ConIds() if con_ids is None else con_ids
    chains = _living_chains(sample)
    known.chains = known.chains or _mixed(chains)
    contracts = [
        _renamed(row, str(number), known[number, row.con_id])
        for number, key in _numbered_keys(known.chains, products)
        for row in chains[key]
    ]
    return replace(sample, contracts=tuple(contracts))


def unchanged_nights(products: int, today: date) -> tuple[Recording, Recording]:
    """Two nights in a row of so many products, between which nothing but the hours has changed."""
    con_ids = ConIds()
    first, second = (
        wide_recording(products, today + timedelta(days=days), con_ids) for days in (0, 1)
    )
    kept = {row.con_id for row in first.contracts} & {row.con_id for row in second.contracts}
    return _narrowed(first, kept), _narrowed(second, kept)


def _narrowed(recording: Recording, con_ids: Collection[str]) -> Recording:
    return replace(
        recording, contracts=tuple(row for row in recording.contracts if row.con_id in con_ids)
    )


def wide_queries(products: int, today: date) -> list[FutureQuery]:
    """What asks for each of these products."""
    chains = _living_chains(sample_recording(today, HolidayCalendar()))
    return [
        FutureQuery(symbol=_numbered(symbol, str(number)), exchange=exchange)
        for number, (symbol, exchange, _) in _numbered_keys(_mixed(chains), products)
    ]


def _living_chains(sample: Recording) -> dict[_Chain, list[ContractRow]]:
    chains: dict[_Chain, list[ContractRow]] = defaultdict(list)
    for row in sample.contracts:
        if row.time_zone_id:  # it still trades
            chains[row.symbol, row.exchange, row.trading_class].append(row)
    return chains


def _mixed(chains: dict[_Chain, list[ContractRow]]) -> list[_Chain]:
    full = [key for key, chain in chains.items() if len(chain) >= SHORTEST_CHAIN]
    return [full[_MIX * position % len(full)] for position in range(len(full))]


def _numbered_keys(chains: list[_Chain], products: int) -> Iterator[tuple[int, _Chain]]:
    return enumerate(islice(cycle(chains), products))


def _renamed(row: ContractRow, number: str, con_id: int) -> ContractRow:
    return replace(
        row,
        con_id=str(con_id),
        symbol=_numbered(row.symbol, number),
        under_symbol=_numbered(row.under_symbol, number),
        trading_class=_numbered(row.trading_class, number),
        local_symbol=_numbered(row.local_symbol, number),
        long_name=f"{number} {row.long_name}",
    )


def _numbered(name: str, number: str) -> str:
    return f"{name}.{number}"
