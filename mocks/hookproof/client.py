"""A thin client of the mock vendor server. Each method is one operation of its API and returns what that answers."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from hookproof.errors import HookproofError

Document = dict[str, Any]


class ApiError(HookproofError):
    """The server answered with a problem.

    Attributes:
        status: the status of the answer.
        problem: the problem details (RFC 9457): ``type``, ``title``, ``detail``, ``errors``.
    """

    def __init__(self, status: int, problem: Document) -> None:
        self.status, self.problem = status, problem
        super().__init__(str(problem.get("detail") or f"the server answered {status}"))


class NotEnoughError(HookproofError):
    """There were not as many deliveries in time as were waited for.

    Attributes:
        deliveries: those that there were.
    """

    def __init__(self, wanted: int, seconds: float, deliveries: list[Document]) -> None:
        self.deliveries = deliveries
        states = ", ".join(f"{one['id']} {one['state']}" for one in deliveries) or "none"
        super().__init__(f"waited {seconds:g} seconds for {wanted} deliveries; there are {len(deliveries)}: {states}")


class Client:
    """A namespace of a mock vendor server.

    Args:
        url: where the server is; token: what it asks for, or None.
        namespace: the namespace that everything is about.

    Every method raises :class:`ApiError` when the server answers with a problem, and OSError when it cannot be reached.
    """

    def __init__(self, url: str, token: str | None = None, namespace: str = "default", timeout: float = 90) -> None:
        self.url, self.namespace = url.rstrip("/"), namespace
        self._token, self._timeout = token, timeout
        self._local = threading.local()  # a connection is for one thread

    def within(self, namespace: str) -> Client:
        """Return a client of another namespace of the same server; they share their connections."""
        other = Client(self.url, self._token, namespace, self._timeout)
        other._local = self._local
        return other

    # Integrations

    def integrate(self, vendor: str, url: str, *, manner: Mapping[str, Any] | None = None, **settings: Any) -> Document:
        """Set up a webhook: ``integrate("luciq", url, secret=…)``; the vendor's settings go by keyword."""
        name, _, revision = vendor.partition("@")
        body = {"vendor": name, "settings": {"url": url, **settings}, "manner": dict(manner or {})}
        return self.call("POST", "/v1/integrations", {**body, **({"revision": revision} if revision else {})})

    def change(self, integration: str, **changes: Any) -> Document:
        """Change an integration: ``settings=…``, ``manner=…``, ``state="paused"``, ``name=…``."""
        return self.call("PATCH", f"/v1/integrations/{quote(integration)}", changes)

    def remove(self, integration: str) -> None:
        """Take an integration away."""
        self.call("DELETE", f"/v1/integrations/{quote(integration)}")

    def test(self, integration: str) -> Document:
        """Send a test delivery."""
        return self.call("POST", f"/v1/integrations/{quote(integration)}/test")

    # Events

    def trigger(self, event: str, count: int = 1, **options: Any) -> list[Document]:
        """Let something happen: ``trigger("luciq.crash", group="login", count=3)``; returns the events."""
        events: list[Document] = self.call("POST", "/v1/events", {"event": event, "count": count, **options})["events"]
        return events

    def run(self, scenario: str | Mapping[str, Any], **options: Any) -> Document:
        """Run a scenario: one that comes with hookproof, by name, or one of your own."""
        return self.call("POST", "/v1/runs", {"scenario": scenario, **options})

    # Deliveries

    def deliveries(self, least: int = 0, wait: float = 5, **filters: Any) -> list[Document]:
        """Return deliveries; wait for the given number of them to be done.

        Args:
            least: how many to wait for; wait: for how many seconds, at most 60.
            filters: ``integration``, ``event``, ``state``, ``after``, ``limit``.

        Raises:
            NotEnoughError: there were not so many in time.
        """
        query = {"min": least, "wait": wait, "limit": 1000, **filters}
        found = self.call("GET", f"/v1/deliveries?{urlencode(query)}")
        deliveries: list[Document] = found["deliveries"]
        if not found["enough"]:
            raise NotEnoughError(least, wait, deliveries)
        return deliveries

    def delivery(self, delivery: str, attempts: int = 0, wait: float = 5) -> Document:
        """Return a delivery, once so many of its attempts have ended."""
        query = urlencode({"attempts": attempts, "wait": wait})
        return self.call("GET", f"/v1/deliveries/{quote(delivery)}?{query}")

    def redeliver(self, delivery: str, wait: float = 5) -> Document:
        """Send the same bytes once more; returns the delivery when that attempt has ended."""
        before = self.call("POST", f"/v1/deliveries/{quote(delivery)}/redeliver")
        return self.delivery(delivery, self._ended(before) + 1, wait)

    @staticmethod
    def _ended(delivery: Document) -> int:
        return sum(attempt["state"] != "sending" for attempt in delivery["attempts"])

    # Time

    def clock(self) -> Document:
        """Return what time it is."""
        return self.call("GET", "/v1/clock")

    def freeze(self, at: str | None = None) -> Document:
        """Let time stand still, at a moment (ISO 8601) or now."""
        return self.call("PUT", "/v1/clock", {"frozen": True, **({"at": at} if at else {})})

    def release(self) -> Document:
        """Let time run again."""
        return self.call("PUT", "/v1/clock", {"frozen": False})

    def advance(self, by: float | str | None = None, *, to: str | None = None) -> Document:
        """Let frozen time go on: by ``"2d 4h"`` or seconds, to a moment, or (without both) until all has happened."""
        return self.call("POST", "/v1/clock/advance", {"by": by} if by is not None else {"to": to or "idle"})

    # The namespace

    def seed(self, seed: int | str) -> Document:
        """Choose the seed that decides on all that is drawn."""
        return self.call("PATCH", "/v1/namespace", {"seed": seed})

    def reset(self) -> None:
        """Empty the namespace."""
        self.call("POST", "/v1/reset")

    def delete(self) -> None:
        """Forget the namespace."""
        self.call("DELETE", "/v1/namespace")

    # The wire

    def call(self, method: str, path: str, body: Any = None) -> Document:
        """Call an operation of the API; returns what it answers, an empty object for nothing.

        Raises:
            ApiError: the server answered with a problem.
            OSError: it cannot be reached.
        """
        headers = {"Hookproof-Namespace": self.namespace}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        try:
            status, answer = self._exchange(method, path, data, headers)
        except http.client.HTTPException as error:
            raise ConnectionError(f"{self.url} did not answer as an HTTP server: {error!r}") from error
        document: Document = json.loads(answer) if answer else {}
        if status >= 400:
            raise ApiError(status, document)
        return document

    def _exchange(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection, kept = self._connection()
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if not kept or method == "POST":  # a kept connection may have been closed meanwhile; nothing is done twice
                raise
            connection, _ = self._connection()
            connection.request(method, path, data, headers)
            response = connection.getresponse()
        return response.status, response.read()

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            return kept, True
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._local.connection = kind(parts.hostname or "", parts.port, timeout=self._timeout)
        return self._local.connection, False

    def close(self) -> None:
        """Close the connection of this thread."""
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            kept.close()
            self._local.connection = None


@contextmanager
def mock_vendors(**options: Any) -> Iterator[Client]:
    """Run a mock vendor server in a thread of this process; yields a client of its default namespace.

    Args:
        options: the fields of :class:`hookproof.server.running.Config`, such as ``db``.

    Raises:
        HookproofError: it cannot start.
    """
    from hookproof.server.running import Config, in_thread

    with in_thread(Config(**options)) as running:
        client = Client(running.url, running.token)
        try:
            yield client
        finally:
            client.close()
