"""Compare the mock server with its peers, side by side in one run: ``python benchmarks/compare_server.py``.

Deliveries a second, with the log kept, against a bare client and against Locust's FastHttpUser (group ``comparison``);
the time from the start of the process to the first good answer, against ``http.server`` and, given its program with
``--mountebank``, mountebank. Senders run on one core and the receiver on another; medians and ratios are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from hookproof.client import Client
from hookproof.contracts import default_library
from hookproof.delivery.engine import Courier
from hookproof.delivery.faults import transmission
from hookproof.delivery.targets import resolve
from hookproof.generator import Generator, Options

HERE = Path(__file__).parent
SECRET = "d8yyxj7srjqf5xyih8ay"
WARM_UP, SENDERS = 200, 16


def pinned(core: int, *command: str) -> list[str]:
    """Return a command that runs on one core, where there are two and a way to say so."""
    several = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return ["taskset", "-c", str(core), *command] if several else list(command)


@contextmanager
def sink() -> Iterator[str]:
    """Run the receiver; yields its URL."""
    command = pinned(1, sys.executable, str(HERE / "sink.py"))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        process.communicate()


def served(url: str, count: int, *, db: bool, ready_made: bool) -> float:
    """Deliver with the mock server; ready-made events are created first and then sent in one step of time."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "hookproof", "serve", "--port", "0", "--ready-file", str(ready),
                   "--max-pending", "1000000", *(["--db", str(Path(folder) / "journal.db")] if db else [])]  # fmt: skip
        process = subprocess.Popen(pinned(0, *command), stderr=subprocess.DEVNULL)
        while not ready.exists():
            time.sleep(0.005)
        client = Client(json.loads(ready.read_text())["url"])
        client.integrate("luciq", url, secret=SECRET, manner={"concurrency": SENDERS})
        client.trigger("luciq.crash", WARM_UP)
        client.deliveries(WARM_UP, limit=1)
        if ready_made:
            client.freeze()
            (one,) = client.call("GET", "/v1/integrations")["integrations"]
            client.change(one["id"], manner={"faults": ["delay"]})
            client.trigger("luciq.crash", count)
        began = time.perf_counter()
        if ready_made:
            client.advance(2)
        else:
            client.trigger("luciq.crash", count)
        client.deliveries(WARM_UP + count, limit=1, wait=60)
        rate = count / (time.perf_counter() - began)
        client.close()
        process.terminate()
        process.wait()
    return rate


def bare(url: str, count: int, *, ready_made: bool) -> float:
    """Send with the courier alone: no server, no log."""
    mode = "ready-made" if ready_made else "made"
    command = pinned(0, sys.executable, __file__, "--bare", url, str(count), mode)
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


async def send(url: str, count: int, ready_made: bool) -> float:
    """Do the work of :func:`bare`, in a process of its own."""
    generator = Generator(*default_library().event("luciq.crash"), 0, Options(secret=SECRET))
    made = map(generator.request, range(WARM_UP + count))
    requests = iter(list(made)) if ready_made else made
    courier = Courier(await resolve(url))

    async def work(share: int | None) -> None:
        for number, request in enumerate(requests, 1):
            attempt = await courier.attempt(request, transmission(request, [], None))
            assert attempt.accepted
            if number == share:
                return

    await asyncio.gather(*(work(WARM_UP // SENDERS) for _ in range(SENDERS)))
    began = time.perf_counter()
    await asyncio.gather(*(work(None) for _ in range(SENDERS)))
    return count / (time.perf_counter() - began)


def locust(url: str, count: int, *, ready_made: bool) -> float:
    """Send with Locust."""
    mode = "ready-made" if ready_made else "made"
    command = pinned(0, sys.executable, str(HERE / "locust_sender.py"), url, str(count), mode)
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def start(command: list[str], port: int, path: str) -> float:
    """Return the milliseconds from the start of a process to its first good answer."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1):
                break
        except OSError:
            time.sleep(0.002)
    took = (time.perf_counter() - began) * 1000
    process.terminate()
    process.wait()
    return took


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def starts(mountebank: str | None) -> dict[str, Callable[[], float]]:
    """Return what is started, by name."""

    def with_port(path: str, *command: str) -> Callable[[], float]:
        def once() -> float:
            port = free_port()
            return start([part.replace("PORT", str(port)) for part in command], port, path)

        return once

    serve = str(Path(sys.executable).with_name("hookproof"))
    found = {
        "hookproof serve": with_port("/ready", serve, "serve", "--port", "PORT"),
        "python -m http.server": with_port("/", sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "PORT"),
    }
    if mountebank:
        pid = str(Path(tempfile.gettempdir()) / "mountebank-PORT.pid")
        found["mountebank"] = with_port("/imposters", mountebank, "--port", "PORT", "--nologfile", "--pidfile", pid)
    return found


def table(title: str, unit: str, runs: dict[str, Callable[[], float]], rounds: int) -> None:
    """Run all in turn, several times, and print the medians with their ratios to the first."""
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            figures[name].append(run())
    first = statistics.median(next(iter(figures.values())))
    print(f"\n{title}\n")
    for name, values in figures.items():
        middle = statistics.median(values)
        print(f"{name:36} {middle:9.0f} {unit}   {first / middle:5.2f}")


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mountebank", help="the program mb of mountebank")
    parser.add_argument("--bare", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        url, count, mode = given.bare
        print(asyncio.run(send(url, int(count), mode == "ready-made")))
        return
    with sink() as url:
        for ready_made, what in ((False, "made, signed and delivered"), (True, "delivered, ready made")):
            runs: dict[str, Callable[[], float]] = {
                "mock server, log in SQLite": lambda: served(url, given.count, db=True, ready_made=ready_made),  # noqa: B023
                "mock server, log in memory": lambda: served(url, given.count, db=False, ready_made=ready_made),  # noqa: B023
                "bare client, no log": lambda: bare(url, given.count, ready_made=ready_made),  # noqa: B023
            }
            if find_spec("locust"):
                runs["Locust FastHttpUser, no log"] = lambda: locust(url, given.count, ready_made=ready_made)  # noqa: B023
            else:
                print("Locust is not installed: pip install --group comparison")
            table(f"Requests a second, {what}", "per s", runs, given.rounds)
    table("From the start of the process to the first good answer", "ms", starts(given.mountebank), given.rounds * 3)


if __name__ == "__main__":
    main()
