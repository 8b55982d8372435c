"""What a person reports: a title, what they did, what they saw, and where the report stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from hookproof.story import words
from hookproof.story.draw import Draw
from hookproof.story.thread import Thread
from hookproof.story.world import Person, person


@dataclass(slots=True)
class Bug:
    """A report made by a person.

    Attributes:
        created, updated: milliseconds precision, UTC; created comes first.
        capture: how it was recorded: ``screenshot``, ``rewind`` or ``screenRecording``.
        status: where it stands: OPEN, TODO, INPROGRESS, HOLD or CLOSED.
        type: ``bug``, ``improvement`` or ``question``.
        token: 16 hexadecimal digits of its own; ``code`` is four letters or digits.
        workspace, project: when those were created, and a token each.
        metadata, fields: what the app and the integration add.
    """

    title: str
    steps: list[str]
    seen: str
    tags: list[str]
    category: str
    type: str
    status: str
    priority: str
    capture: str
    created: datetime
    updated: datetime
    assignees: list[Person]
    number: int
    id: str
    token: str
    code: str
    workspace: tuple[datetime, str]
    project: tuple[datetime, str]
    metadata: dict[str, str]
    fields: dict[str, str]
    images: list[str]
    files: list[str]


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return words.table("bugs")


def bug(draw: Draw, at: datetime, thread: Thread | None = None) -> Bug:
    """Draw a bug that was reported at that moment, or one of a thread as it stands then."""
    if thread is None:
        return _drawn(draw, at)
    lasting = _drawn(thread.lasting(), thread.first)
    return replace(
        lasting,
        updated=at,
        status=thread.status.replace("-", "").upper() or "OPEN",
        workspace=_founded(thread.owner(), lasting.created),
        project=_founded(thread.owned(), lasting.created),
    )


def _founded(draw: Draw, before: datetime) -> tuple[datetime, str]:
    """Draw when a workspace or project was founded, which stays the same whatever happens in it, and its token."""
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=draw.below(365), seconds=draw.below(86400))
    return min(moment, before - timedelta(days=1)), draw.hex(16)


def _drawn(draw: Draw, at: datetime) -> Bug:
    table = _tables()
    report = draw.pick(table["reports"])
    created = at - timedelta(milliseconds=draw.between(1000, 60000))
    founded = created - timedelta(days=draw.between(30, 900), seconds=draw.below(86400))
    metadata, fields = list(table["metadata"].items()), list(table["custom_fields"].items())
    kind = "bug" if draw.chance(80) else draw.pick(table["types"])
    images = draw.below(3)
    return Bug(
        title=report["title"],
        steps=report["steps"],
        seen=report["seen"],
        tags=report["tags"],
        category=table["categories"][table["types"].index(kind)],
        type=kind,
        status="OPEN" if draw.chance(70) else draw.pick(table["statuses"]),
        priority=draw.pick(table["priorities"]),
        capture=draw.pick(table["captures"]),
        created=created,
        updated=at,
        assignees=[person(draw) for _ in range(draw.below(3))],
        number=draw.between(1, 9999),
        id=draw.uuid(),
        token=draw.hex(16),
        code="".join([draw.pick("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(4)]),
        workspace=(founded, draw.hex(16)),
        project=(founded + timedelta(seconds=draw.below(86400)), draw.hex(16)),
        metadata={name: draw.pick(values) for name, values in metadata[: draw.below(len(metadata) + 1)]},
        fields={name: draw.pick(values) for name, values in fields[: 1 + draw.below(len(fields))]},
        images=[draw.hex(12) for _ in range(images)],
        files=[draw.hex(12) for _ in range(draw.below(4 - images))],
    )
