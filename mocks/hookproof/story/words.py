"""The tables that stories draw from, in ``fixtures/words/``.

Tables written by hand are YAML. ``faker.json`` is built with Faker by ``hookproof words`` and committed, so that
neither the speed nor the bytes of a request depend on the Faker release at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from hookproof.contracts.library import builtin


@lru_cache(maxsize=32)
def table(name: str) -> dict[str, Any]:
    """Read a table written by hand. The result is shared: do not change it."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load((builtin("fixtures") / "words" / f"{name}.yaml").read_bytes(), loader)  # noqa: S506 (a safe loader)
    return document


@lru_cache(maxsize=1)
def faker() -> dict[str, list[str]]:
    """Read the table that was built with Faker: names, usernames, places and so on."""
    import orjson

    words: dict[str, list[str]] = orjson.loads((builtin("fixtures") / "words" / "faker.json").read_bytes())
    return words


COUNTRIES = {
    "en_US": "United States",
    "en_GB": "United Kingdom",
    "de_DE": "Germany",
    "fr_FR": "France",
    "es_ES": "Spain",
    "pt_BR": "Brazil",
    "tr_TR": "Turkey",
    "pl_PL": "Poland",
}


def build(seed: int = 2026) -> dict[str, list[str]]:
    """Build the Faker table anew. Its content changes with Faker's releases; the same release gives the same table."""
    from faker import Faker

    fake = Faker(list(COUNTRIES))
    fake.seed_instance(seed)
    plain = Faker("en_US")
    plain.seed_instance(seed)

    def place() -> str:
        locale = plain.random_element(tuple(COUNTRIES))
        return f"{fake[locale].city()}, {COUNTRIES[locale]}"

    makers = {
        "names": (lambda: f"{fake.first_name()} {fake.last_name()}", 256),
        "usernames": (lambda: plain.user_name().lower(), 256),
        "places": (place, 200),
        "companies": (lambda: plain.last_name().lower(), 120),
        "products": (lambda: f"{plain.safe_color_name().title()} {plain.word().title()}", 120),
        "hosts": (lambda: f"{plain.hostname(0)}.{plain.last_name().lower()}.example", 120),
        "words": (lambda: plain.word().lower(), 256),
        "locales": (plain.locale, 60),
        "networks": (lambda: f"{plain.last_name()} {plain.random_element(['Home', 'Guest', 'Office', '5G'])}", 80),
    }
    return {name: list(_distinct(make, count)) for name, (make, count) in makers.items()}


def _distinct(make: Callable[[], str], count: int) -> Iterator[str]:
    seen: set[str] = set()
    for _ in range(count * 50):
        word = make()
        if word not in seen and _fits(word):
            seen.add(word)
            yield word
        if len(seen) == count:
            return


def _fits(word: str) -> bool:
    return word.isprintable() and len(word) <= 60
