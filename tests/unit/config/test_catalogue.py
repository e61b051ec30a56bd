"""Products of the user's own: [[catalogue]]."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import tomli

from ibkr_sync.config.example import example_text
from ibkr_sync.config.settings import CatalogueSettings, field_names
from ibkr_sync.domain.entities.catalogue import ASSET_CLASS_OF_CATEGORY
from unit.config.machine import Machine

PRODUCT = """
[[catalogue]]
symbol = "XYZ"
exchange = "SGX"
currency = "USD"
category = "energy"
"""

CODE = "letters, digits and . _ & / + -, at most 32"


def shown_in_the_example() -> str:
    lines = re.findall(r"^#     (.*)$", example_text(), re.MULTILINE)
    start = lines.index("[[catalogue]]")
    return "\n".join(lines[start : start + 1 + len(field_names(CatalogueSettings))])


def test_what_is_not_said_has_a_default(machine: Machine) -> None:
    machine.here(PRODUCT)

    (entry,) = machine.load().settings.active.catalogue

    assert entry == CatalogueSettings(
        symbol="XYZ", exchange="SGX", currency="USD", category="energy", price_magnifier=1
    )


@pytest.mark.parametrize("number", ["0.1", "1", "101.7313", "27.5", "1e-7", "125000000"])
def test_numbers_are_exactly_what_was_written(machine: Machine, number: str) -> None:
    machine.here(f"{PRODUCT}multiplier = {number}\nmin_tick = {number}")

    (entry,) = machine.load().settings.active.catalogue

    assert (entry.multiplier, entry.min_tick) == (Decimal(number), Decimal(number))


def test_every_profile_has_them(machine: Machine) -> None:
    machine.here(PRODUCT + PRODUCT.replace("XYZ", "ABC"))

    profiles = machine.load().settings.profiles

    assert {name: len(profile.catalogue) for name, profile in profiles.items()} == {
        "local": 2,
        "ibkr": 2,
        "demo": 2,
    }


def test_of_two_files_the_first_that_has_any_says_them_all(machine: Machine) -> None:
    machine.user(PRODUCT.replace("XYZ", "ABC"))
    assert [other.symbol for other in machine.load().settings.active.catalogue] == ["ABC"]

    machine.here(PRODUCT)
    assert [other.symbol for other in machine.load().settings.active.catalogue] == ["XYZ"]


def test_how_many_there_are_is_explained(machine: Machine) -> None:
    here = machine.here(PRODUCT)

    explained = {row.key: (row.value, row.where) for row in machine.load().explain()}

    assert explained["catalogue"] == ("products: 1", f"{here}:2")


def test_the_product_shown_as_an_example_loads_and_names_every_setting(machine: Machine) -> None:
    machine.here(shown_in_the_example())

    (written,) = tomli.loads(shown_in_the_example())["catalogue"]

    assert len(machine.load().settings.active.catalogue) == 1
    assert set(written) == set(field_names(CatalogueSettings))


def test_the_example_lists_every_category() -> None:
    listed = re.sub(r"\n# ?", " ", example_text().partition("category is one of")[2])
    sentence = listed.partition(".")[0]
    assert set(re.findall(r"[a-z_]+", sentence)) == set(ASSET_CLASS_OF_CATEGORY)


def test_all_that_is_wrong_in_any_product_is_reported_at_once(machine: Machine) -> None:
    here = machine.here(
        PRODUCT
        + """
[[catalogue]]
symbol = ""
exchange = "CME"
category = "enrgy"
multiplier = -1
min_tick = "0.1"
price_magnifier = 0.5
name = "a\\u001b[2J"
weekly_expiries = "yes"
tick = 1
"""
        + PRODUCT
    )

    assert [str(problem).removeprefix(f"{here}:") for problem in machine.problems()] == [
        f'9: catalogue[2].symbol: must be IBKR\'s symbol: {CODE}, not ""',
        "8: catalogue[2]: currency is missing",
        "11: catalogue[2].category: must be "
        + ", ".join(sorted(ASSET_CLASS_OF_CATEGORY))
        + ', not "enrgy": there is no such category (did you mean "energy"?)',
        '15: catalogue[2].name: must be a line of text, at most 120 characters, not "a\\x1b[2J"',
        "12: catalogue[2].multiplier: must be a number above 0, as 0.5, not -1",
        "14: catalogue[2].price_magnifier: must be a whole number from 1, as 100, not 0.5",
        '13: catalogue[2].min_tick: must be a number above 0, as 0.5, not "0.1"',
        '16: catalogue[2].weekly_expiries: must be true or false, not "yes"',
        '17: catalogue[2].tick: there is no such setting (did you mean "min_tick"?)',
        '19: catalogue[3]: "XYZ@SGX (XYZ)" stands here a second time',
    ]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        (
            PRODUCT + PRODUCT + 'trading_class = "XYZ"',
            '8: catalogue[2]: "XYZ@SGX (XYZ)" stands here a second time',
        ),
        (
            "catalogue = 5",
            "1: catalogue: must be tables of their own, each under [[catalogue]], not 5",
        ),
        ("catalogue = [5]", " catalogue[1]: must be a table, not 5"),
        (
            "symbol = 5",
            "1: symbol: there is no such setting (it belongs under [[catalogue]])",
        ),
    ],
)
def test_a_problem_is_said_in_words_a_user_can_act_on(
    machine: Machine, toml: str, problem: str
) -> None:
    here = machine.here(toml)

    assert str(machine.problem()) == f"{here}:{problem}"


def test_the_same_symbol_in_another_class_is_another_product(machine: Machine) -> None:
    machine.here(PRODUCT + PRODUCT + 'trading_class = "XYM"')

    assert len(machine.load().settings.active.catalogue) == 2


def test_the_list_may_be_written_in_one_line(machine: Machine) -> None:
    table = tomli.loads(PRODUCT)["catalogue"][0]
    inline = ", ".join(f'{name} = "{value}"' for name, value in table.items())
    machine.here(f"catalogue = [{{ {inline} }}]")

    assert len(machine.load().settings.active.catalogue) == 1
