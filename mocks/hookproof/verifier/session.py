"""A verification from the first question to the report."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hookproof.contracts.library import Library
from hookproof.contracts.model import Contract, Event
from hookproof.delivery.targets import resolve
from hookproof.errors import UsageError
from hookproof.generator import Generator, Options
from hookproof.verifier import catalogue
from hookproof.verifier.model import Report
from hookproof.verifier.observer import Observer
from hookproof.verifier.process import PORT, Process, free_port
from hookproof.verifier.runner import Progress, run
from hookproof.verifier.world import Settings, World


@dataclass(frozen=True)
class Request:
    """What a user asks to be verified.

    Attributes:
        url: the receiver; ``{port}`` in it is replaced by the port that ``start`` gets.
        vendor: ``luciq`` or ``luciq@2025-09``.
        events: kinds of events that the receiver takes; all of the vendor's by default.
        observe: a URL whose GET answers with a JSON array of what was stored.
        start: a command that serves the receiver.
        only, skip: ids, groups or levels of checks.
        allow: hosts and networks that may be sent to, besides loopback.
    """

    url: str
    vendor: str
    options: Options = field(default_factory=Options)
    events: Sequence[str] = ()
    observe: str | None = None
    start: str | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    allow: Sequence[str] = ()
    seed: int | str = 0
    timeout: float = 5
    slow: float = 3
    verify_tls: bool = True


async def verify(asked: Request, library: Library, progress: Progress = lambda _: None) -> Report:
    """Verify a receiver.

    Raises:
        UsageError: the request makes no sense.
        TargetError: nothing may be sent there.
        VerifierError: the receiver cannot be reached, started or observed.
    """
    vendor, _, revision = asked.vendor.partition("@")
    contract = library.contract(vendor, revision or None)
    wanted = catalogue.select(asked.only, asked.skip)
    settings = Settings(
        contract=contract,
        events=_events(contract, asked.events),
        options=asked.options,
        seed=asked.seed,
        timeout=asked.timeout,
        slow=asked.slow,
        verify_tls=asked.verify_tls,
    )
    Generator(contract, settings.events[0], 0, asked.options)  # raises if secret or credentials do not fit
    url, observe, process = asked.url, asked.observe, None
    if asked.start is not None:
        port = free_port() if PORT in url else urlsplit(url).port or 80
        url, observe = url.replace(PORT, str(port)), observe and observe.replace(PORT, str(port))
        process = Process(asked.start, urlsplit(url).hostname or "127.0.0.1", port, asked.options.secret)
    elif PORT in url:
        raise UsageError("{port} in the URL goes with --start, which decides the port")
    observer = Observer(await resolve(observe, asked.allow), asked.timeout) if observe else None
    world = World(settings, await resolve(url, asked.allow), observer, process)
    return await run(world, wanted, progress)


def verify_now(asked: Request, library: Library, progress: Progress = lambda _: None) -> Report:
    """Verify from code that is not asynchronous; an interruption leaves a partial report. Raises as above."""

    async def interruptible() -> Report:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(verify(asked, library, progress))
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # a thread, or Windows: no signals
            loop.add_signal_handler(signal.SIGINT, task.cancel)
        return await task

    return asyncio.run(interruptible())


def _events(contract: Contract, kinds: Sequence[str]) -> list[Event]:
    if not kinds:
        return list(contract.events.values())
    return [contract.event(kind.removeprefix(f"{contract.vendor}.")) for kind in kinds]
