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


class Span:
    """The time from the start of a session to its end, in which moments are given as 16-bit numbers."""

    __slots__ = ("_first", "_heads", "units")

    def __init__(self, start: datetime, duration: int) -> None:
        self.units = 8 * duration
        self._first = (start.minute * 60 + start.second) * 8
        self._heads = [str(start)[:14]]
        for hour in range(1, (self._first + self.units) // _UNITS + 1):
            self._heads.append(str(start + timedelta(hours=hour))[:14])

    def stamps(self, drawn: Sequence[int]) -> list[str]:
        """Write moments as ``YYYY-MM-DD HH:MM:SS.mmm``: 0 is the start, 65536 the end."""
        clock, first, units, heads = _clock(), self._first, self.units, self._heads
        if len(heads) == 1:
            head = heads[0]
            return [head + clock[first + (word * units >> 16)] for word in drawn]
        at = [first + (word * units >> 16) for word in drawn]
        return [heads[unit // _UNITS] + clock[unit % _UNITS] for unit in at]


def _moments(drawn: Sequence[int]) -> list[int]:
    """Put drawn numbers in order and move the outer two to the ends of the session."""
    ordered = sorted(drawn)
    ordered[0] = 0
    ordered[-1] = 65536
    return ordered


def lines(span: Span, drawn: Sequence[int], texts: Sequence[str]) -> Lines:
    """Make the lines of a log: each number decides a time and a text; the outer lines are at the session's ends."""
    if not drawn:
        return []
    size = len(texts)
    return list(zip(span.stamps(_moments(drawn)), [texts[word % size] for word in drawn], strict=True))


def steps(span: Span, drawn: Sequence[int], platform: str) -> Steps:
    """Make what a person did: a walk through screens, touching what is there, that ends on a screen."""
    screens, happenings = _tables()[0][platform]
    times = span.stamps(_moments(drawn))
    screen = screens[drawn[0] % len(screens)]
    result: Steps = [(times[0], "Application", "DidBecomeActive")]
    for word, time in zip(drawn[1:-1], times[1:-1], strict=True):
        there = happenings[screen]
        kind, detail, screen = there[word % len(there)]
        result.append((time, kind, detail))
    result.append((times[-1], "Top View", screens[drawn[-1] % len(screens)]))
    return result


def session(draw: Draw, ended: datetime, device: Device) -> Session:
    """Draw the session on a device that ended at that moment; all its numbers at once, as this is the hot path."""
    _, table, attributes = _tables()
    networks = words.faker()["networks"]
    drawn = draw.take(82)
    look, wifi, network, charge, plug, used, full, pid, count, walk, noted, length = drawn[:12]
    ended = ended.replace(microsecond=0)
    duration = 3 + length % 1798
    started = ended - timedelta(seconds=duration)
    span = Span(started, duration)
    done = steps(span, drawn[12 : 20 + walk % 9], device.platform)
    battery = 1 + charge % 100
    return Session(
        started=started,
        ended=ended,
        duration=duration,
        view=done[-1][2],
        orientation="portrait" if look % 6 else "landscape",
        wifi=networks[network % len(networks)] if wifi % 3 else "",
        carrier=device.carrier,
        battery=battery,
        plug="Unplugged" if plug % 3 else "Full" if battery == 100 else "Charging",
        memory=device.memory * (2000 + used % 7001) // 1000,
        storage=device.storage * (100 + full % 851),
        pid=200 + pid % 60000,
        thread=f"{look & 0xFFF:03x}",
        console=lines(span, drawn[32 : 62 + count % 11], table["console"]),
        log=lines(span, drawn[72:], table["log"]),
        steps=done,
        attributes={
            name: values[(noted >> place) % len(values)]
            for place, (name, values) in enumerate(attributes[: noted % (len(attributes) + 1)])
        },
    )
