"""Who may ask what: hosts, origins, tokens and sizes are checked before anything else."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hookproof.server.problem import Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN = ("/health", "/ready", "/openapi.json", "/pages/")
"""Paths that need no token: receivers fetch pages, and know none."""


@dataclass
class Guard:
    """The rules.

    Attributes:
        hosts: names under which the server may be called, against DNS rebinding.
        token: what ``/v1`` asks for, or None.
        max_body: how many bytes a request may have.
    """

    hosts: set[str] = field(default_factory=lambda: set(LOOPBACK))
    token: str | None = None
    max_body: int = 1_000_000

    def check(self, scope: Scope, path: str) -> dict[str, str]:
        """Check a request by its headers; returns them, names in lower case.

        Raises:
            Problem: it is not allowed.
        """
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = _hostname(headers.get("host", ""))
        if host not in self.hosts:
            shown = ", ".join(sorted(self.hosts))
            raise Problem("misdirected", f"the host {host[:100]!r} is not one of {shown}; --allow-host adds it")
        self._origin(headers)
        if self.token is not None and not path.startswith(OPEN):
            self._token(headers)
        if int(headers.get("content-length", "0") or "0") > self.max_body:
            raise Problem("too-large", f"a body has at most {self.max_body} bytes")
        return headers

    def _origin(self, headers: dict[str, str]) -> None:
        """Pages of other sites, opened in a browser on this machine, must not be able to do anything here."""
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site", "none")
        foreign = origin is not None and _hostname(urlsplit(origin).netloc) not in self.hosts
        if foreign or site == "cross-site":
            raise Problem("foreign-origin", "pages of other sites are not served")

    def _token(self, headers: dict[str, str]) -> None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        expected = (self.token or "").encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected):
            raise Problem("token", "send the header Authorization: Bearer TOKEN; the server has shown it at its start")


async def read(receive: Receive, limit: int) -> bytes:
    """Read a body.

    Raises:
        Problem: it is larger than the limit.
    """
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem("bad-request", "the connection ended before the body")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise Problem("too-large", f"a body has at most {limit} bytes")
        more = message.get("more_body", False)
    return b"".join(pieces)


def _hostname(authority: str) -> str:
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host to listen on can only be reached from this machine."""
    return host in LOOPBACK or host.startswith("127.")


def names(host: str, further: Iterable[str]) -> set[str]:
    """Return the names under which a server that listens on a host may be called."""
    return {*LOOPBACK, host.lower(), *(name.lower() for name in further)}
