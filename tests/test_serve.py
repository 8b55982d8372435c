"""``hookproof serve`` as a process: ready when it says so, ended in good order, and nothing lost when it is killed."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from catcher import Catcher

from hookproof.client import Client

Start = Callable[..., "Server"]
KILLS = 12


class Server:
    """A server process and its client."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.ready_file = folder / "ready.json"
        command = [sys.executable, "-m", "hookproof", "serve", "--port", "0", "--ready-file", str(self.ready_file)]
        self.process = subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, text=True)
        while not self.ready_file.exists():
            assert self.process.poll() is None, self.process.communicate()[1]
            time.sleep(0.005)  # the file is the sign; there is nothing else to wait for
        self.ready: dict[str, Any] = json.loads(self.ready_file.read_text())
        self.client = Client(self.ready["url"], self.ready["token"])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.gone()

    def gone(self) -> tuple[int, str]:
        error = self.process.communicate(timeout=30)[1]
        self.client.close()
        self.ready_file.unlink(missing_ok=True)
        return self.process.returncode, error


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server: ``start("--db", file)``."""
    servers: list[Server] = []

    def begin(*arguments: Any) -> Server:
        servers.append(Server(tmp_path, *(str(argument) for argument in arguments)))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.kill()


def failing(*arguments: Any) -> tuple[int, str]:
    """Run a server that cannot start."""
    command = [sys.executable, "-m", "hookproof", "serve", *(str(argument) for argument in arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    return ended.returncode, ended.stderr


def test_the_ready_file_says_where_it_is(start: Start) -> None:
    """As soon as it is there, requests are served; the end takes it away."""
    server = start()
    assert server.client.call("GET", "/ready")["status"] == "ok"
    assert server.ready == {"url": server.client.url, "token": None, "pid": server.process.pid}
    assert server.ready_file.stat().st_mode & 0o077 == 0

    server.process.send_signal(signal.SIGTERM)
    status, error = server.gone()
    assert status == 0
    assert error == f"hookproof: serving on {server.ready['url']}\n"


def test_a_ready_file_that_was_left_behind_is_taken_away(start: Start, tmp_path: Path) -> None:
    """Before the server starts: it would name another one."""
    (tmp_path / "ready.json").write_text("stale")
    status, _ = failing("--port", "99", "--host", "192.0.2.1", "--ready-file", tmp_path / "ready.json")

    assert status == 2
    assert not (tmp_path / "ready.json").exists()
    assert start().client.clock()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_the_end_lets_deliveries_come_to_theirs(start: Start, catcher: Catcher, name: signal.Signals) -> None:
    """What is under way is delivered first; then it ends with 0."""
    server = start()
    catcher.delay = 0.1
    server.client.integrate("luciq", catcher.url)
    server.client.trigger("luciq.apm", 8)
    server.process.send_signal(name)

    assert server.gone()[0] == 0
    assert len(catcher.caught) == 8


def test_a_receiver_that_hangs_does_not_keep_it_alive(start: Start, catcher: Catcher, tmp_path: Path) -> None:
    """For longer than it was told; what was not delivered is delivered by the next server."""
    server = start("--drain", "0.2", "--db", tmp_path / "journal.db")
    catcher.delay = 3
    server.client.integrate("luciq", catcher.url)
    server.client.trigger("luciq.apm")
    server.process.send_signal(signal.SIGTERM)
    assert server.gone()[0] == 0

    catcher.delay = 0
    again = start("--db", tmp_path / "journal.db")
    (delivery,) = again.client.deliveries(1)
    assert delivery["state"] == "delivered"
    assert [attempt["state"] for attempt in delivery["attempts"]] == ["interrupted", "answered"]


def test_everything_is_there_after_a_restart(start: Start, catcher: Catcher, tmp_path: Path) -> None:
    """Integrations with their secrets, the clock, what was planned, groups and their counts, and the log."""
    db = tmp_path / "journal.db"
    server = start("--db", db)
    server.client.freeze("2026-03-01T09:00:00Z")
    secret, old = "d8yyxj7srjqf5xyih8ay", "anothersecret0123456"
    one = server.client.integrate("luciq", catcher.url, secret=old, manner={"retries": [60]})
    server.client.change(one["id"], settings={"secret": secret}, name="mine")
    gone = server.client.integrate("bugsplat", catcher.url)
    server.client.remove(gone["id"])
    server.client.integrate("backtrace", catcher.url, credentials="a:b", event="trace")
    catcher.statuses = [500]
    server.client.trigger("luciq.crash")
    server.client.trigger("backtrace.group", group="login", seen=5)
    server.client.trigger("luciq.bug", after="1d", faults=["old-secret"])
    before = server.client.call("GET", "/v1/integrations")
    server.client.delivery("delivery-1", attempts=1)
    server.kill()

    server = start("--db", db)
    client = server.client
    assert client.call("GET", "/v1/integrations") == before
    assert client.clock() == {"now": "2026-03-01T09:00:00.000Z", "frozen": True, "waiting": 3,
                              "next": "2026-03-01T09:00:05.000Z"}  # fmt: skip
    client.trigger("backtrace.group", group="login", seen=5)
    client.advance()
    deliveries = {delivery["id"]: delivery for delivery in client.deliveries()}
    assert [one["state"] for one in deliveries.values()] == ["delivered"] * 4
    assert [attempt["response"]["status"] for attempt in deliveries["delivery-1"]["attempts"]] == [500, 200]
    counts = [json.loads(body)["occurrences"] for body in catcher.bodies if b"occurrences" in body]
    assert counts == [1, 6]
    signed = [one.header("x-lcq-signature-256") for one in catcher.caught if b'"Title"' in one.body]
    assert signed != [None]
    assert client.integrate("bugsplat", catcher.url)["id"] == "integration-4"


def test_nothing_is_lost_when_it_is_killed(start: Start, catcher: Catcher, tmp_path: Path) -> None:
    """Killed at any moment under load: what was accepted arrives, and what arrived is in the log."""
    db, chance = tmp_path / "journal.db", random.Random(7)  # noqa: S311 (no secret)
    server = start("--db", db)
    server.client.integrate("luciq", catcher.url, manner={"concurrency": 4})
    accepted = 0
    for _ in range(KILLS):
        killer = threading.Timer(chance.uniform(0.02, 0.25), server.process.kill)
        killer.start()  # it kills while this thread waits for answers
        try:
            while True:
                accepted += len(server.client.trigger("luciq.apm", chance.randrange(1, 20)))
        except OSError:
            pass
        killer.join()
        server.gone()
        server = start("--db", db)
    client = server.client
    known = client.call("GET", "/v1/events?limit=1")["events"][0]
    total = int(known["id"].removeprefix("event-"))
    assert total >= accepted > 50
    client.deliveries(total, wait=60, limit=1)
    server.process.send_signal(signal.SIGTERM)
    assert server.gone()[0] == 0

    arrived = Counter(catcher.bodies)
    with closing(sqlite3.connect(db)) as rows:
        logged = dict(rows.execute(
            "SELECT b.body, count(*) FROM bodies b JOIN attempts a ON a.delivery = b.delivery GROUP BY b.delivery"
        ))  # fmt: skip
        states = dict(rows.execute("SELECT state, count(*) FROM deliveries GROUP BY state"))
    assert states == {"delivered": total}
    assert len(arrived) == total  # each event's body is its own, and each has arrived
    assert all(times <= logged[body] for body, times in arrived.items())


def test_a_port_in_use(start: Start) -> None:
    """One line, and the status of trouble."""
    server = start()
    status, error = failing("--port", server.client.url.rpartition(":")[2])

    assert (status, error.rpartition(": ")[2].strip()) == (2, "the port is in use")


def test_a_journal_from_a_newer_version(tmp_path: Path) -> None:
    """Is left alone."""
    with closing(sqlite3.connect(tmp_path / "new.db")) as database:
        database.execute("PRAGMA user_version = 99")
    status, error = failing("--port", "0", "--db", tmp_path / "new.db")

    assert status == 2
    assert "was written by a newer hookproof (format 99, this one knows 1)" in error


def test_files_that_are_no_journals(tmp_path: Path) -> None:
    """Another database, another file, a folder that is not there, a folder: each said in one line."""
    with closing(sqlite3.connect(tmp_path / "other.db")) as database:
        database.execute("CREATE TABLE customers (name)")
    (tmp_path / "text.db").write_text("not a database, but long enough to look like one" * 40)

    for name, told in (("other.db", "not a journal"), ("text.db", "not a journal"), ("none/x.db", "cannot be opened"),
                       (".", "cannot be opened")):  # fmt: skip
        status, error = failing("--port", "0", "--db", tmp_path / name)
        assert status == 2
        assert told in error
    with closing(sqlite3.connect(tmp_path / "other.db")) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]
        assert database.execute("PRAGMA journal_mode").fetchall() == [("delete",)]


def test_two_servers_do_not_share_a_journal(start: Start, tmp_path: Path) -> None:
    """The second one does not start."""
    start("--db", tmp_path / "journal.db")
    status, error = failing("--port", "0", "--db", tmp_path / "journal.db")

    assert status == 2
    assert "in use by another server" in error


def test_a_ready_file_that_cannot_be_written(tmp_path: Path) -> None:
    """Ends it: whoever waits for the file would wait for ever."""
    command = ("--port", "0", "--ready-file", tmp_path / "none/ready.json")
    ended = subprocess.run([sys.executable, "-m", "hookproof", "serve", *map(str, command)], capture_output=True,
                           text=True, timeout=30, check=False)  # fmt: skip

    assert ended.returncode == 2
    assert "cannot write the ready file" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_token_is_shown_where_it_is_made_up(start: Start) -> None:
    """In the ready file, which only its owner can read, and on standard error."""
    server = start("--host", "0.0.0.0")  # noqa: S104 (what is tested)
    assert server.client.clock()
    token = server.ready["token"]
    server.process.send_signal(signal.SIGTERM)

    status, error = server.gone()
    assert status == 0
    assert f"Authorization: Bearer {token}" in error
