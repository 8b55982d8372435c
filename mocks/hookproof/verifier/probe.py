"""What a check works with: its own events, ways to send them, and expectations that end the check when they fail."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hookproof.delivery.engine import transmit
from hookproof.delivery.faults import Transmission
from hookproof.delivery.wire import Answer, Connection, WireError
from hookproof.request import SignedRequest
from hookproof.verifier.evidence import exchange
from hookproof.verifier.maker import Maker, plain
from hookproof.verifier.model import Exchange, Failed, Undecided
from hookproof.verifier.observer import count
from hookproof.verifier.world import World


@dataclass(slots=True)
class Sent:
    """One exchange of a check, as it happened.

    Attributes:
        what: what was sent, in words, as in *an event without a signature*.
    """

    what: str
    request: SignedRequest | None
    answer: Answer | None
    trouble: str
    kind: str
    evidence: Exchange

    @property
    def accepted(self) -> bool:
        """Whether it was answered 2xx."""
        return self.answer is not None and self.answer.accepted

    @property
    def outcome(self) -> str:
        """What came back, in words."""
        return f"answered {self.answer.status}" if self.answer else self.trouble


class Probe(Maker):
    """One check's view of the receiver."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world.settings, name)
        self.world = world
        self.last: Exchange | None = None
        self.remark = ""

    # sending
    async def send(
        self, what: str, request: SignedRequest | Transmission, of: SignedRequest | None = None, crowd: bool = False
    ) -> Sent:
        """Send a request on a connection of its own and wait for the answer.

        Args:
            what: what is sent, in words.
            request: what is sent; with a transmission, ``of`` is the request it was made from.
            crowd: do not wait until fewer requests are under way.

        Raises:
            Undecided: the receiver has stopped answering altogether.
        """
        sent = request if isinstance(request, Transmission) else plain(request)
        origin = request if isinstance(request, SignedRequest) else of
        async with contextlib.nullcontext() if crowd else self.world.gate:
            self._alive()
            began = time.perf_counter()
            answer, trouble, kind = await self._exchange(sent)
            elapsed = time.perf_counter() - began
        result = self.note(what, sent, answer, trouble, kind, origin)
        if kind == "timeout":
            await self._still_there()
        if result.accepted and not sent.pace and elapsed > self.world.slowest[0]:
            self.world.slowest = (elapsed, result.evidence)
        return result

    def note(
        self,
        what: str,
        sent: Transmission,
        answer: Answer | None,
        trouble: str = "",
        kind: str = "",
        origin: SignedRequest | None = None,
    ) -> Sent:
        """Keep an exchange as evidence."""
        hidden = [self.settings.options.secret or "", self.settings.options.basic or ""]
        hidden += [value for _, value in self.settings.options.headers]
        self.last = exchange(sent, self.world.target.url, answer, trouble, hidden)
        if answer is not None:
            self.world.answers.append((answer, self.last))
        return Sent(what, origin, answer, trouble, kind, self.last)

    async def connect(self) -> Connection:
        """Open a connection for checks that write bytes themselves."""
        self._alive()
        return await Connection.open(self.world.target, self.settings.timeout, self.settings.verify_tls)

    async def _exchange(self, sent: Transmission) -> tuple[Answer | None, str, str]:
        connection = None
        try:
            connection = await Connection.open(self.world.target, self.settings.timeout, self.settings.verify_tls)
            await transmit(connection, sent)
            return await connection.answer(self.settings.timeout), "", ""
        except WireError as error:
            return None, str(error), error.trouble
        finally:
            if connection is not None:
                connection.close()

    def _alive(self) -> None:
        if self.world.hangs:
            raise Undecided(self.world.hangs)

    async def _still_there(self) -> None:
        """After a timeout: find out once whether anything is answered at all, so that nobody else has to wait."""
        answer, _, kind = await self._exchange(plain(self.genuine()))
        if answer is None and kind == "timeout" and not self.world.hangs:
            self.world.hangs = f"the receiver stopped answering during the check {self.name}"

    # expecting
    def expect_accepted(self, sent: Sent) -> None:
        """Fail unless it was answered 2xx.

        Raises:
            Undecided: plain events are not accepted either, so this one says nothing.
        """
        if sent.accepted:
            return
        if not self.world.accepts:
            raise Undecided("a plain genuine event is not accepted either; see event-accepted", sent.evidence)
        raise Failed(f"{sent.what} was {_said(sent)}; expected 2xx", sent.evidence)

    def expect_refused(self, sent: Sent) -> None:
        """Fail unless it was answered 4xx."""
        if sent.answer is not None and 400 <= sent.answer.status <= 499:
            return
        raise Failed(f"{sent.what} was {_said(sent)}; expected 4xx", sent.evidence)

    def expect_survived(self, sent: Sent) -> None:
        """Fail where it was a crash, a hang or a broken connection: no answer, or one of the 5xx."""
        if sent.answer is not None and 200 <= sent.answer.status <= 499:
            return
        raise Failed(f"{sent.what} was {_said(sent)}; expected any 2xx or 4xx", sent.evidence)

    async def expect_stored(self, sent: Sent, request: SignedRequest | None = None) -> None:
        """Fail unless an accepted event is in the observed records exactly once; nothing without an observer."""
        origin = request or sent.request
        observer = self.world.observer
        if observer is None or origin is None or not sent.accepted or not self.world.stores:
            return
        identity = origin.identity
        records = await observer.until(lambda found: count(found, identity) >= 1, self.settings.patience)
        found = count(records, identity)
        if found != 1:
            seen = "lost" if found == 0 else f"stored {found} times"
            raise Failed(f"{sent.what} was answered {sent.outcome.split()[-1]} and {seen}", sent.evidence)

    async def expect_absent(self, sent: Sent, request: SignedRequest | None = None) -> None:
        """Fail if a refused event is in the observed records after all; nothing without an observer."""
        origin = request or sent.request
        observer = self.world.observer
        if observer is None or origin is None or sent.accepted:
            return
        await asyncio.sleep(0.1)
        if count(await observer.records(time.monotonic()), origin.identity):
            raise Failed(f"{sent.what} was refused, and stored all the same", sent.evidence)

    async def expect_exact(self, sent: Sent, request: SignedRequest, right: str, wrong: tuple[str, ...]) -> None:
        """Fail if the observed record of an accepted event holds one of the wrong texts and not the right one."""
        observer = self.world.observer
        if observer is None or not sent.accepted or not self.world.stores:
            return
        identity = request.identity
        records = await observer.until(lambda found: count(found, identity) >= 1, self.settings.patience)
        mine = [record for record in records if count([record], identity)] or records[-20:]
        if any(right in record for record in mine):
            return
        if any(text in record for record in mine for text in wrong):
            raise Failed(f"{sent.what} was accepted, and is not in the records as it was sent", sent.evidence)
        await self.expect_stored(sent, request)

    async def each(self, work: Iterable[Any], one: Callable[[Any], Awaitable[None]], at_once: int = 4) -> None:
        """Do the same for many, a few at a time; the first failure, in their order, ends the check."""
        gate = asyncio.Semaphore(at_once)

        async def guarded(item: Any) -> BaseException | None:
            async with gate:
                try:
                    await one(item)
                except (Failed, Undecided) as verdict:
                    return verdict
            return None

        verdicts = await asyncio.gather(*(guarded(item) for item in work))
        ended = [verdict for verdict in verdicts if verdict is not None]
        if ended:
            raise min(ended, key=lambda verdict: isinstance(verdict, Undecided))


def _said(sent: Sent) -> str:
    if sent.answer is None:
        return f"not answered ({sent.trouble})"
    where = sent.answer.header("Location")
    return f"answered {sent.answer.status}" + (f" to {where[:100]!r}" if where and sent.answer.status < 400 else "")
