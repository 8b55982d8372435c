"""How integrations, deliveries and attempts are shown: what is secret is masked, the rest is there byte for byte."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from hookproof.server.clock import text
from hookproof.server.lane import KEPT_ANSWER
from hookproof.server.model import Document, Integration
from hookproof.server.settings import MASK, masked

Row = Any


def integration(one: Integration) -> Document:
    """Show an integration."""
    return {
        "id": one.id,
        "vendor": one.contract.vendor,
        "revision": one.contract.revision,
        "name": one.name,
        "state": "active" if one.active else "paused",
        "settings": masked(one.contract, one.settings),
        "manner": one.manner.document(),
        "created": text(one.created),
    }


def delivery(row: Row, attempts: Iterable[Row]) -> Document:
    """Show a delivery from its row, and those of its attempts."""
    stored = orjson.loads(row["document"])
    request = {
        "method": stored["method"],
        "url": stored["url"],
        "headers": headers(stored["headers"], stored["hidden"]),
        **content(row["body"]),
    }
    return {
        "id": f"delivery-{row['number']}",
        "integration": f"integration-{row['integration']}",
        "event": None if row["event"] is None else f"event-{row['event']}",
        "name": row["name"],
        "purpose": stored["purpose"],
        "state": row["state"],
        "vendor": stored["vendor"],
        "revision": stored["revision"],
        "identity": stored["identity"],
        "due": text(row["due"]),
        "created": text(stored["created"]),
        "faults": stored["faults"],
        "retries": stored["retries"],
        "request": request,
        "attempts": [attempt(entry, stored, request) for entry in attempts],
    }


def attempt(row: Row, stored: Document, request: Document) -> Document:
    """Show an attempt: its request is the delivery's, but for what a fault has changed."""
    changed = orjson.loads(row["document"])
    sent = dict(request)
    if "headers" in changed:
        sent["headers"] = headers(changed["headers"], stored["hidden"])
    if row["body"] is not None:
        sent = {name: value for name, value in sent.items() if not name.startswith("body")} | content(row["body"])
    outcome = orjson.loads(row["answer"]) if row["answer"] else {}
    return {
        "number": row["number"],
        "state": row["state"],
        "started": text(row["started"]),
        "elapsed": outcome.get("elapsed"),
        "faults": changed.get("faults", []),
        "request": sent,
        "response": _response(outcome, row["answer_body"]) if "status" in outcome else None,
        "trouble": outcome.get("trouble"),
    }


def _response(outcome: Document, body: bytes | None) -> Document:
    return {
        "status": outcome["status"],
        "reason": outcome["reason"],
        "headers": outcome["headers"],
        **content(body or b""),
        "truncated": outcome.get("bytes", 0) > KEPT_ANSWER,
    }


def headers(given: Sequence[Sequence[str]], hidden: Iterable[str]) -> list[list[str]]:
    """Show headers; the values of those that are secret are masked."""
    names = {name.lower() for name in hidden}
    return [[name, MASK if name.lower() in names else value] for name, value in given]


def content(body: bytes) -> dict[str, str]:
    """Show bytes: as text where they are UTF-8, else in Base64."""
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode("ascii")}
