"""The instrument catalogue, and beside it the contracts that the live adapter is to load."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart, NoteKind
from ibkr_sync.interchange.exports.nautilus.contract_details import loadable_contract
from ibkr_sync.interchange.exports.nautilus.id_collisions import nearest
from ibkr_sync.interchange.exports.nautilus.instrument_ids import folder_name, instrument_id
from ibkr_sync.interchange.exports.nautilus.instrument_rows import instrument_row, what_is_missing
from ibkr_sync.interchange.exports.nautilus.parquet_files import instrument_file, instrument_path
from ibkr_sync.interchange.exports.nautilus.stand_ins import stand_ins

CONTRACTS_TO_LOAD = "load_contracts.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instrument:
    contract: FuturesContract
    exported: ExportedProduct


def build(products: Iterable[ExportedProduct], at: datetime) -> Iterator[FilePart | ExportNote]:
    """Give a file for each contract, and one that lists those of them that trade."""
    to_load: list[dict[str, object]] = []
    # An id names its exchange, so that only contracts of one exchange can share it.
    for _, of_exchange in groupby(products, key=lambda item: item.product.exchange):
        by_folder: dict[str, list[_Instrument]] = defaultdict(list)
        for item in of_exchange:
            yield from _notes(item)
            for contract in _instruments(item):
                folder = folder_name(instrument_id(contract))
                by_folder[folder].append(_Instrument(contract=contract, exported=item))
        for sharing in by_folder.values():
            kept = nearest([other.contract for other in sharing], at)
            for other in sharing:
                if other.contract is not kept:
                    yield _collision(other.contract, kept)
                    continue
                row = instrument_row(other.exported, kept)
                origin = other.exported.product.origin.value
                path = instrument_path(row).as_posix()
                yield FilePart(path=path, content=instrument_file(row, origin))
                if kept.state(at) is ContractState.ACTIVE:
                    to_load.append(loadable_contract(kept))
    yield FilePart(path=CONTRACTS_TO_LOAD, content=_json_lines(to_load))


def _instruments(item: ExportedProduct) -> list[FuturesContract]:
    """The contracts that can be instruments."""
    return [other for other in item.product.contracts if what_is_missing(other) is None]


def _notes(item: ExportedProduct) -> Iterator[ExportNote]:
    for contract in item.product.contracts:
        if reason := what_is_missing(contract):
            yield _left_out(NoteKind.LEFT_OUT, reason, contract)
    for reason in stand_ins(item, _instruments(item)):
        yield ExportNote(kind=NoteKind.UNKNOWN, reason=reason, subject=str(item.product.key))


def _collision(contract: FuturesContract, kept: FuturesContract | None) -> ExportNote:
    reason = (
        "left out for a nearer contract with the same id"
        if kept
        else "several contracts that end on the same day have the same id in NautilusTrader"
    )
    return _left_out(NoteKind.COLLISION, reason, contract)


def _left_out(kind: NoteKind, reason: str, contract: FuturesContract) -> ExportNote:
    """A contract as it may be typed; a local symbol may return after ten years."""
    day = f"{contract.last_trade_date:%Y%m%d}"
    subject = f"{contract.symbol} {day}@{contract.exchange} ({contract.trading_class})"
    return ExportNote(kind=kind, reason=reason, subject=subject, contracts=1)


def _json_lines(contracts: list[dict[str, object]]) -> bytes:
    """A JSON list with a line for each contract."""
    lines = ",\n".join(json.dumps(contract) for contract in contracts)
    return f"[\n{lines}\n]\n".encode()
