"""What a person says beside a name, so that it means one product."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ibkr_sync.domain.errors import MalformedSymbolError
from ibkr_sync.domain.naming.spellings import (
    SymbolSpellings,
    parse_class_spelling,
    parse_currency_spelling,
    parse_exchange_spelling,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a product must be to be one of those that a name may mean; None does not narrow."""

    exchange: str | None = None
    currency: str | None = None
    trading_class: str | None = None
    multiplier: Decimal | None = None

    def joined(self, words: SymbolSpellings) -> Limits:
        """The limits in upper case, with those that stand in the words themselves.

        Raises MalformedSymbolError, also where the two disagree.
        """
        exchange = parse_exchange_spelling(self.exchange) if self.exchange is not None else None
        trading_class = (
            parse_class_spelling(self.trading_class) if self.trading_class is not None else None
        )
        if None not in (exchange, words.exchange) and exchange != words.exchange:
            raise MalformedSymbolError(f"{words} --exchange {exchange}", "single exchange")
        if None not in (trading_class, words.trading_class) and (
            trading_class != words.trading_class
        ):
            given = f"{words} --trading-class {trading_class}"
            raise MalformedSymbolError(given, "single trading class")
        return Limits(
            exchange=exchange or words.exchange,
            currency=parse_currency_spelling(self.currency) if self.currency is not None else None,
            trading_class=trading_class or words.trading_class,
            multiplier=self.multiplier,
        )


UNLIMITED = Limits()
