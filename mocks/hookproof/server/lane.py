"""A lane: the deliveries of one integration on their way, each attempt in the journal before it is on the wire."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from hookproof.delivery.engine import Attempt, Courier
from hookproof.delivery.faults import Transmission
from hookproof.delivery.targets import resolve
from hookproof.delivery.wire import Answer
from hookproof.errors import TargetError, UsageError
from hookproof.server.clock import Clock
from hookproof.server.feed import Feed
from hookproof.server.journal import AGAIN, Journal, JournalError
from hookproof.server.model import Delivery, Integration

KEPT_ANSWER = 65_536
"""How many bytes of an answer's body are kept."""

LATE = 1.0
"""Seconds after which a delivery that waits for the next one to overtake it is sent even so."""

MARK = (
    "INSERT INTO attempts (namespace, delivery, number, state, started, document, body)"
    " VALUES (?, ?, ?, 'sending', ?, ?, ?)"
)
OUTCOME = (
    "UPDATE attempts SET state = ?, answer = ?, answer_body = ? WHERE namespace = ? AND delivery = ? AND number = ?"
)
UPDATE = "UPDATE deliveries SET state = ?, due = ? WHERE namespace = ? AND number = ?"


class Lane:
    """Sends the deliveries of one integration, in their order where one is sent at a time.

    Args:
        allowed: targets that may be sent to besides loopback.
    """

    def __init__(
        self,
        namespace: str,
        integration: Integration,
        journal: Journal,
        clock: Clock,
        feed: Feed,
        allowed: Sequence[str],
    ) -> None:
        self.integration = integration
        self.idle = asyncio.Event()
        self.idle.set()
        self._namespace, self._journal, self._clock, self._feed = namespace, journal, clock, feed
        self._allowed = allowed
        self._ready: deque[Delivery] = deque()
        self._late: list[Delivery] = []
        self._workers: set[asyncio.Task[None]] = set()
        self._busy = 0
        self._couriers: dict[str, Courier] = {}
        self._closed = False
        self.on_end: Callable[[Delivery], None] = lambda _: None

    def push(self, delivery: Delivery) -> None:
        """Send a delivery as soon as those before it have left."""
        if self._closed:
            return
        self._ready.append(delivery)
        self.idle.clear()
        if self._busy < self.integration.manner.concurrency:
            self._busy += 1
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    def close(self) -> set[asyncio.Task[None]]:
        """Stop; what is under way is broken off. Returns what is still to end."""
        self._closed = True
        self._ready.clear()
        for worker in self._workers:
            worker.cancel()
        self.refresh()
        return set(self._workers)

    def refresh(self) -> None:
        """Forget connections and resolved addresses."""
        for courier in self._couriers.values():
            courier.close()
        self._couriers.clear()

    async def _work(self) -> None:
        try:
            while self._ready and not self._closed:
                delivery = self._ready.popleft()
                if delivery.state not in ("pending", "again") or self._held(delivery):
                    continue
                await self._send(delivery)
                for late in self._late:
                    late.held = True
                    self._ready.append(late)
                self._late.clear()
        finally:
            self._busy -= 1
            if not self._busy:
                self.idle.set()

    def _held(self, delivery: Delivery) -> bool:
        """Hold a delivery back that is to be overtaken by the next one."""
        if delivery.held or delivery.attempts or not any(fault.name == "reorder" for fault in delivery.faults):
            return False
        self._late.append(delivery)

        def anyway() -> None:
            if delivery in self._late:
                self._late.remove(delivery)
                delivery.held = True
                self.push(delivery)

        self._clock.at(self._clock.now() + LATE, anyway)
        return True

    async def _send(self, delivery: Delivery) -> None:
        """Make the next attempt of a delivery, and its copies; plan another one where a retry is due."""
        try:
            sent = delivery.transmission()
        except UsageError as error:
            self._conclude(delivery, "failed", str(error))
            return
        if sent.dropped:
            self._conclude(delivery, "dropped")
            return
        sent.delay = 0  # the clock has waited
        accepted = False
        for _ in range(sent.copies):
            attempt = await self._attempt(delivery, sent)
            accepted = accepted or attempt.accepted
        self._after(delivery, accepted)

    async def _attempt(self, delivery: Delivery, sent: Transmission) -> Attempt:
        delivery.attempts += 1
        number, started = delivery.attempts, self._clock.now()
        document = orjson.dumps(_difference(delivery, sent))
        body = sent.body if sent.body is not delivery.request.body and sent.body != delivery.request.body else None
        await self._marked((MARK, (self._namespace, delivery.number, number, started, document, body)))
        try:
            courier = await self._courier(delivery.url)
            attempt = await courier.attempt(delivery.request, sent)
        except TargetError as error:
            attempt = Attempt(delivery.request, sent, trouble=str(error), kind="target")
        if attempt.kind in ("refused", "tls"):
            self.refresh()
        state = "broken" if attempt.answer is None else "answered"
        self._journal.write((OUTCOME, (state, *_outcome(attempt), self._namespace, delivery.number, number)))
        status = attempt.answer.status if attempt.answer else None
        self._feed.tell(
            "delivery.attempted", delivery=delivery.id, attempt=number, status=status, trouble=attempt.trouble or None
        )
        return attempt

    async def _marked(self, operation: Any) -> None:
        """Write the mark without which nothing is sent, however long that takes."""
        while True:
            try:
                return await self._journal.save(operation)
            except JournalError:
                await asyncio.sleep(AGAIN)

    async def _courier(self, url: str) -> Courier:
        manner = self.integration.manner
        if url not in self._couriers:
            target = await resolve(url, self._allowed)
            self._couriers[url] = Courier(target, timeout=manner.timeout, verify_tls=manner.verify_tls)
        return self._couriers[url]

    def _after(self, delivery: Delivery, accepted: bool) -> None:
        if delivery.state == "again":  # by hand: what was delivered once stays so
            if accepted:
                self._conclude(delivery, "delivered")
            self.on_end(delivery)
            return
        if delivery.state != "pending":  # its integration is gone
            return
        made = delivery.attempts - 1
        if accepted or made >= len(delivery.retries):
            self._conclude(delivery, "delivered" if accepted else "failed")
            return
        delivery.due = self._clock.now() + delivery.retries[made]
        self._journal.write((UPDATE, ("pending", delivery.due, self._namespace, delivery.number)))
        self._clock.at(delivery.due, lambda: self.push(delivery))

    def _conclude(self, delivery: Delivery, state: str, reason: str = "") -> None:
        delivery.state = state
        self._journal.write((UPDATE, (state, delivery.due, self._namespace, delivery.number)))
        self._journal.finished(self._namespace)
        self.on_end(delivery)
        self._feed.tell(f"delivery.{state}", delivery=delivery.id, attempts=delivery.attempts, reason=reason or None)


def _difference(delivery: Delivery, sent: Transmission) -> dict[str, Any]:
    """Return what was sent otherwise than the delivery says; the body is kept apart."""
    document: dict[str, Any] = {}
    if sent.faults:
        document["faults"] = sent.faults
    if sent.headers != delivery.request.headers:
        document["headers"] = sent.headers
    if sent.chunk:
        document["chunk"] = sent.chunk
    if sent.cut is not None:
        document["cut"] = sent.cut
    return document


def _outcome(attempt: Attempt) -> tuple[bytes, bytes | None]:
    answer: Answer | None = attempt.answer
    document: dict[str, Any] = {"elapsed": round(attempt.elapsed, 6)}
    if answer is None:
        return orjson.dumps({**document, "trouble": attempt.trouble, "kind": attempt.kind}), None
    document.update(status=answer.status, reason=answer.reason, headers=answer.headers)
    if len(answer.body) > KEPT_ANSWER:
        document["bytes"] = len(answer.body)
    return orjson.dumps(document), answer.body[:KEPT_ANSWER]
