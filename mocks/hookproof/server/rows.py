"""The rows of the journal: what is kept of a namespace, an integration, an event, a delivery."""

from __future__ import annotations

import orjson

from hookproof.server.event import Event
from hookproof.server.journal import Operation
from hookproof.server.model import Delivery, Document, Integration

EVENT = (
    "INSERT INTO events (namespace, number, name, run, state, due, document) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (namespace, number) DO UPDATE SET state = excluded.state, document = excluded.document"
)
DELIVERY = (
    "INSERT INTO deliveries (namespace, number, integration, event, name, state, due, document)"
    " VALUES (?, ?, ?, ?, ?, 'pending', ?, ?) ON CONFLICT (namespace, number)"
    " DO UPDATE SET event = excluded.event, document = excluded.document"
)
DROPPED = "UPDATE deliveries SET state = 'dropped' WHERE namespace = ? AND number = ?"
BODY = (
    "INSERT INTO bodies (namespace, delivery, body) VALUES (?, ?, ?)"
    " ON CONFLICT (namespace, delivery) DO UPDATE SET body = excluded.body"
)


def namespace_row(name: str, seed: int | str, frozen: float | None) -> Operation:
    """Return what is kept of a namespace itself: its seed, and the time at which it stands still, if it does."""
    document = {"seed": seed, "frozen": frozen}
    return "INSERT OR REPLACE INTO namespaces VALUES (?, ?)", (name, orjson.dumps(document))


def integration_row(namespace: str, integration: Integration, state: str = "") -> Operation:
    """Return what is kept of an integration; of one that is gone, its number alone."""
    document = b"{}" if state == "deleted" else orjson.dumps(integration.document())
    state = state or ("active" if integration.active else "paused")
    return "INSERT OR REPLACE INTO integrations VALUES (?, ?, ?, ?)", (namespace, integration.number, state, document)


def event_row(namespace: str, event: Event) -> Operation:
    """Return what is kept of an event."""
    document = orjson.dumps(event.document())
    return EVENT, (namespace, event.number, event.name, event.run, event.state, event.due, document)


def dropped_row(namespace: str, number: int) -> Operation:
    """Return what marks a delivery as dropped."""
    return DROPPED, (namespace, number)


def delivery_rows(namespace: str, delivery: Delivery) -> list[Operation]:
    """Return what the journal keeps of a delivery that was made, or made anew for a batch."""
    request = delivery.request
    document: Document = {
        "purpose": delivery.purpose,
        "url": delivery.url,
        "method": request.method,
        "headers": request.headers,
        "hidden": delivery.integration.hidden,
        "vendor": request.vendor,
        "revision": request.revision,
        "seed": request.seed,
        "index": request.index,
        "identity": request.identity,
        "faults": [fault.document() for fault in delivery.faults],
        "retries": delivery.retries,
        "created": delivery.created,
    }
    stored = orjson.dumps(document, default=str)
    numbers = (delivery.number, delivery.integration.number, delivery.event)
    row = (namespace, *numbers, request.event or None, delivery.due, stored)
    return [(DELIVERY, row), (BODY, (namespace, delivery.number, request.body))]
