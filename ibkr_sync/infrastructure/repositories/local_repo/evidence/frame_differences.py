"""Frames of a reply as differences from those of an earlier reply to the same question.

From night to night the frames of a chain differ in the request id and in the hours, which roll,
in the same way in all of them. So each distinct difference is written once, and each frame is the
number of its base frame with the number of its difference: a few bytes for a whole chain.

All numbers are unsigned LEB128. The stream holds the count of distinct differences and each of
them, then for each frame its base (0: none; else one more than how far it stands after the one
expected, zigzag) and the number of its difference. A difference is a count of edits, each the
count of parts passed over, the count of parts taken out, and the bytes put in; without a base the
bytes put in are the whole frame. Parts are cut by `_parts`, which both sides share; whatever they
are, joined they are the frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_FIELD_END = b"\0"
_FIELDS_OF_TEXT = 20
"""A frame with as many field ends is text, in which every field has one."""

_RUN = re.compile(rb"[\x20-\x7e]+|[^\x20-\x7e]+")
"""In protobuf, text and what frames it."""

_MOST_EDITS = 24
"""A frame that differs in more places is most likely of another contract."""

_FEW_PARTS = 3
"""Those of the request id and of both hours; contracts of a chain differ in more."""

_LOW_BITS, _MORE = 0x7F, 0x80
"""Of each byte of a number: seven bits of it, and whether another byte follows."""

_LARGEST = 5
"""Bytes of a number at most."""

Edit = tuple[int, int, bytes]


class MalformedDifferencesError(ValueError):
    """Differences that do not fit their base, or that no encoder writes."""


def encode_differences(frames: Sequence[bytes], base: Sequence[bytes]) -> bytes:
    """Write frames as differences from those of another reply, which decoding needs again."""
    finder = _BaseFinder(base)
    numbers: dict[bytes, int] = {}
    placed = bytearray()
    expected = 0
    for frame in frames:
        found, difference = finder.find(frame, expected)
        number = numbers.setdefault(difference, len(numbers))
        if found is None:
            placed += _number(0)
        else:
            placed += _number(1 + _zigzag(found - expected))
            expected = found + 1
        placed += _number(number)
    return bytes(_number(len(numbers)) + b"".join(numbers) + placed)


def decode_differences(
    encoded: bytes, base: Sequence[bytes], *, most: int, most_bytes: int
) -> tuple[bytes, ...]:
    """Give the frames back: at most so many, which take at most so many bytes together.

    Raises MalformedDifferencesError.
    """
    reader = _Reader(encoded)
    differences = [reader.edits() for _ in range(reader.number(len(encoded)))]
    frames: list[bytes] = []
    expected, size = 0, 0
    while not reader.is_at_end:
        place = reader.number()
        edits = differences[reader.number(len(differences) - 1)]
        parts: Sequence[bytes] = ()
        if place:
            found = expected + _unzigzag(place - 1)
            if not 0 <= found < len(base):
                raise MalformedDifferencesError("a frame's base is not there")
            parts = _parts(base[found])
            expected = found + 1
        frames.append(_edited(parts, edits))
        size += len(frames[-1])
        if size > most_bytes or len(frames) > most:
            raise MalformedDifferencesError(
                f"there are more than {most} frames, or they take more than {most_bytes} bytes"
            )
    return tuple(frames)


class _BaseFinder:
    """Finds the frame that another one is most likely a later state of."""

    def __init__(self, base: Sequence[bytes]) -> None:
        self._base = base
        self._only_in: dict[bytes, int | None] | None = None
        self._last = _Difference([])

    def find(self, frame: bytes, expected: int) -> tuple[int | None, bytes]:
        """The number of the base frame and the difference; None where none is alike.

        The one at the expected place, if it differs as the frame before did or in few places, else
        the most alike.
        """
        if expected < len(self._base) and self._last.makes(frame, self._base[expected]):
            return expected, self._last.written  # as nearly always from night to night
        parts = _parts(frame)
        nearest: tuple[int, list[Edit]] | None = None
        for found in self._candidates(parts, expected):
            edits = _edits(_parts(self._base[found]), parts)
            if edits is None:
                continue
            if edits == self._last.edits:
                return found, self._last.written
            if nearest is None or len(edits) < len(nearest[1]):
                nearest = found, edits
            if sum(removed for _, removed, _ in edits) <= _FEW_PARTS:
                break
        if nearest is None:
            return None, _Difference([(0, 0, frame)]).written
        found, edits = nearest
        self._last = _Difference(edits)
        return found, self._last.written

    def _candidates(self, parts: Sequence[bytes], expected: int) -> Iterator[int]:
        if expected < len(self._base):
            yield expected
        yield from self._named_alike(parts)

    def _named_alike(self, parts: Sequence[bytes]) -> Iterator[int]:
        """Base frames that alone have one of these parts, as a conId or a local symbol is."""
        if self._only_in is None:
            self._only_in = {}
            for number, known in enumerate(self._base):
                for part in set(_parts(known)):
                    self._only_in[part] = None if part in self._only_in else number
        seen = (self._only_in.get(part) for part in parts)
        yield from dict.fromkeys(number for number in seen if number is not None)


class _Difference:
    """Edits, as written, and fast to compare with what makes another frame of its base."""

    def __init__(self, edits: list[Edit]) -> None:
        self.edits = edits
        self.written = bytes(_edits_to_bytes(edits))
        self._fields = _replaced_fields(edits)

    def makes(self, frame: bytes, base: bytes) -> bool:
        """Whether the edits make a frame of its base.

        Where they replace fields of text, it need not be cut into parts, which takes long.
        """
        fields = base.split(_FIELD_END) if self._fields else []
        if _FIELDS_OF_TEXT < len(fields) > self._fields[-1][0] + 1:
            for place, field in self._fields:
                fields[place] = field
            return _FIELD_END.join(fields) == frame
        try:
            return _edited(_parts(base), self.edits) == frame
        except MalformedDifferencesError:
            return False


def _replaced_fields(edits: Iterable[Edit]) -> list[tuple[int, bytes]]:
    """Places of fields of text, and what they become; none if the edits do anything else."""
    replaced: list[tuple[int, bytes]] = []
    end = 0
    for passed, removed, inserted in edits:
        if removed != 1 or inserted.count(_FIELD_END) != 1 or inserted[-1:] != _FIELD_END:
            return []
        replaced.append((end + passed, inserted[:-1]))
        end += passed + removed
    return replaced


def _parts(frame: bytes) -> Sequence[bytes]:
    if frame.count(_FIELD_END) < _FIELDS_OF_TEXT:
        return _RUN.findall(frame)
    *ended, last = frame.split(_FIELD_END)
    return [*(field + _FIELD_END for field in ended), last]


def _edits(old: Sequence[bytes], new: Sequence[bytes]) -> list[Edit] | None:
    """The edits that make the new parts of the old ones; None if they are too many."""
    if len(old) != len(new):
        return _middle(old, new)
    edits: list[Edit] = []
    end = 0
    for place, (before, after) in enumerate(zip(old, new, strict=True)):
        if before != after:
            if len(edits) == _MOST_EDITS:
                return None
            edits.append((place - end, 1, after))
            end = place + 1
    return edits


def _middle(old: Sequence[bytes], new: Sequence[bytes]) -> list[Edit] | None:
    """One edit of all between what both begin and end with; None if that is most of them."""
    shorter = min(len(old), len(new))
    begin = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - begin
    end = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    if 2 * (begin + end) < len(old):
        return None
    return [(begin, len(old) - begin - end, b"".join(new[begin : len(new) - end]))]


def _edited(parts: Sequence[bytes], edits: Iterable[Edit]) -> bytes:
    edited: list[bytes] = []
    place = 0
    for passed, removed, inserted in edits:
        edited += parts[place : place + passed]
        edited.append(inserted)
        place += passed + removed
        if place > len(parts):
            raise MalformedDifferencesError("a difference reaches beyond its base")
    edited += parts[place:]
    return b"".join(edited)


def _edits_to_bytes(edits: Sequence[Edit]) -> bytearray:
    written = _number(len(edits))
    for passed, removed, inserted in edits:
        written += _number(passed) + _number(removed) + _number(len(inserted)) + inserted
    return written


def _number(value: int) -> bytearray:
    written = bytearray()
    while value >= _MORE:
        written.append(value & _LOW_BITS | _MORE)
        value >>= 7
    written.append(value)
    return written


def _zigzag(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value - 1


def _unzigzag(value: int) -> int:
    return value // 2 if value % 2 == 0 else -(value + 1) // 2


class _Reader:
    """Reads what an encoder wrote, and refuses all else."""

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._encoded)

    def number(self, most: int | None = None) -> int:
        value = 0
        for place in range(_LARGEST):
            if self._at >= len(self._encoded):
                raise MalformedDifferencesError("they are cut off")
            byte = self._encoded[self._at]
            self._at += 1
            value |= (byte & _LOW_BITS) << (7 * place)
            if byte < _MORE:
                if most is not None and value > most:
                    raise MalformedDifferencesError(f"{value} is more than {most}")
                return value
        raise MalformedDifferencesError("a number is too long")

    def edits(self) -> list[Edit]:
        return [
            (self.number(), self.number(), self._bytes())
            for _ in range(self.number(len(self._encoded)))
        ]

    def _bytes(self) -> bytes:
        length = self.number(len(self._encoded) - self._at)
        begin, self._at = self._at, self._at + length
        return self._encoded[begin : self._at]
