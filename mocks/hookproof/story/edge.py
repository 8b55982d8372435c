"""Legal but nasty: the same story with texts, numbers and lengths that receivers trip over.

The story is changed, not the payload, so what a vendor derives from it (a fingerprint, an XML report) still fits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from hookproof.story import words
from hookproof.story.draw import Draw
from hookproof.story.session import Span, lines
from hookproof.story.tale import Story

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TEXTS = {
    "app": ("name", "project", "binary", "version"),
    "person": ("name", "username", "place"),
    "device": ("model", "carrier"),
    "session": ("view", "wifi", "carrier"),
    "crash": ("name", "message"),
    "bug": ("title", "seen", "category"),
    "alert": ("title", "trace", "metric", "trigger", "current", "app_name"),
}
"""The free texts of each part."""


@lru_cache(maxsize=1)
def _tables() -> tuple[list[str], list[int], list[str]]:
    table = words.table("edges")
    return [_text(entry) for entry in table["texts"]], table["integers"], [_text(entry) for entry in table["emails"]]


def _text(entry: Any) -> str:
    return entry if isinstance(entry, str) else entry["repeat"] * entry["times"] + entry.get("then", "")


def nasty(draw: Draw) -> str:
    """Draw a nasty text; the two that matter most, none at all and one beyond the basic plane, come more often."""
    likely = draw.below(6)
    return ("", "\U0001f4a5 boom")[likely] if likely < 2 else draw.pick(_tables()[0])


def roughen(story: Story, draw: Draw) -> Story:
    """Make a story nasty, in place: about half of its free texts, and now and then a number or a length."""
    _, _, emails = _tables()
    for part, names in TEXTS.items():
        target = getattr(story, part, None)
        for name in names if target is not None else ():
            if draw.chance(50):
                setattr(target, name, nasty(draw))
    for part, change in _CHANGES.items():
        if (target := getattr(story, part, None)) is not None:
            change(target, draw)
    if (person := getattr(story, "person", None)) is not None:
        person.email = draw.pick(emails)
    return story


def _session(session: Any, draw: Draw) -> None:
    texts, _, _ = _tables()
    table = words.table("sessions")
    if draw.chance(25):
        session.duration, session.started = 0, session.ended

    span = Span(session.started, session.duration)

    def rough(count: int, name: str) -> list[tuple[str, str]]:
        return lines(span, draw.take(count), [*table[name], *texts[:20]])

    session.console = rough(draw.pick((0, 0, 1, 2, 40, 200, 400, 4000)), "console")
    session.log = rough(draw.pick((0, 1, 500)), "log")
    if session.duration == 0:
        only = span.stamps([0])[0]
        session.steps = [(only, kind, detail) for _, kind, detail in session.steps]
    session.steps[-1] = (session.steps[-1][0], "Top View", session.view)
    session.steps = session.steps if draw.chance(80) else []
    session.attributes = {nasty(draw): nasty(draw) for _ in range(draw.below(4))}
    session.battery = draw.pick((0, 100))
    session.plug = "Unplugged" if session.battery == 0 else "Full"


def _crash(crash: Any, draw: Draw) -> None:
    _, integers, _ = _tables()
    shape = draw.below(4)
    if shape == 0:
        crash.frames = []
    elif shape == 1:
        crash.frames = crash.frames * 200
    elif crash.frames:
        crash.site.function = nasty(draw)
    if draw.chance(20):
        crash.code = ""
    crash.classifiers = [nasty(draw) for _ in range(draw.below(3))]
    crash.number = draw.pick(integers)
    crash.status = "open" if crash.number % 4 else "in-progress"


def _group(group: Any, draw: Draw) -> None:
    _, integers, _ = _tables()
    group.occurrences = draw.pick(integers)
    if draw.chance(20):
        group.first = EPOCH
        group.last = EPOCH if draw.chance(50) else group.last
    group.guids = draw.pick((0, group.occurrences))
    group.report = draw.pick(integers) - draw.below(1 << 16)  # large, and still like no other
    group.key = draw.pick(integers) - draw.below(1 << 16)
    kept = {name: pairs for name, pairs in group.histograms.items() if draw.chance(50)}
    rough: list[list[str | int]] = [[value, 1] for value in {nasty(draw): None for _ in range(draw.below(4))}]
    group.histograms = {} if draw.chance(20) else {**kept, nasty(draw): rough}


def _bug(bug: Any, draw: Draw) -> None:
    _, integers, emails = _tables()
    bug.number = draw.pick(integers)
    bug.tags = [nasty(draw) for _ in range(draw.below(3))]
    bug.steps = [nasty(draw) for _ in range(draw.below(3))]
    bug.metadata = {nasty(draw): nasty(draw) for _ in range(draw.below(4))}
    bug.fields = {nasty(draw): nasty(draw) for _ in range(draw.below(4))}
    for person in bug.assignees:
        person.name, person.email = nasty(draw), draw.pick(emails)


def _alert(alert: Any, draw: Draw) -> None:
    alert.conditions = [(nasty(draw), nasty(draw), nasty(draw)) for _ in range(draw.below(4))]
    alert.threshold = draw.pick((0, 0.1, 100, 1e-3))


_CHANGES = {"session": _session, "crash": _crash, "group": _group, "bug": _bug, "alert": _alert}
