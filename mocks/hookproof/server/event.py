"""An event of a namespace: what is to happen, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from hookproof.server.clock import text
from hookproof.server.model import Document, Fault
from hookproof.server.notice import Happening, Occasion, Wish


@dataclass(slots=True)
class Event:
    """One event.

    Attributes:
        name: ``vendor.kind``.
        seed, index: which request of the generator it is.
        due: when it happens, or happened.
        thread: the name of the group, bug or rule that it is about; tenant: whose.
        seen: how often that was seen, this time included; first: when for the first time.
        forwarded: the numbers of integrations that it is forwarded to by hand; empty for all that want it.
        run: the run of a scenario that it belongs to.
        deliveries, skipped: what came of it: numbers of deliveries, and why an integration got none.
    """

    number: int
    name: str
    seed: int | str
    index: int
    due: float
    tenant: str
    thread: str
    seen: int
    first: float
    release: int = 0
    status: str = ""
    project: str = "main"
    wish: Wish = field(default_factory=Wish)
    faults: Sequence[Fault] = ()
    forwarded: Sequence[int] = ()
    run: str | None = None
    state: str = "scheduled"
    deliveries: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its name in the API."""
        return f"event-{self.number}"

    @property
    def occasion(self) -> Occasion:
        """Whether its thread is new."""
        return "new" if self.seen == 1 else "again"

    def happening(self) -> Happening:
        """Return what settings look at."""
        return Happening(self.name.partition(".")[2], self.occasion, self.project, bool(self.forwarded))

    def document(self) -> Document:
        """Return what the journal keeps."""
        stored = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        stored["faults"] = [fault.document() for fault in self.faults]
        stored["wish"] = {name: getattr(self.wish, name) for name in Wish.__slots__}
        return stored

    @classmethod
    def of(cls, stored: Document) -> Event:
        """Read what :meth:`document` has returned, from JSON."""
        wish = {name: _hashable(value) for name, value in stored["wish"].items()}
        faults = [Fault(**entry) for entry in stored["faults"]]
        skipped = [(number, reason) for number, reason in stored["skipped"]]
        return cls(**{**stored, "wish": Wish(**wish), "faults": faults, "skipped": skipped})

    def view(self) -> Document:
        """Return it as the API shows it."""
        return {
            "id": self.id,
            "event": self.name,
            "seed": self.seed,
            "index": self.index,
            "state": self.state,
            "at": text(self.due),
            "group": self.thread,
            "seen": self.seen,
            "occasion": self.occasion,
            "project": self.project,
            "run": self.run,
            "deliveries": [f"delivery-{number}" for number in self.deliveries],
            "skipped": [{"integration": f"integration-{number}", "reason": why} for number, why in self.skipped],
        }


def _hashable(value: Any) -> Any:
    return tuple(_hashable(entry) for entry in value) if isinstance(value, list) else value
