"""A story: the parts that belong together for one event, drawn in a fixed order from one key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hookproof.errors import UnknownNameError
from hookproof.story.alert import Alert, alert
from hookproof.story.bug import Bug, bug
from hookproof.story.crash import DESKTOP, MOBILE, Crash, crash
from hookproof.story.draw import Draw
from hookproof.story.group import Group, group
from hookproof.story.session import Session, session
from hookproof.story.thread import Thread
from hookproof.story.world import App, Device, Person, app, device, person, released

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


def _mobile_crash(draw: Draw, at: datetime, thread: Thread | None) -> Story:
    lasting = thread.lasting() if thread else draw
    the_app = _app(draw, thread)
    the_device = device(draw, lasting.pick(MOBILE) if thread else None)
    who, use = person(draw), session(draw, at, the_device)
    broken = crash(lasting, the_app, (the_device.platform,))
    if thread:
        broken.status = thread.status or "open"
    return Story(at, the_app, who, the_device, use, broken)


def _mobile_bug(draw: Draw, at: datetime, thread: Thread | None) -> Story:
    the_app, the_device = _app(draw, thread), device(draw)
    who, use = person(draw), session(draw, at, the_device)
    return Story(at, the_app, who, the_device, use, bug=bug(draw, at, thread))


def _group(draw: Draw, at: datetime, thread: Thread | None) -> Story:
    the_app, who = _app(draw, thread), person(draw)
    broken = crash(thread.lasting() if thread else draw, the_app, DESKTOP)
    return Story(at, the_app, who, crash=broken, group=group(draw, at, the_app, broken, thread))


def _alert(draw: Draw, at: datetime, thread: Thread | None) -> Story:
    lasting = thread.lasting() if thread else draw
    the_app, the_device = _app(draw, thread), device(lasting)
    return Story(at, the_app, device=the_device, alert=alert(lasting, the_app, the_device.platform, draw))


def _app(draw: Draw, thread: Thread | None) -> App:
    return released(app(thread.owner()), thread.release) if thread else app(draw)


SUBJECTS: dict[str, tuple[Callable[[Draw, datetime, Thread | None], Story], tuple[str, ...]]] = {
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


def tell(subject: str, draw: Draw, at: datetime | None = None, thread: Thread | None = None) -> Story:
    """Draw the story about a subject, by default at a time that the draw decides, and of a thread of its own.

    Raises:
        UnknownNameError: there is no such subject.
    """
    if subject not in SUBJECTS:
        raise UnknownNameError("story", subject, SUBJECTS)
    moment = ANCHOR + timedelta(0, draw.below(180 * 86400), draw.below(1000) * 1000)
    if at is not None:
        moment = at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
    return SUBJECTS[subject][0](draw, moment, thread)
