"""A story: the parts that belong together for one event, drawn in a fixed order from one key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


@dataclass(slots=True)
class Story:
    """What happened, to whom and on what; a part that the subject does not have is absent (None).

    Attributes:
        at: when it happened; milliseconds precision, UTC.
    """

    at: datetime
    app: App
    person: Person
    device: Device
    session: Session
    crash: Crash
    bug: Bug
    group: Group
    alert: Alert


Parts = dict[str, object]


def _mobile_crash(draw: Draw, at: datetime) -> Parts:
    the_app, the_device = app(draw), device(draw)
    return {
        "app": the_app,
        "device": the_device,
        "person": person(draw),
        "session": session(draw, at, the_device),
        "crash": crash(draw, the_app, (the_device.platform,)),
    }


def _mobile_bug(draw: Draw, at: datetime) -> Parts:
    the_app, the_device = app(draw), device(draw)
    return {
        "app": the_app,
        "device": the_device,
        "person": person(draw),
        "session": session(draw, at, the_device),
        "bug": bug(draw, at),
    }


def _group(draw: Draw, at: datetime) -> Parts:
    the_app = app(draw)
    the_person = person(draw)
    the_crash = crash(draw, the_app, DESKTOP)
    return {"app": the_app, "person": the_person, "crash": the_crash, "group": group(draw, at, the_app, the_crash)}


def _alert(draw: Draw, at: datetime) -> Parts:  # noqa: ARG001 (every subject is told at a time)
    the_app, the_device = app(draw), device(draw)
    return {"app": the_app, "device": the_device, "alert": alert(draw, the_app, the_device.platform)}


SUBJECTS: dict[str, tuple[Callable[[Draw, datetime], Parts], tuple[str, ...]]] = {
    "crash": (_mobile_crash, ("app", "device", "person", "session", "crash")),
    "bug": (_mobile_bug, ("app", "device", "person", "session", "bug")),
    "group": (_group, ("app", "person", "crash", "group")),
    "alert": (_alert, ("app", "device", "alert")),
}
"""What a story can be about, and the parts it then has besides ``at``."""


def parts_of(subject: str) -> tuple[str, ...]:
    """Return the names of the parts that a story about the subject has.

    Raises:
        UnknownNameError: there is no such subject.
    """
    if subject not in SUBJECTS:
        raise UnknownNameError("story", subject, SUBJECTS)
    return ("at", *SUBJECTS[subject][1])


def tell(subject: str, draw: Draw, at: datetime | None = None) -> Story:
    """Draw the story about a subject, by default at a time that the draw decides.

    Raises:
        UnknownNameError: there is no such subject.
    """
    parts_of(subject)
    moment = ANCHOR + timedelta(seconds=draw.below(180 * 86400), milliseconds=draw.below(1000))
    when = moment if at is None else at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
    parts = SUBJECTS[subject][0](draw, when)
    story = Story.__new__(Story)
    story.at = when
    for name, part in parts.items():
        setattr(story, name, part)
    return story
