"""Changes of frames as a broken or hostile gateway would make them."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

_TEXT = (
    *(b"", b"\0", b"\0\0", b"0", b"-1", b"1", b"nan", b"inf", b"-inf", b"1e400", b"1e-400"),
    *(b"2147483647", b"2147483648", b"9223372036854775807", b"9223372036854775808", b"9" * 400),
    *(b"1.7976931348623157E308", b"170141183460469231731687303715884105727", b"0x10", b"1_0"),
    *(b"\\", b"\\x", b"\\u001b", b"\\u0000", b"\\ud83d", b"\\ud83d\\ude80", b"\xff", b"\xc3"),
    *(b"\x1b[2J", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xd9\xa5", b"%s", b"'", b"[/x]", b"=1+1"),
    *(b"20261218", b"20261399", b"202612", b"20261218 08:30 Etc/GMT-5", b"2026-12-18", b"CLOSED"),
    *(b"FUT", b"OPT", b"BOND", b"ES", b"NQ", b"CME", b"USD", b"10", b"52", b"4", b"x" * 5000),
)  # fmt: skip
"""What has a meaning to somebody: placeholders, numbers out of range, escapes, other names."""

Mutation = Callable[[random.Random, bytearray, Sequence[bytes]], None]


def mutated(chance: random.Random, frame: bytes, others: Sequence[bytes]) -> bytes:
    """The frame after one to four changes, which may take bytes from other frames."""
    changed = bytearray(frame)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        chance.choice(_MUTATIONS)(chance, changed, others)
    return bytes(changed)


def _flip(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    if frame:
        frame[chance.randrange(len(frame))] ^= 1 << chance.randrange(8)


def _overwrite(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, frame, 8)
    frame[start:end] = chance.randbytes(end - start)


def _insert(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    at = chance.randint(0, len(frame))
    frame[at:at] = chance.randbytes(chance.randint(1, 6))


def _delete(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, frame, 40)
    del frame[start:end]


def _truncate(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    del frame[chance.randint(0, len(frame)) :]


def _repeat(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, frame, 60)
    frame[end:end] = frame[start:end]


def _splice(chance: random.Random, frame: bytearray, others: Sequence[bytes]) -> None:
    other = bytearray(chance.choice(others))
    start, end = _span(chance, other, 80)
    at = chance.randint(0, len(frame))
    frame[at : at + end - start] = other[start:end]


def _say(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, frame, 12)
    frame[start:end] = chance.choice(_TEXT)


def _say_in_a_field(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    fields = frame.split(b"\0")
    fields[chance.randrange(len(fields))] = bytearray(chance.choice(_TEXT))
    frame[:] = b"\0".join(fields)


def _swap_fields(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    fields = frame.split(b"\0")
    one, other = chance.randrange(len(fields)), chance.randrange(len(fields))
    fields[one], fields[other] = fields[other], fields[one]
    frame[:] = b"\0".join(fields)


def _say_a_number(chance: random.Random, frame: bytearray, _: Sequence[bytes]) -> None:
    at = chance.randint(0, len(frame))
    number = chance.choice((0, 1, -1, 2**31 - 1, -(2**31)))
    frame[at : at + 4] = struct.pack("!i", number)


_MUTATIONS: Sequence[Mutation] = (
    *(_flip, _overwrite, _insert, _delete, _truncate, _repeat, _splice, _say),
    *(_say_in_a_field, _say_in_a_field, _swap_fields, _say_a_number),
)


def _span(chance: random.Random, frame: bytearray, longest: int) -> tuple[int, int]:
    start = chance.randint(0, len(frame))
    return start, min(len(frame), start + chance.randint(1, longest))
