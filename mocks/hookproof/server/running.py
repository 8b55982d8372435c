"""Running the server: on a free port or a given one, ready when it says so, and ended in good order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookproof.errors import HookproofError, UsageError
from hookproof.server import guard
from hookproof.server.guard import Guard
from hookproof.server.host import Host
from hookproof.server.journal import Journal
from hookproof.server.namespace import Setup

SWEEP = 10.0
"""Seconds between two looks for namespaces that are not used any more."""


@dataclass(frozen=True)
class Config:
    """How a server runs.

    Attributes:
        host, port: where it listens; port 0 is any that is free.
        db: the file of the journal; None keeps it in memory.
        allowed: targets that may be sent to besides loopback.
        token: what the API asks for; made up where the server is not on loopback and none is given.
        hosts: further names under which it may be called.
        public_url: what URLs inside payloads begin with; by default where it listens.
        keep: finished deliveries that each namespace keeps; max_pending: those that may be on their way in one.
        expire: seconds after which an unused namespace is forgotten.
        drain: seconds that deliveries under way have when the server ends.
        contracts: folders of further vendors.
    """

    host: str = "127.0.0.1"
    port: int = 0
    db: Path | None = None
    allowed: Sequence[str] = ()
    token: str | None = None
    hosts: Sequence[str] = ()
    public_url: str | None = None
    keep: int = 10_000
    max_pending: int = 20_000
    expire: float = 3600
    drain: float = 10
    contracts: Sequence[Path] = ()


@dataclass
class Running:
    """A server that accepts events.

    Attributes:
        url: where it is; token: what its API asks for, or None.
        stop: ends it.
    """

    url: str
    token: str | None
    stop: Callable[[], None] = field(repr=False)


async def run(config: Config, on_ready: Callable[[Running], None], signals: bool = True) -> None:
    """Run a server until it is told to end.

    Args:
        on_ready: called once requests are served.
        signals: end on SIGTERM and SIGINT; only the main thread can.

    Raises:
        UsageError: it cannot listen there.
        JournalError: the journal cannot be opened.
    """
    import uvicorn

    from hookproof.contracts import default_library
    from hookproof.server.app import App

    with _listen(config) as listening, contextlib.closing(Journal(config.db, config.keep)) as journal:
        host, port = listening.getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        base = (config.public_url or _reachable(url)).rstrip("/") + "/pages"
        library = default_library(*config.contracts)
        setup = Setup(library, journal, base, tuple(config.allowed), max_pending=config.max_pending)
        world = Host(setup, config.expire)
        token = config.token or (None if guard.is_loopback(config.host) else secrets.token_urlsafe(24))
        app = App(world, Guard(guard.names(config.host, config.hosts), token))
        server = uvicorn_server(
            uvicorn.Config(
                app, log_config=None, lifespan="off", access_log=False, ws="none", http="httptools", loop="asyncio",
                timeout_keep_alive=60, timeout_graceful_shutdown=1, server_header=False, backlog=512,
            )
        )  # fmt: skip
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(_stop, server, world)

        def ready() -> None:
            on_ready(Running(_reachable(url), token, stop))

        world.restore()
        with ended_by(stop) if signals else contextlib.nullcontext():
            await _serve(server, listening, world, ready, config.drain)


def uvicorn_server(config: Any) -> Any:
    """Make a server of uvicorn that leaves signals to us: it would raise them again at its end."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    return Server(config)


async def _serve(server: Any, listening: socket.socket, world: Host, ready: Callable[[], None], drain: float) -> None:
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.001)
    ready()
    sweeping = asyncio.create_task(_sweep(world))
    try:
        await serving
    finally:
        sweeping.cancel()
        await world.drain(drain)


def _stop(server: Any, world: Host) -> None:
    world.stopping = True
    server.should_exit = True
    for namespace in world.namespaces.values():  # those who wait would keep their connections open
        namespace.feed.close()


async def _sweep(world: Host) -> None:
    while True:
        await asyncio.sleep(SWEEP)
        with contextlib.suppress(HookproofError):  # the journal is tried again the next time
            await world.sweep()


def _listen(config: Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        listening = socket.create_server((config.host, config.port), family=family, backlog=512)
        listening.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )  # connections inherit it; asyncio does not set it
        return listening
    except OSError as error:
        reason = "the port is in use" if error.errno == 98 else error.strerror or str(error)
        raise UsageError(f"cannot listen on {config.host} port {config.port}: {reason}") from error
    except OverflowError as error:
        raise UsageError(f"{config.port} is not a port") from error


def _reachable(url: str) -> str:
    """Return the URL under which a server that listens everywhere can be reached from this machine."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


@contextmanager
def ended_by(stop: Callable[[], None]) -> Iterator[None]:
    """Call something on SIGTERM and SIGINT; for the main thread."""
    import signal

    loop = asyncio.get_running_loop()
    names = (signal.SIGTERM, signal.SIGINT)
    for name in names:
        with contextlib.suppress(NotImplementedError):  # on Windows Ctrl-C alone ends it
            loop.add_signal_handler(name, stop)
    try:
        yield
    finally:
        for name in names:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(name)


@contextmanager
def in_thread(config: Config | None = None) -> Iterator[Running]:
    """Run a server in a thread of this process; it is ready when the block begins, and ended when it ends.

    Raises:
        HookproofError: it cannot start.
    """
    started: threading.Event = threading.Event()
    outcome: list[Running | BaseException] = []

    def ready(running: Running) -> None:
        outcome.append(running)
        started.set()

    def work() -> None:
        try:
            asyncio.run(run(config or Config(), ready, signals=False))
        except BaseException as error:
            outcome.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=work, name="hookproof", daemon=True)
    thread.start()
    started.wait()
    first = outcome[0]
    if isinstance(first, BaseException):
        raise first
    try:
        yield first
    finally:
        first.stop()
        thread.join(30)


def announce(running: Running, path: Path) -> None:
    """Write where a server is and what its API asks for into a file that is whole as soon as it is there."""
    import json

    content = json.dumps({"url": running.url, "token": running.token, "pid": os.getpid()}) + "\n"
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(content)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise UsageError(f"cannot write the ready file {path}: {error.strerror}") from error
