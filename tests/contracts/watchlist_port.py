"""What every keeper of the watchlist promises."""

from __future__ import annotations

import dataclasses

import pytest

from ibkr_sync.domain.ports.watchlist import WatchedProduct, WatchlistPort

ES = WatchedProduct(symbol="ES", exchange="CME", trading_class="ES")
ES_AT_NIGHT = dataclasses.replace(ES, group="night")
FDAX = WatchedProduct(symbol="DAX", exchange="EUREX", trading_class="FDAX", group="night")
AS_TYPED = WatchedProduct(symbol="NOVA", currency="USD")


class WatchlistPortContract:
    """The promises of `WatchlistPort`; inherit and override `watchlist`."""

    @pytest.fixture
    def watchlist(self) -> WatchlistPort:
        raise NotImplementedError

    def test_a_new_list_is_empty(self, watchlist: WatchlistPort) -> None:
        watchlist.remove([ES])
        assert (watchlist.add([]), watchlist.watched()) == ((), ())

    @pytest.mark.parametrize("product", [ES, FDAX, AS_TYPED])
    def test_a_product_is_given_back_as_it_was_added(
        self, watchlist: WatchlistPort, product: WatchedProduct
    ) -> None:
        assert watchlist.add([product]) == (product,)
        (watched,) = watchlist.watched()
        assert watched == product
        assert watched.added_at is not None
        assert watched.added_at.tzinfo is not None

    def test_a_product_is_listed_once_however_often_it_is_added(
        self, watchlist: WatchlistPort
    ) -> None:
        assert watchlist.add([AS_TYPED, ES, AS_TYPED]) == (AS_TYPED, ES)
        assert watchlist.add([ES, FDAX, AS_TYPED]) == (FDAX,)
        assert watchlist.watched() == (ES, AS_TYPED, FDAX)

    def test_a_product_can_be_in_several_groups(self, watchlist: WatchlistPort) -> None:
        assert watchlist.add([ES]) == (ES,)
        assert watchlist.add([ES_AT_NIGHT]) == (ES_AT_NIGHT,)
        assert watchlist.watched() == (ES, ES_AT_NIGHT)

    def test_removing_takes_away_what_is_named_and_nothing_else(
        self, watchlist: WatchlistPort
    ) -> None:
        watchlist.add([ES, ES_AT_NIGHT, FDAX, AS_TYPED])
        watchlist.remove([ES_AT_NIGHT, AS_TYPED, dataclasses.replace(FDAX, currency="EUR")])
        assert watchlist.watched() == (ES, FDAX)

    def test_what_was_removed_can_be_added_again(self, watchlist: WatchlistPort) -> None:
        watchlist.add([ES])
        watchlist.remove([ES])
        assert watchlist.add([ES]) == (ES,)

    def test_the_list_is_in_order_of_group_and_product(self, watchlist: WatchlistPort) -> None:
        watchlist.add([FDAX, AS_TYPED, ES_AT_NIGHT, ES])
        assert watchlist.watched() == (ES, AS_TYPED, FDAX, ES_AT_NIGHT)

    @pytest.mark.parametrize("text", ["M&M", "BRK B", "'; --", "%", "é"])
    def test_any_text_can_be_watched(self, watchlist: WatchlistPort, text: str) -> None:
        product = WatchedProduct(symbol=text, trading_class=text, group=text)
        watchlist.add([product])
        assert watchlist.watched() == (product,)
        watchlist.remove([product])
        assert watchlist.watched() == ()
