"""Who and what a story is about: an app, a device, a person. Plain data; the functions draw them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hookproof.story import words
from hookproof.story.draw import Draw


@dataclass(slots=True)
class App:
    """An application and the company that makes it.

    Attributes:
        slug: the name in lower case with dashes.
        universe: the tenant of the company at its vendor.
        binary: the name of the executable on a desktop.
        mode: ``production`` or ``beta``.
    """

    name: str
    slug: str
    universe: str
    project: str
    binary: str
    package: str
    version: str
    build: str
    mode: str


@dataclass(slots=True)
class Device:
    """A phone or tablet; every figure belongs to the model.

    Attributes:
        platform: ``ios`` or ``android``.
        screen: width and height in pixels, portrait, ``1170x2532``.
        memory: in megabytes.
        storage: in gigabytes.
    """

    platform: str
    model: str
    os: str
    version: str
    screen: str
    density: str
    memory: int
    storage: int
    carrier: str


@dataclass(slots=True)
class Person:
    """An end user. ``email`` is empty for one who left none; ``token`` is 16 hexadecimal digits of their own;
    ``network`` is the first three parts of ``address``."""

    name: str
    username: str
    email: str
    place: str
    locale: str
    network: str
    address: str
    number: int
    token: str


@lru_cache(maxsize=1)
def _tables() -> tuple[Any, ...]:
    devices, code, fake = words.table("devices"), words.table("code"), words.faker()
    versions = [f"{a}.{b}.{c}" for a in range(1, 9) for b in (0, 2, 7, 11) for c in (0, 1, 4)]
    return devices, code, fake, versions


def app(draw: Draw) -> App:
    """Draw an app."""
    _, code, fake, versions = _tables()
    name = draw.pick(fake["products"])
    version = draw.pick(versions)
    slug = name.lower().replace(" ", "-")
    mode = "beta" if draw.chance(20) else "production"
    company = draw.pick(fake["companies"])
    return App(
        name=name,
        slug=slug,
        universe=company,
        project=slug,
        binary=name.replace(" ", ""),
        package=draw.pick(code["packages"]),
        version=version,
        build=f"{version}.{draw.below(9000) + 100}",
        mode=mode,
    )


def released(app: App, times: int) -> App:
    """Return the app so many releases later: a higher minor version, a higher build."""
    if not times:
        return app
    major, minor, _ = app.version.split(".")
    version = f"{major}.{int(minor) + times}.0"
    return replace(app, version=version, build=f"{version}.{int(app.build.rpartition('.')[2]) + times}")


def device(draw: Draw, platform: str | None = None) -> Device:
    """Draw a phone or tablet, of one platform or of any."""
    devices = _tables()[0]
    platform = platform or ("ios" if draw.chance(50) else "android")
    family = devices[platform]
    model = draw.pick(family["models"])
    return Device(
        platform=platform,
        model=model["model"],
        os="iOS" if platform == "ios" else "Android",
        version=draw.pick(family["versions"]),
        screen=model["screen"],
        density=model["density"],
        memory=model["memory"],
        storage=draw.pick(model["storage"]),
        carrier=draw.pick(family["carriers"]),
    )


def person(draw: Draw) -> Person:
    """Draw a person; one in eight leaves no e-mail address. Addresses are of domains that cannot exist."""
    fake = _tables()[2]
    username = draw.pick(fake["usernames"])
    network = draw.pick(("192.0.2", "198.51.100", "203.0.113"))
    return Person(
        name=draw.pick(fake["names"]),
        username=username,
        email="" if draw.below(8) == 0 else f"{username}@example.{draw.pick(('com', 'org', 'net'))}",
        place=draw.pick(fake["places"]),
        locale=draw.pick(fake["locales"]),
        network=network,
        address=f"{network}.{draw.between(1, 254)}",
        number=draw.between(1000, 999999),
        token=draw.hex(16),
    )
