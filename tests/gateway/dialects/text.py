"""The text dialect, whose messages can be looked into and spoilt."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.dialects.scripted import ScriptedDialect
from ibkr_sync.infrastructure.replay.protocol.contract_data import (
    PAIR_LISTS,
    ContractDataError,
    ContractDataLayout,
)
from ibkr_sync.infrastructure.replay.protocol.text_dialect import TextDialect
from ibkr_sync.infrastructure.replay.protocol.wire import fields_from_wire, wire_from_fields


class ScriptedTextDialect(TextDialect, ScriptedDialect):
    """Text fields are replaced, emptied and cut off one by one."""

    def fields(self, payload: bytes) -> tuple[str, ...]:
        """Show a client's message as its fields."""
        return fields_from_wire(payload)

    def with_field(self, contract_data: bytes, field: str | int, value: str) -> bytes:
        """Replace a field of a row, by name or by its place among the wire's fields."""
        wire = list(fields_from_wire(contract_data))
        index = field if isinstance(field, int) else wire_index(self._layout, field, wire)
        wire[index] = value
        return wire_from_fields(wire)

    def without_field(self, contract_data: bytes, field: str) -> bytes:
        """Leave a field of a row empty."""
        return self.with_field(contract_data, field, "")

    def without_req_id(self, contract_data_end: bytes) -> bytes:
        """Leave the request id of an end marker empty."""
        message_id, version, _ = fields_from_wire(contract_data_end)
        return wire_from_fields((message_id, version, ""))

    def with_extra_field(self, payload: bytes, value: str) -> bytes:
        """Append a field to a message."""
        return payload + wire_from_fields((value,))

    def truncated(self, payload: bytes, fields: int) -> bytes:
        """Keep only the first fields of a message."""
        return wire_from_fields(fields_from_wire(payload)[:fields])


def wire_index(layout: ContractDataLayout, name: str, row_fields: Sequence[str]) -> int:
    """Where a named field stands in a laid-out row; of a pair list, its count.

    Raises:
        ContractDataError: this server version doesn't send the field.
    """
    index = 0
    for sent in layout.names:
        if sent == name:
            return index
        index += 1 + (2 * int(row_fields[index]) if sent in PAIR_LISTS else 0)
    raise ContractDataError(f"not sent at server version {layout.server_version}", name)
