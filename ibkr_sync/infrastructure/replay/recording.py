"""The file format of recorded replies: one message per line, made to be read and diffed.

docs/replay-format.md describes it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from ibkr_sync.domain.errors import RecordingError
from ibkr_sync.infrastructure.replay.protocol.contract_data import (
    MESSAGE_ID,
    ContractDataError,
    ContractDataLayout,
)
from ibkr_sync.infrastructure.replay.protocol.dialect import (
    NEWEST_TEXT_SERVER_VERSION,
    OLDEST_SERVER_VERSION,
)
from ibkr_sync.infrastructure.replay.protocol.text_dialect import market_rule_text
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from ibkr_sync.interchange.files.text_file import read_text_file

MAX_BYTES: Final = 256 * 1024 * 1024
"""Largest file that is read; every futures product IBKR lists takes about a quarter of it."""

_FORMAT: Final = 1
_FIRST_LINE = re.compile(r"# ibkr-sync replay (\d{1,9})")
_SERVER_VERSION = re.compile(r"# server-version (.+)")
_SAMPLE: Final = "# sample"
_RECEIVED_AT = re.compile(r"# received-at (.+)")
_ANSWERS: Final = "# answers"
_MARKET_RULE: Final = "93"

_SURROGATES = range(0xD800, 0xE000)
_HIDDEN_BYTES = range(0xDC80, 0xDD00)
"""The surrogates under which Python keeps bytes that aren't UTF-8."""

_FIELD = re.compile(r"((?:[^|\\]|\\.)*+)\|")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything a replay gateway knows.

    Attributes:
        contracts: what answers any question that it fits.
        answers: what answers questions by conId alone; the gateway left it out of other replies.
        sample: whether the data is computed, unreal.
        received_at: the UTC instant as of which a gateway answers; None for the present.
    """

    contracts: tuple[ContractRow, ...]
    answers: tuple[ContractRow, ...] = ()
    market_rules: tuple[MarketRuleRow, ...] = ()
    sample: bool = False
    recorded_at_server_version: int | None = field(default=None)
    received_at: datetime | None = None


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Raises:
        RecordingError: the file can't be read, is too large, isn't UTF-8, or a line is malformed.
    """
    return parse_recording(read_text_file(path, RecordingError, max_bytes=MAX_BYTES), str(path))


def parse_recording(text: str, source: str) -> Recording:
    """Read a recording's text; `source` is what errors call it.

    Raises:
        RecordingError: a line is malformed.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return _Reader(source).read(lines)


def format_recording(recording: Recording) -> str:
    """Write rows as the server version they were recorded at sent them, else as the newest."""
    server_version = recording.recorded_at_server_version or NEWEST_TEXT_SERVER_VERSION
    layout = ContractDataLayout(server_version)
    lines = [f"# ibkr-sync replay {_FORMAT}", f"# server-version {server_version}"]
    if recording.sample:
        lines.append(_SAMPLE)
    if recording.received_at is not None:
        lines.append(f"# received-at {recording.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")
    lines += [_line(layout.encode(row, req_id="")) for row in recording.contracts]
    lines += [_line(market_rule_text(rule)) for rule in recording.market_rules]
    if recording.answers:
        lines.append(_ANSWERS)
        lines += [_line(layout.encode(row, req_id="")) for row in recording.answers]
    return "".join(f"{line}\n" for line in lines)


@dataclass(slots=True)
class _Reader:
    """Reads line by line and knows where it is."""

    source: str
    number: int = 0
    server_version: int | None = None
    sample: bool = False
    received_at: datetime | None = None
    is_in_answers: bool = False

    def read(self, lines: list[str]) -> Recording:
        self._expect_first_line(lines[0])
        contracts: list[ContractRow] = []
        answers: list[ContractRow] = []
        market_rules: list[MarketRuleRow] = []
        for self.number, line in enumerate(lines[1:], start=2):
            if line.startswith("#"):
                self._header(line)
            elif line.strip():
                message = self._fields(line)
                if message[0] == MESSAGE_ID:
                    section = answers if self.is_in_answers else contracts
                    section.append(self._contract(message))
                elif message[0] == _MARKET_RULE:
                    market_rules.append(self._market_rule(message))
                else:
                    raise self._error(f"unknown message {message[0]!r}", "message_id")
        if self.server_version is None:
            raise RecordingError(self.source, None, "no '# server-version' line")
        return Recording(
            contracts=tuple(contracts),
            answers=tuple(answers),
            market_rules=tuple(market_rules),
            sample=self.sample,
            recorded_at_server_version=self.server_version,
            received_at=self.received_at,
        )

    def _expect_first_line(self, line: str) -> None:
        self.number = 1
        match = _FIRST_LINE.fullmatch(line)
        if match is None:
            raise self._error(f"expected '# ibkr-sync replay {_FORMAT}'")
        if int(match[1]) != _FORMAT:
            raise self._error(f"format {match[1]} is not known, only {_FORMAT}")

    def _header(self, line: str) -> None:
        if line == _SAMPLE:
            self.sample = True
        elif line == _ANSWERS:
            self.is_in_answers = True
        elif match := _RECEIVED_AT.fullmatch(line):
            self.received_at = self._instant(match[1])
        elif match := _SERVER_VERSION.fullmatch(line):
            if self.server_version is not None:
                raise self._error("a second server version", "server-version")
            digits = match[1]
            if not (digits.isascii() and digits.isdigit()) or not (
                OLDEST_SERVER_VERSION <= int(digits[:9]) <= NEWEST_TEXT_SERVER_VERSION
            ):
                raise self._error(
                    f"expected {OLDEST_SERVER_VERSION} to {NEWEST_TEXT_SERVER_VERSION}, "
                    f"not {digits!r}",
                    "server-version",
                )
            self.server_version = int(digits)

    def _instant(self, text: str) -> datetime:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            expected = "expected an instant as 2026-11-24T23:30:00Z"
            raise self._error(f"{expected}, not {text!r}", "received-at")
        return instant.astimezone(UTC)

    def _fields(self, line: str) -> list[str]:
        fields: list[str] = []
        at = 0
        while match := _FIELD.match(line, at):
            fields.append(self._unescaped(match[1], str(len(fields) + 1)))
            at = match.end()
        if at < len(line):
            raise self._error("no | ends it", str(len(fields) + 1))
        return fields

    def _contract(self, message: list[str]) -> ContractRow:
        if self.server_version is None:
            raise self._error("a message before the '# server-version' line")
        layout = ContractDataLayout(self.server_version)
        try:
            row = layout.decode(message)
        except ContractDataError as error:
            raise self._error(str(error), error.field) from error
        req_id = message[layout.names.index("req_id")]
        if req_id and not _is_integer(req_id):
            raise self._error(f"expected nothing or a number, not {req_id!r}", "req_id")
        if not _is_integer(row.con_id) or int(row.con_id) == 0:
            raise self._error(f"expected a positive number, not {row.con_id!r}", "con_id")
        return row

    def _market_rule(self, message: list[str]) -> MarketRuleRow:
        _, *rest = message
        rule_id, count = (*rest, "", "")[:2]
        edges_and_increments = rest[2:]
        if not _is_integer(rule_id):
            raise self._error(f"expected a number, not {rule_id!r}", "market_rule_id")
        if not _is_integer(count) or 2 * int(count) != len(edges_and_increments):
            raise self._error(
                f"says {count!r}, but {len(edges_and_increments)} fields follow",
                "number of increments",
            )
        for number in edges_and_increments:
            if not _is_decimal(number):
                raise self._error(f"expected a number, not {number!r}", "increments")
        pairs = zip(edges_and_increments[::2], edges_and_increments[1::2], strict=True)
        return MarketRuleRow(market_rule_id=rule_id, increments=tuple(pairs))

    def _unescaped(self, field: str, name: str) -> str:
        def character(match: re.Match[str]) -> str:
            escape = match[1]
            if escape in ("\\", "|"):
                return escape
            code = int(escape[1:], 16) if len(escape) > 1 else 0
            if not _is_character(code):
                raise self._error(f"\\{escape} is not an escape", name)
            return chr(code)

        if "\0" in field:
            raise self._error("a field can't hold NUL", name)
        return _ESCAPE.sub(character, field)

    def _error(self, detail: str, field: str | None = None) -> RecordingError:
        where = f"line {self.number}" + (f", field {field}" if field else "")
        return RecordingError(self.source, where, detail)


def _line(message: list[str]) -> str:
    return "".join(f"{_escaped(field)}|" for field in message)


def _escaped(field: str) -> str:
    if field.isprintable() and "\\" not in field and "|" not in field:
        return field
    return "".join(map(_escaped_character, field))


def _escaped_character(character: str) -> str:
    if character in "\\|":
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - \u's reach


def _is_character(code: int) -> bool:
    return 0 < code <= sys.maxunicode and (code not in _SURROGATES or code in _HIDDEN_BYTES)


def _is_integer(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20  # noqa: PLR2004 - 64 bits


def _is_decimal(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
