"""Deliveries: looked at, waited for, sent again, and followed as a stream."""

from __future__ import annotations

from typing import Any

from hookproof.server import views
from hookproof.server.feed import READERS
from hookproof.server.host import delivery_of
from hookproof.server.journal import DELIVERIES, FINAL
from hookproof.server.model import Document
from hookproof.server.namespace import Namespace
from hookproof.server.operations.call import Call, Reply, numbered
from hookproof.server.problem import Problem


async def list_deliveries(call: Call) -> Reply:
    """List deliveries; with ``min`` and ``wait``, wait until there are so many."""
    namespace, given = call.namespace, call.arguments
    where, values = _condition(namespace, given)
    least, enough = given.get("min", 0), True
    if least:
        sought = where if "state" in given else f"{where} AND state IN {FINAL}"
        enough = await namespace.feed.until(lambda: _count(namespace, sought, values) >= least, given.get("wait", 0))
    query = f"{DELIVERIES} AND {where} ORDER BY number LIMIT ?"
    rows = namespace.setup.journal.rows(query, *values, given["limit"])
    found = [views.delivery(row, _attempts(namespace, row["number"])) for row in rows]
    return Reply({"deliveries": found, "matching": _count(namespace, where, values), "enough": enough})


async def show_delivery(call: Call) -> Reply:
    """Show one; with ``attempts`` and ``wait``, wait until so many attempts have ended."""
    namespace, given = call.namespace, call.arguments
    number = _number(namespace, given["delivery"])

    def enough() -> bool:
        ended = [row for row in _attempts(namespace, number) if row["state"] != "sending"]
        return len(ended) >= int(given.get("attempts", 0))

    await namespace.feed.until(enough, given.get("wait", 0))
    return Reply(shown(namespace, number))


async def redeliver(call: Call) -> Reply:
    """Send the same bytes once more."""
    namespace = call.namespace
    number = _number(namespace, call.arguments["delivery"])
    row = _row(namespace, number)
    if row is None or row["integration"] not in namespace.integrations:
        raise Problem("conflict", f"the integration of {call.arguments['delivery']} is gone")
    if number in namespace.pending:
        raise Problem("conflict", f"{call.arguments['delivery']} is still on its way")
    delivery = delivery_of(namespace, row)
    if delivery.purpose == "verify":
        raise Problem("conflict", "a verify request is sent when an address is set, not again")
    delivery.faults, delivery.retries, delivery.state = (), (), "again"
    namespace.pending[number] = delivery
    namespace.lane(delivery.integration).push(delivery)
    return Reply(shown(namespace, number), 202, {"Location": f"/v1/deliveries/{delivery.id}"})


async def show_request(call: Call) -> Reply:
    """Return the body that an attempt has sent."""
    number, attempt = _attempt(call)
    row = _row(call.namespace, number)
    body = attempt["body"] if attempt["body"] is not None else row["body"]
    return Reply(body, media_type="application/octet-stream")


async def show_response(call: Call) -> Reply:
    """Return the body that an attempt was answered with."""
    _, attempt = _attempt(call)
    if attempt["answer_body"] is None:
        raise Problem("not-found", "this attempt was not answered")
    return Reply(attempt["answer_body"], media_type="application/octet-stream")


async def stream(call: Call) -> Reply:
    """Return everything that happens, as it happens."""
    last = call.headers.get("last-event-id", "")
    if call.namespace.feed.readers >= READERS:
        raise Problem("limit", f"{READERS} streams of news are being read in this namespace already")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else None
    return Reply(call.namespace.feed.stream(after), media_type="text/event-stream")


def shown(namespace: Namespace, number: int) -> Document:
    """Show a delivery.

    Raises:
        Problem: there is none.
    """
    row = _row(namespace, number)
    if row is None:
        raise Problem("not-found", f"there is no delivery-{number} in the namespace {namespace.name!r}")
    return views.delivery(row, _attempts(namespace, number))


def _condition(namespace: Namespace, given: Document) -> tuple[str, list[Any]]:
    conditions = ["namespace = ?"]
    values: list[Any] = [namespace.name]
    if "integration" in given:
        conditions.append("integration = ?")
        values.append(namespace.integration(given["integration"]).number)
    if "event" in given:
        number = numbered(given["event"], "event")
        conditions.append("event = ?" if number else "name = ?")
        values.append(number or given["event"])
    if "after" in given:
        conditions.append("number > ?")
        values.append(numbered(given["after"], "delivery"))
    state = given.get("state")
    if state == "done":
        conditions.append(f"state IN {FINAL}")
    elif state:
        conditions.append("state = ?")
        values.append(state)
    return " AND ".join(conditions), values


def _count(namespace: Namespace, where: str, values: list[Any]) -> int:
    query = f"SELECT count(*) AS found FROM deliveries WHERE {where}"  # noqa: S608 (conditions are ours)
    return int(namespace.setup.journal.rows(query, *values)[0]["found"])


def _attempts(namespace: Namespace, number: int) -> list[Any]:
    query = "SELECT * FROM attempts WHERE namespace = ? AND delivery = ? ORDER BY number"
    return namespace.setup.journal.rows(query, namespace.name, number)


def _row(namespace: Namespace, number: int) -> Any:
    query = f"{DELIVERIES} AND namespace = ? AND number = ?"
    return next(iter(namespace.setup.journal.rows(query, namespace.name, number)), None)


def _number(namespace: Namespace, identifier: str) -> int:
    number = numbered(identifier, "delivery")
    if not number or _row(namespace, number) is None:
        raise Problem("not-found", f"there is no {identifier[:60]!r} in the namespace {namespace.name!r}")
    return number


def _attempt(call: Call) -> tuple[int, Any]:
    number = _number(call.namespace, call.arguments["delivery"])
    found = [row for row in _attempts(call.namespace, number) if row["number"] == call.arguments["attempt"]]
    if not found:
        raise Problem("not-found", f"{call.arguments['delivery']} has no attempt {call.arguments['attempt']}")
    return number, found[0]
