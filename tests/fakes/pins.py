"""Pins in a dictionary."""

from __future__ import annotations

from ibkr_sync.domain.ports.pins import Pin, PinPort


class InMemoryPins(PinPort):
    """Keeps what the local repository keeps; `pins` is what a test may look at."""

    def __init__(self, *pins: Pin) -> None:
        self.pins = {pin.word: pin for pin in pins}

    def pin(self, pin: Pin) -> None:
        self.pins[pin.word] = pin

    def unpin(self, word: str) -> bool:
        return self.pins.pop(word, None) is not None

    def pinned(self, word: str) -> Pin | None:
        return self.pins.get(word)

    def all_pins(self) -> tuple[Pin, ...]:
        return tuple(self.pins[word] for word in sorted(self.pins))
