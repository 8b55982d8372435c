"""Delivering requests to a target: concurrency, pace, faults, and one outcome for each attempt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

from hookproof.delivery.faults import Transmission
from hookproof.delivery.targets import Target
from hookproof.delivery.wire import Answer, Connection, WireError, head
from hookproof.request import SignedRequest

PIECES = 10
"""In how many pieces a slow body is sent."""


@dataclass(slots=True)
class Attempt:
    """One HTTP request of a delivery, and what came of it.

    Attributes:
        sent: what was sent, with the faults that were applied.
        answer: the receiver's answer, or None where there was none.
        trouble: why there was none, in words; empty otherwise.
        elapsed: seconds from the first byte sent to the end of the answer.
    """

    request: SignedRequest
    sent: Transmission
    answer: Answer | None = None
    trouble: str = ""
    kind: str = ""
    elapsed: float = 0

    @property
    def accepted(self) -> bool:
        """Whether the receiver answered with one of the 2xx."""
        return self.answer is not None and self.answer.accepted


@dataclass
class Courier:
    """Delivers requests to one target and keeps connections open between them.

    Attributes:
        timeout: seconds that connecting, and answering, may take.
        rate: deliveries per second at most, or None.
    """

    target: Target
    concurrency: int = 1
    timeout: float = 10
    rate: float | None = None
    verify_tls: bool = True
    _idle: list[Connection] = field(default_factory=list)

    async def deliver(
        self, requests: Iterable[SignedRequest], plan: Callable[[SignedRequest], Transmission]
    ) -> AsyncIterator[Attempt]:
        """Deliver requests and yield each attempt as it ends; with a concurrency of one, in their order."""
        queue: asyncio.Queue[Attempt | None] = asyncio.Queue()
        gate = asyncio.Semaphore(self.concurrency)

        async def one(request: SignedRequest, sent: Transmission) -> None:
            try:
                for _ in range(0 if sent.dropped else sent.copies):
                    await queue.put(await self.attempt(request, sent))
                if sent.dropped:
                    await queue.put(Attempt(request, sent, trouble="dropped on purpose", kind="dropped"))
            finally:
                gate.release()

        async def all_of_them() -> None:
            tasks: set[asyncio.Task[None]] = set()
            began, number = time.monotonic(), 0
            try:
                for request, sent in _ordered((request, plan(request)) for request in requests):
                    await gate.acquire()
                    if self.rate:
                        await asyncio.sleep(max(0, began + number / self.rate - time.monotonic()))
                    task = asyncio.create_task(one(request, sent))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    number += 1
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()

        feeder = asyncio.create_task(all_of_them())
        feeder.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (attempt := await queue.get()) is not None:
                yield attempt
            await feeder
        finally:
            feeder.cancel()
            self.close()

    async def attempt(self, request: SignedRequest, sent: Transmission) -> Attempt:
        """Send once and wait for the answer; trouble on the wire is part of the outcome, not raised."""
        if sent.delay:
            await asyncio.sleep(sent.delay)
        result = Attempt(request, sent)
        began = time.perf_counter()
        try:
            result.answer = await self._exchange(sent)
        except WireError as error:
            result.trouble, result.kind = str(error), error.trouble
        result.elapsed = time.perf_counter() - began
        return result

    async def _exchange(self, sent: Transmission) -> Answer:
        connection = self._take() or await Connection.open(self.target, self.timeout, self.verify_tls)
        try:
            return await self._on(connection, sent)
        except WireError as error:
            # A receiver may close a connection that it has kept open just as the next request is written.
            if error.trouble not in ("closed", "reset") or connection.used < 2 or sent.cut is not None:
                raise
            return await self._on(await Connection.open(self.target, self.timeout, self.verify_tls), sent)

    async def _on(self, connection: Connection, sent: Transmission) -> Answer:
        connection.begin()
        try:
            await transmit(connection, sent)
            answer = await connection.answer(self.timeout)
        except asyncio.CancelledError:
            connection.close()
            raise
        if connection.open_for_more:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.open_for_more:
                return connection
            connection.close()
        return None

    def close(self) -> None:
        """Close the connections that are kept open."""
        while self._idle:
            self._idle.pop().close()


async def transmit(connection: Connection, sent: Transmission) -> None:
    """Write a request on a connection, in the way that it says.

    Raises:
        WireError: the connection was cut on purpose.
    """
    start = opening(connection.target, sent)
    pieces = _pieces(sent)
    if not sent.pace and sent.cut is None:
        connection.write(start + b"".join(pieces))
        return
    connection.write(start)
    for piece in pieces:
        await asyncio.sleep(sent.pace)
        connection.write(piece)
    if sent.cut is not None:
        await asyncio.sleep(0.01)
        connection.abort()
        raise WireError("reset", f"the connection was reset on purpose after {sent.cut} bytes of the body")


def opening(target: Target, sent: Transmission) -> bytes:
    """Write the request line and headers of what is sent, with ``Host`` in front and the body's framing behind."""
    framing = ("Transfer-Encoding", "chunked") if sent.chunk else ("Content-Length", str(len(sent.body)))
    return head(sent.method, target.path, [("Host", target.authority), *sent.headers, framing])


def _pieces(sent: Transmission) -> list[bytes]:
    """Cut the body into what is written at once."""
    body = sent.body if sent.cut is None else sent.body[: sent.cut]
    if sent.chunk:
        parts = [body[at : at + sent.chunk] for at in range(0, len(body), sent.chunk)]
        return [*(b"%x\r\n%b\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]
    if not sent.pace:
        return [body]
    size = max(1, -(-len(body) // PIECES))
    return [body[at : at + size] for at in range(0, len(body), size)]


def _ordered(
    planned: Iterable[tuple[SignedRequest, Transmission]],
) -> Iterable[tuple[SignedRequest, Transmission]]:
    """Let those that are late change places with the next one."""
    waiting: list[tuple[SignedRequest, Transmission]] = []
    for entry in planned:
        if entry[1].late and not waiting:
            waiting.append(entry)
            continue
        yield entry
        yield from waiting
        waiting.clear()
    yield from waiting
