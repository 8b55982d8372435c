"""A story: the parts that belong together for one event, drawn in a fixed order from one key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hookproof.errors import UnknownNameError
from hookproof.story.alert import Alert, alert
from hookproof.story.bug import Bug, bug
from hookproof.story.crash import DESKTOP, Crash, crash
from hookproof.story.draw import Draw
from hookproof.story.group import Group, group
from hookproof.story.session import Session, session
from hookproof.story.world import App, Device, Person, app, device, person

ANCHOR = datetime(2026, 1, 5, tzinfo=UTC)
"""Stories without a given time happen in the 180 days after this one, by their key."""


ABSENT: Any = None
"""Stands in a story for a part that its subject does not have."""


@dataclass(slots=True)
class Story:
    """What happened, to whom and on what; a part that the subject does not have is absent (None).

    Attributes:
        at: when it happened; milliseconds precision, UTC.
    """

    at: datetime
    app: App = ABSENT
    person: Person = ABSENT
    device: Device = ABSENT
    session: Session = ABSENT
    crash: Crash = ABSENT
    bug: Bug = ABSENT
    group: Group = ABSENT
    alert: Alert = ABSENT


def _mobile_crash(draw: Draw, at: datetime) -> Story:
    the_app, the_device = app(draw), device(draw)
    who, use = person(draw), session(draw, at, the_device)
    return Story(at, the_app, who, the_device, use, crash(draw, the_app, (the_device.platform,)))


def _mobile_bug(draw: Draw, at: datetime) -> Story:
    the_app, the_device = app(draw), device(draw)
    who, use = person(draw), session(draw, at, the_device)
    return Story(at, the_app, who, the_device, use, bug=bug(draw, at))


def _group(draw: Draw, at: datetime) -> Story:
    the_app, who = app(draw), person(draw)
    broken = crash(draw, the_app, DESKTOP)
    return Story(at, the_app, who, crash=broken, group=group(draw, at, the_app, broken))


def _alert(draw: Draw, at: datetime) -> Story:
    the_app, the_device = app(draw), device(draw)
    return Story(at, the_app, device=the_device, alert=alert(draw, the_app, the_device.platform))


SUBJECTS: dict[str, tuple[Callable[[Draw, datetime], Story], tuple[str, ...]]] = {
    "crash": (_mobile_crash, ("at", "app", "device", "person", "session", "crash")),
    "bug": (_mobile_bug, ("at", "app", "device", "person", "session", "bug")),
    "group": (_group, ("at", "app", "person", "crash", "group")),
    "alert": (_alert, ("at", "app", "device", "alert")),
}
"""What a story can be about: how it is drawn, and the parts it then has."""


def parts_of(subject: str) -> tuple[str, ...]:
    """Return the names of the parts that a story about the subject has.

    Raises:
        UnknownNameError: there is no such subject.
    """
    if subject not in SUBJECTS:
        raise UnknownNameError("story", subject, SUBJECTS)
    return SUBJECTS[subject][1]


def tell(subject: str, draw: Draw, at: datetime | None = None) -> Story:
    """Draw the story about a subject, by default at a time that the draw decides.

    Raises:
        UnknownNameError: there is no such subject.
    """
    if subject not in SUBJECTS:
        raise UnknownNameError("story", subject, SUBJECTS)
    moment = ANCHOR + timedelta(0, draw.below(180 * 86400), draw.below(1000) * 1000)
    if at is not None:
        moment = at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
    return SUBJECTS[subject][0](draw, moment)
