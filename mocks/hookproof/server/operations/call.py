"""One call of an operation: where it is about, what it was given, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hookproof.server.host import Host
from hookproof.server.namespace import Namespace


@dataclass
class Call:
    """A call.

    Attributes:
        name: the namespace that it is about.
        arguments: the parameters of path and query, read and checked.
        body: the body, read and checked, or None.
        headers: the headers of the request, names in lower case.
    """

    host: Host
    name: str
    arguments: dict[str, Any]
    body: Any
    headers: dict[str, str]

    @property
    def namespace(self) -> Namespace:
        """The namespace; it is made when an operation asks for it for the first time.

        Raises:
            Problem: it cannot have that name, or there are too many.
        """
        return self.host.namespace(self.name)


@dataclass
class Reply:
    """What an operation answers: JSON data, bytes, a stream of bytes, or nothing."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


def numbered(identifier: str, kind: str) -> int:
    """Read the number of ``delivery-7``; 0 where it is no such name, which nothing has."""
    prefix, _, number = identifier.rpartition("-")
    return int(number) if prefix == kind and number.isascii() and number.isdigit() and len(number) < 16 else 0
