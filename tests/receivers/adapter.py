"""What the Python frameworks share: the decisions of the reference receiver, and options from the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable, Iterable
from email.message import Message
from typing import Any

from reference import Receiver

LIMIT = Receiver.limit


def from_arguments() -> tuple[Receiver, int]:
    """Return the receiver and the port that the command line asks for."""
    parser = argparse.ArgumentParser()
    for name in ("vendor", "port", "secret", "basic", "db"):
        parser.add_argument(f"--{name}", default="")
    given = parser.parse_args()
    return Receiver(given.vendor, given.secret, given.basic, given.db or None), int(given.port)


def decide(receiver: Receiver, method: str, headers: Iterable[tuple[str, str]], body: bytes) -> tuple[int, bytes, str]:
    """Answer a delivery."""
    message = Message()
    for name, value in headers:
        message[name] = value
    return receiver.receive(method, message, body)


def events(receiver: Receiver) -> str:
    """Return what was stored, as JSON."""
    return json.dumps(receiver.shown())


def limited(app: Any) -> Any:
    """Refuse bodies that are announced too large before any of them is read: ASGI frameworks read first."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        length = dict(scope.get("headers", [])).get(b"content-length", b"0")
        if scope["type"] == "http" and (not length.isdigit() or int(length) > LIMIT):
            await send({"type": "http.response.start", "status": 413, "headers": [(b"connection", b"close")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return wrapped
