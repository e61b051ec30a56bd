"""What every keeper of pins promises."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_sync.domain.ports.pins import Pin, PinPort
from one_case import one_case

FULL_SIZE = Pin(word="DAX", symbol="DAX", exchange="EUREX", trading_class="FDAX")
MINI = Pin(word="DAX", symbol="DAX", exchange="EUREX", trading_class="FDXM")
SILVER = Pin(word="SI", symbol="SI", exchange="COMEX", trading_class="SI")
OF_ONE_SIZE = Pin(
    word="EOE", symbol="EOE", exchange="FTA", trading_class="FTI", multiplier=Decimal("0.1")
)
OF_ANY_CLASS = Pin(word="AUD", symbol="AUD", exchange="ICEUS")


class PinPortContract:
    """The promises of `PinPort`; inherit and override `pins`."""

    @pytest.fixture
    def pins(self) -> PinPort:
        raise NotImplementedError

    def test_a_word_without_a_pin_has_none(self, pins: PinPort) -> None:
        pins.pin(SILVER)
        assert pins.pinned("DAX") is None

    def test_where_nothing_is_kept_there_are_no_pins(self, pins: PinPort) -> None:
        assert (pins.pinned("DAX"), pins.all_pins(), pins.unpin("DAX")) == (None, (), False)

    @pytest.mark.parametrize("pin", [FULL_SIZE, OF_ANY_CLASS, OF_ONE_SIZE])
    def test_a_pin_is_given_back_as_it_was_made(self, pins: PinPort, pin: Pin) -> None:
        pins.pin(pin)
        assert pins.pinned(pin.word) == pin

    def test_a_second_pin_takes_the_place_of_the_first(self, pins: PinPort) -> None:
        pins.pin(FULL_SIZE)
        pins.pin(MINI)
        assert pins.all_pins() == (MINI,)

    def test_an_unpinned_word_has_no_pin_and_others_keep_theirs(self, pins: PinPort) -> None:
        pins.pin(FULL_SIZE)
        pins.pin(SILVER)
        assert pins.unpin("DAX")
        assert not pins.unpin("DAX")
        assert pins.all_pins() == (SILVER,)

    def test_pins_are_listed_by_word(self, pins: PinPort) -> None:
        for pin in (SILVER, FULL_SIZE, OF_ANY_CLASS):
            pins.pin(pin)
        assert pins.all_pins() == (OF_ANY_CLASS, FULL_SIZE, SILVER)

    @one_case("word", ["M&M", "BRK B", "KS200.EU", "'; --", "%", "é"])
    def test_any_word_can_be_pinned(self, pins: PinPort, word: str) -> None:
        pin = Pin(word=word, symbol=word, exchange="CME", trading_class=word)
        pins.pin(pin)
        assert pins.pinned(word) == pin
