"""The page is sound HTML that anybody can read, and whatever the data says stays text."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from datetime import date, timedelta
from html.parser import HTMLParser
from importlib import resources

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.application.looking.overview import Overview, ProductOverview
from ibkr_sync.application.services.freshness import FreshnessReport
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.expirations import Expiration, ExpirationKind
from ibkr_sync.domain.delivery.hold_limits import HoldLimit, HoldLimitKind
from ibkr_sync.domain.delivery.nearest_contract import NearestJudgement
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.delivering_contract import DeliveringContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.domain.hours.product_hours import product_hours
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.staleness import StaleProduct, StaleReason
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.page.overview_page import overview_page
from one_case import one_case

TRADING = dataclasses.replace(
    ES, contracts=(dataclasses.replace(DECEMBER, time_zone=ES.time_zone), MARCH)
)
HOSTILE = "</title><script>alert(1)</script><img src=x onerror='alert(2)'>\" onload=alert(3) &amp; "
VOID = {"meta"}


class Parsed(HTMLParser):
    """A page as a browser sees it: its elements with their ways from the root, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[tuple[str, ...], dict[str, str | None]]] = []
        self.text = ""
        self._way: list[str] = []
        self.feed(page)
        self.close()
        assert self._way == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), tag
        self.elements.append(((*self._way, tag), dict(attrs)))
        if tag not in VOID:
            self._way.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._way.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for way, attributes in self.elements if way[-1] == tag]

    def count(self, *way: str) -> int:
        return sum(1 for other, _ in self.elements if other[-len(way) :] == way)


def expiration(contract: FuturesContract, kind: ExpirationKind, day: date) -> Expiration:
    return Expiration(
        day=day,
        kind=kind,
        delivering=DeliveringContract(product=ES, contract=contract),
        days_left=(day - NOW.date()).days,
        business_days_left=0,
        source=f"rule: {contract.local_symbol}",
        confidence=Confidence.B,
    )


def product_overview(name: str = "E-mini S&P 500", number: int = 0) -> ProductOverview:
    december = dataclasses.replace(DECEMBER, local_symbol=f"ESZ6{name[15:]}")
    end = december.last_trade_date
    limit = HoldLimit(kind=HoldLimitKind.LAST_TRADE, day=end, last_day=end, source="IBKR")
    return ProductOverview(
        summary=ProductSummary(
            key=ES.key._replace(symbol=f"ES{number or ''}"),
            asset_class=ES.asset_class,
            category=None,
            currency="USD",
            name=name,
            origin=Origin.SAMPLE,
            listed=2,
            next_expiry=end,
            synced_at=NOW - timedelta(hours=30),
            remarks=(f"odd {name}",),
        ),
        nearest=NearestJudgement(contract=december, objection=None, limit=limit),
        hours=product_hours(TRADING, NOW),
        expirations=(
            expiration(december, ExpirationKind.LONG_CUTOFF, end - timedelta(days=9)),
            expiration(december, ExpirationKind.SHORT_CUTOFF, end - timedelta(days=9)),
            expiration(december, ExpirationKind.NOTICE, end - timedelta(days=5)),
            expiration(MARCH, ExpirationKind.LAST_TRADE, date(2027, 2, 19)),
        ),
    )


def overview(*products: ProductOverview, text: str = "50") -> Overview:
    event = Event(
        type=EventType.MULTIPLIER_CHANGED,
        severity=Severity.CRITICAL,
        product=ES.key,
        con_id=DECEMBER.con_id,
        local_symbol="ESZ6",
        field="multiplier",
        old="5",
        new=text,
        at=NOW,
        run=12,
    )
    stale = StaleProduct(
        asked=FutureQuery(symbol="ES"),
        key=products[0].summary.key if products else None,
        synced_at=NOW - timedelta(hours=30),
        reason=StaleReason.FAILED,
        run_id=12,
        message=text,
    )
    return Overview(
        now=NOW,
        since=NOW - timedelta(days=7),
        events=(event, dataclasses.replace(event, severity=Severity.INFO)) if products else (),
        freshness=FreshnessReport(
            max_age=timedelta(hours=26),
            checked=len(products),
            is_sample=True,
            stale=(stale,) if products else (),
            closed=(),
            remarked=tuple(product.summary for product in products),
            run=None,
            is_run_alarming=False,
        ),
        within=DaysBefore(count=90),
        products=products,
    )


def page_of(*products: ProductOverview, text: str = "50") -> str:
    return overview_page(overview(*products, text=text), NextCommand())


def test_the_page_is_sound_and_says_by_words_what_it_draws() -> None:
    page = Parsed(page_of(product_overview()))

    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    links = [attributes["href"] or "" for _, attributes in page.elements if "href" in attributes]
    assert set(ids.values()) == {1}
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert not any("src" in attributes or "style" in attributes for _, attributes in page.elements)
    assert page.named("script") == page.named("link") == []
    policy = {"http-equiv": "Content-Security-Policy"}.items()
    (content,) = [item["content"] for item in page.named("meta") if policy <= item.items()]
    assert content == "default-src 'none'; style-src 'unsafe-inline'"
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.named(
        "meta"
    )
    assert page.named("html") == [{"lang": "en"}]
    assert page.count("h1") == page.count("main") == 1
    tables = page.count("table")
    assert page.count("table", "caption") == tables == 5
    assert {cell.get("scope") for cell in page.named("th")} == {"row", "col"}
    drawings = [item for item in page.named("svg") if item.get("role") == "img"]
    assert page.count("svg", "title") == len(drawings) == 2
    assert all("aria-hidden" in item for item in page.named("svg") if item not in drawings)
    assert "ESZ6 long cut-off Wed 9 Dec 2026; " in page.text
    assert "Mon 23 Nov 17:00 to Tue 16:00" in page.text
    for words in ("SAMPLE DATA", "1 stale", "critical", "Multiplier changed 5 → 50"):
        assert words in page.text


def test_hostile_text_stays_text() -> None:
    harmless, hostile = (
        Parsed(page_of(product_overview())),
        Parsed(page_of(product_overview(HOSTILE), text=HOSTILE)),
    )

    def shape(page: Parsed) -> list[object]:
        return [(way, sorted(attributes)) for way, attributes in page.elements]

    assert shape(hostile) == shape(harmless)
    for context in ("", "odd ", "Multiplier changed 5 → ", "run 12 failed for it: "):
        assert f"{context}{HOSTILE}"[:60] in hostile.text


def test_an_empty_database_says_what_to_do() -> None:
    page = Parsed(page_of())
    assert "Nothing is stored yet" in page.text
    assert "ibkr-sync get ES --source ibkr" in page.text
    assert page.named("table") == []


def test_the_page_stays_small_however_much_is_stored() -> None:
    some = [product_overview(number=number) for number in range(1, 501)]
    page = page_of(*some)
    assert len(page) < 1_500_000
    found = Parsed(page)
    assert found.count("details", "summary") == 3
    assert "470 more products" in found.text
    assert "And 1400 more dates: ibkr-sync expirations --within 90d" in found.text
    assert found.count("tbody", "tr") < 2_000


def _schemes() -> list[dict[str, str]]:
    """The colours of each scheme: light, dark, and printed."""
    style = resources.files("ibkr_sync_cli.page").joinpath("page.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--([a-z]+): #([0-9a-f]{6});", block)) for block in blocks]


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@one_case("place", range(3))
def test_text_and_shapes_stand_out_from_what_is_behind_them(place: int) -> None:
    light, scheme = _schemes()[0], _schemes()[place]

    def contrast(front: str, behind: str) -> float:
        both = [_luminance((light | scheme)[name]) for name in (front, behind)]
        return (max(both) + 0.05) / (min(both) + 0.05)

    texts = ("ink", "muted", "accent", "notice", "critical")
    assert not [name for name in texts if contrast(name, "surface") < 4.5]
    assert not [name for name in ("ink", "muted") if contrast(name, "paper") < 4.5]
    assert contrast("session", "surface") >= 3
