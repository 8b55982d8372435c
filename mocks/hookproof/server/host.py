"""All namespaces of a server: found, made when first used, expired when unused, and brought back after a restart."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from typing import Any

import orjson

from hookproof.errors import HookproofError
from hookproof.request import SignedRequest
from hookproof.server.event import Event
from hookproof.server.journal import DELIVERIES, FINAL
from hookproof.server.model import Delivery, Fault, Integration, Manner
from hookproof.server.namespace import Namespace, Setup
from hookproof.server.problem import Problem

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEFAULT = "default"


class Host:
    """The namespaces of a server.

    Args:
        expire: seconds of real time after which an unused namespace is forgotten.
        most: how many there may be.
    """

    def __init__(self, setup: Setup, expire: float = 3600, most: int = 1000) -> None:
        self.setup, self.expire, self.most = setup, expire, most
        self.namespaces: dict[str, Namespace] = {}
        self.stopping = False

    def namespace(self, name: str) -> Namespace:
        """Return a namespace; it is made when it is used for the first time.

        Raises:
            Problem: it cannot have that name, or there are too many.
        """
        if not NAME.fullmatch(name):
            raise Problem(
                "invalid", "a namespace has 1 to 64 letters, digits, dots, dashes and underscores as its name"
            )
        found = self.namespaces.get(name)
        if found is None:
            if len(self.namespaces) >= self.most:
                raise Problem("limit", f"there are {self.most} namespaces already; delete one that is not needed")
            found = self.namespaces[name] = Namespace(name, self.setup)
        found.used = time.time()
        return found

    async def remove(self, name: str) -> None:
        """Forget a namespace and all that is in it.

        Raises:
            Problem: there is none of that name.
        """
        found = self.namespaces.pop(name, None)
        if found is None:
            raise Problem("not-found", f"there is no namespace {name[:64]!r}")
        found.stop()
        found.feed.close()
        await self.setup.journal.save(*self.setup.journal.forget(name, name=True))

    async def sweep(self) -> None:
        """Forget the namespaces that were not used for long and have nothing left to do."""
        before = time.time() - self.expire
        unused = [
            one for one in self.namespaces.values() if one.used < before and not one.pending and not one.scheduled
        ]
        for namespace in unused:
            await self.remove(namespace.name)

    async def drain(self, seconds: float) -> None:
        """Let what is due be delivered, for at most so long, then stop."""
        self.stopping = True
        try:
            async with asyncio.timeout(seconds):
                for namespace in list(self.namespaces.values()):
                    await namespace.settled()
        except TimeoutError:
            pass
        ending: set[asyncio.Task[None]] = set()
        for namespace in self.namespaces.values():
            ending |= namespace.stop()
            namespace.feed.close()
        await asyncio.gather(*ending, return_exceptions=True)
        await asyncio.sleep(0)  # connections that were closed go away with the next turn of the loop

    def restore(self) -> None:
        """Bring back what the journal holds; what was under way when the server ended is sent again."""
        journal = self.setup.journal
        journal.write(("UPDATE attempts SET state = 'interrupted' WHERE state = 'sending'", ()))
        for row in journal.rows("SELECT name, document FROM namespaces"):
            stored = orjson.loads(row["document"])
            namespace = self.namespace(row["name"])
            namespace.seed = stored["seed"]
            if stored["frozen"] is not None:
                namespace.clock.freeze(stored["frozen"])
            self._integrations(namespace)
            self._numbers(namespace)
            self._events(namespace)
            self._deliveries(namespace)

    def _integrations(self, namespace: Namespace) -> None:
        query = "SELECT number, state, document FROM integrations WHERE namespace = ? ORDER BY number"
        for row in self.setup.journal.rows(query, namespace.name):
            namespace.numbers["integration"] = row["number"]
            if row["state"] == "deleted":
                continue
            stored = orjson.loads(row["document"])
            try:
                contract = self.setup.library.contract(stored["vendor"], stored["revision"])
            except HookproofError:  # its contract is not there any more: it cannot be played
                continue
            manner = Manner.read(stored["manner"])
            integration = Integration(
                row["number"], contract, stored["settings"], manner, stored["created"], stored["name"],
                row["state"] == "active", stored["former"],
            )  # fmt: skip
            dues = "SELECT due FROM deliveries WHERE namespace = ? AND integration = ? ORDER BY due DESC LIMIT 100"
            recent = self.setup.journal.rows(dues, namespace.name, row["number"])
            integration.sent = deque(sorted(entry["due"] for entry in recent))
            namespace.integrations[integration.number] = integration

    def _numbers(self, namespace: Namespace) -> None:
        tables = {"event": "events", "delivery": "deliveries"}
        for kind, table in tables.items():
            query = f"SELECT max(number) AS newest FROM {table} WHERE namespace = ?"  # noqa: S608 (ours)
            namespace.numbers[kind] = self.setup.journal.rows(query, namespace.name)[0]["newest"] or 0

    def _events(self, namespace: Namespace) -> None:
        query = "SELECT document FROM events WHERE namespace = ? ORDER BY number"
        for row in self.setup.journal.rows(query, namespace.name):
            event = Event.of(orjson.loads(row["document"]))
            key = (event.name, event.seed)
            namespace.indexes[key] = max(namespace.indexes.get(key, 0), event.index + 1)
            seen, first = namespace.threads.get((event.name, event.thread), (0, event.first))
            namespace.threads[event.name, event.thread] = max(seen, event.seen), min(first, event.first)
            if event.run:
                run = int(event.run.rpartition("-")[2])
                namespace.numbers["run"] = max(namespace.numbers.get("run", 0), run)
            if event.state == "scheduled":
                namespace.plan(event)

    def _deliveries(self, namespace: Namespace) -> None:
        query = f"{DELIVERIES} AND namespace = ? AND state NOT IN {FINAL} ORDER BY due, number"
        for row in self.setup.journal.rows(query, namespace.name):
            if row["integration"] in namespace.integrations and orjson.loads(row["document"])["purpose"] != "verify":
                namespace.start(delivery_of(namespace, row))


def delivery_of(namespace: Namespace, row: Any) -> Delivery:
    """Return a delivery that the journal holds, ready to be sent.

    Raises:
        KeyError: its integration is gone.
    """
    stored = orjson.loads(row["document"])
    request = SignedRequest(
        stored["vendor"], row["name"] or "", stored["revision"], stored["seed"], stored["index"], stored["method"],
        [(name, value) for name, value in stored["headers"]], row["body"], {},
    )  # fmt: skip
    made = namespace.setup.journal.rows(
        "SELECT count(*) AS made FROM attempts WHERE namespace = ? AND delivery = ?", namespace.name, row["number"]
    )
    return Delivery(
        number=row["number"],
        integration=namespace.integrations[row["integration"]],
        event=row["event"],
        purpose=stored["purpose"],
        request=request,
        url=stored["url"],
        faults=tuple(Fault(**entry) for entry in stored["faults"]),
        retries=tuple(stored["retries"]),
        created=stored["created"],
        due=row["due"],
        attempts=made[0]["made"],
        state=row["state"],
    )
