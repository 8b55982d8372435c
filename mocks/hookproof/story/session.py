"""One session of one person in a mobile app: how long, in what state, and the lines it left in the logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from hookproof.story import words
from hookproof.story.draw import Draw
from hookproof.story.world import Device

Lines = list[tuple[str, str]]
Steps = list[tuple[str, str, str]]

_UNITS = 8 * 3600
"""Times in logs are drawn in eighths of a second: so many to the hour."""


@dataclass(slots=True)
class Session:
    """A session that ends when the report is made.

    Attributes:
        ended: when the report was made; whole seconds, UTC.
        duration: in seconds.
        view: the screen that was shown last.
        console, log: lines as (time, text), times as ``YYYY-MM-DD HH:MM:SS.mmm``; the first at the start of the
            session, the last at its end.
        steps: what was done, as (time, kind, detail), likewise.
        memory, storage: what was in use, in tenths of a megabyte and in megabytes.
        attributes: what the app noted about the user.
    """

    started: datetime
    ended: datetime
    duration: int
    view: str
    orientation: str
    wifi: str
    carrier: str
    battery: int
    plug: str
    memory: int
    storage: int
    pid: int
    thread: str
    console: Lines
    log: Lines
    steps: Steps
    attributes: dict[str, str]


@lru_cache(maxsize=1)
def _clock() -> list[str]:
    """Every eighth of an hour's seconds as ``MM:SS.mmm``: whole seconds exactly, the others somewhere in the eighth."""
    return [
        f"{unit // 480:02}:{unit // 8 % 60:02}.{unit % 8 * 125 + (unit * 7919 % 124 if unit % 8 else 0):03}"
        for unit in range(_UNITS)
    ]


@lru_cache(maxsize=1)
def _tables() -> tuple[Any, ...]:
    table = words.table("sessions")
    attributes = list(table["attributes"].items())
    return {platform: _walks(table, platform) for platform in ("ios", "android")}, table, attributes


def _walks(table: dict[str, Any], platform: str) -> tuple[list[str], dict[str, list[tuple[str, str, str]]]]:
    """For each screen what can happen there: (kind, detail, the screen that is then shown)."""
    screens = [screen for screen in table["screens"] if screen.endswith("Controller") == (platform == "ios")]
    happenings = {}
    for screen in screens:
        touches = [("Touch", f"{control} in {screen}", screen) for control in table["screens"][screen]]
        views = [("Top View", other, other) for other in screens]
        events = [("Application", event, screen) for event in table["application"]]
        happenings[screen] = [*touches, *touches, *touches, *views, *events]
    return screens, happenings


def stamps(start: datetime, units: list[int]) -> list[str]:
    """Write moments, given in eighths of a second since ``start``, as ``YYYY-MM-DD HH:MM:SS.mmm``, in their order."""
    clock = _clock()
    first = (start.minute * 60 + start.second) * 8
    head = str(start)[:14]
    if not units or first + max(units) < _UNITS:
        return [head + clock[first + unit] for unit in units]
    hour = start.replace(minute=0, second=0)
    heads = [str(hour + timedelta(hours=h))[:14] for h in range((first + max(units)) // _UNITS + 1)]
    return [heads[(first + unit) // _UNITS] + clock[(first + unit) % _UNITS] for unit in units]


def moments(drawn: Sequence[int], duration: int) -> list[int]:
    """Turn ascending words into moments of a session, in eighths of a second; the outer two are its ends."""
    span = 8 * duration
    units = [word * span >> 16 for word in drawn]
    units[0] = 0
    units[-1] = span
    return units


def lines(start: datetime, duration: int, drawn: Sequence[int], texts: Sequence[str]) -> Lines:
    """Make the lines of a log: each word decides a time and a text; the first line is at the start."""
    if not drawn:
        return []
    ordered = sorted(drawn)
    size = len(texts)
    return list(zip(stamps(start, moments(ordered, duration)), [texts[word % size] for word in ordered], strict=True))


def steps(start: datetime, duration: int, drawn: Sequence[int], platform: str) -> Steps:
    """Make what a person did: a walk through screens, touching what is there, that ends on a screen."""
    screens, happenings = _tables()[0][platform]
    times = stamps(start, moments(sorted(drawn), duration))
    screen = screens[drawn[0] % len(screens)]
    result: Steps = [(times[0], "Application", "DidBecomeActive")]
    for word, time in zip(drawn[1:-1], times[1:-1], strict=True):
        there = happenings[screen]
        kind, detail, screen = there[word % len(there)]
        result.append((time, kind, detail))
    result.append((times[-1], "Top View", screens[drawn[-1] % len(screens)]))
    return result


def session(draw: Draw, ended: datetime, device: Device) -> Session:
    """Draw the session on a device that ended at that moment."""
    _, table, attributes = _tables()
    ended = ended.replace(microsecond=0)
    duration = draw.between(3, 1800)
    started = ended - timedelta(seconds=duration)
    drawn = draw.take(67)
    count = 30 + draw.below(11)
    walk = steps(started, duration, drawn[50 : 59 + draw.below(9)], device.platform)
    battery = draw.between(1, 100)
    return Session(
        started=started,
        ended=ended,
        duration=duration,
        view=walk[-1][2],
        orientation="landscape" if draw.chance(15) else "portrait",
        wifi=draw.pick(words.faker()["networks"]) if draw.chance(70) else "",
        carrier=device.carrier,
        battery=battery,
        plug="Unplugged" if draw.chance(70) else "Full" if battery == 100 else "Charging",
        memory=draw.between(device.memory * 2, device.memory * 9),
        storage=draw.between(device.storage * 100, device.storage * 950),
        pid=draw.between(200, 65000),
        thread=draw.hex(3),
        console=lines(started, duration, drawn[:count], table["console"]),
        log=lines(started, duration, drawn[40:50], table["log"]),
        steps=walk,
        attributes={name: draw.pick(values) for name, values in attributes[: draw.below(len(attributes) + 1)]},
    )
