"""What an event continues: the same app, the same crash, bug or alert as events before it, further on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hookproof.story.draw import Draw

STATUSES = ("open", "in-progress", "closed")


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread that runs through several stories. What lasts is drawn from its key, what changes from each event's own.

    Attributes:
        tenant: decides on the app and the company that makes it.
        key: decides on the crash, the bug or the alert.
        first: when it was seen for the first time.
        seen: how often it was seen so far, this time included.
        release: how many releases the app is beyond its first.
        status: where it stands: one of :data:`STATUSES`, or "" for what the draw says.
        project: the name of the project that the bug belongs to.
    """

    tenant: str
    key: str
    first: datetime
    seen: int = 1
    release: int = 0
    status: str = ""
    project: str = "main"

    @property
    def new(self) -> bool:
        """Whether this is the first time."""
        return self.seen == 1

    def owner(self) -> Draw:
        """Return the draw for what belongs to the tenant."""
        return Draw(f"tenant\0{self.tenant}".encode())

    def owned(self) -> Draw:
        """Return the draw for the project."""
        return Draw(f"tenant\0{self.tenant}\0{self.project}".encode())

    def lasting(self) -> Draw:
        """Return the draw for what stays the same."""
        return Draw(f"thread\0{self.tenant}\0{self.key}".encode())
