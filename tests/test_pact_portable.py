"""The committed pact files in other hands: the ``pact`` program, pact-core for Node, and the examples."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from catcher import until_listening

ROOT = Path(__file__).parents[1]
PACT = ROOT / "contracts/pacts/luciq-2025-09.json"
EXAMPLES = ROOT / "examples"
QUIET = {**os.environ, "PACT_DO_NOT_TRACK": "true"}
Receiver = Callable[[str], int]

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture
def express(tmp_path: Path, node_modules: Path) -> Iterator[Receiver]:
    """Run the example in Express, with a change of its source; returns its port."""
    processes = []

    def start(change: str = "") -> int:
        source = (EXAMPLES / "receivers/express.js").read_text()
        old, _, new = change.partition(" => ")
        assert old in source
        (tmp_path / "server.js").write_text(source.replace(old, new) if change else source)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        environment = {**os.environ, "NODE_ENV": "test", "PORT": str(port), "NODE_PATH": str(node_modules)}
        processes.append(subprocess.Popen(["node", str(tmp_path / "server.js")], env=environment))
        until_listening(port)
        return port

    yield start
    for process in processes:
        process.kill()
        process.wait()


def by_program(port: int, folder: Path, _: Path) -> int:
    """The ``pact`` program of pact-python-cli, with one file."""
    program = Path(sys.executable).with_name("pact")
    place = ["-h", "127.0.0.1", "-p", str(port), "-s", f"http://127.0.0.1:{port}/_state"]
    command = [str(program), "verifier", "--no-colour", *place, "-n", "webhook-receiver", "-f", str(PACT)]
    command += ["--json", str(folder / "result.json")]
    ended = subprocess.run(command, env=QUIET, capture_output=True, timeout=60, check=False)
    results = json.loads((folder / "result.json").read_text())
    assert len(results["interactionResults"]) == 21
    return ended.returncode


def by_node(port: int, _: Path, node_modules: Path) -> int:
    """pact-core, as the example calls it."""
    command = ["node", str(EXAMPLES / "receivers/verify.js"), str(PACT), str(port)]
    ended = subprocess.run(command, env={**QUIET, "NODE_PATH": str(node_modules)}, capture_output=True, timeout=60,
                           check=False)  # fmt: skip
    assert b"a body that was changed after signing is refused" in ended.stdout
    return ended.returncode


@pytest.mark.parametrize("verify", [by_program, by_node])
@pytest.mark.parametrize(("change", "status"), [
    ("", 0),
    ("const body = request.body => const body = JSON.stringify(JSON.parse(request.body))", 1),
    ("return response.sendStatus(401) => return response.sendStatus(204)", 1),
], ids=["correct", "reserialised", "unchecked"])  # fmt: skip
def test_other_runners_come_to_the_same_verdict(
    express: Receiver, verify: Any, change: str, status: int, tmp_path: Path, node_modules: Path
) -> None:
    """On a correct receiver in Node and on broken ones."""
    assert verify(express(change), tmp_path, node_modules) == status


def pytest_of(folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    place = ["-c", os.devnull, "--rootdir", str(EXAMPLES / folder), str(EXAMPLES / folder)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *place, *arguments]
    return subprocess.run(command, env=QUIET, capture_output=True, text=True, timeout=120, check=False)


def test_the_receivers_of_the_examples_are_right() -> None:
    """Verified through the pytest plugin."""
    ended = pytest_of("receivers")

    assert "2 passed" in ended.stdout, ended.stdout


def test_the_consumer_of_the_examples_relies_on_what_is_promised(hookproof: Any) -> None:
    """Its own test writes the pact that is judged, and that is committed."""
    committed = EXAMPLES / "consumer/pacts/triage-luciq.json"
    before = json.loads(committed.read_text())
    ended = pytest_of("consumer")
    assert "1 passed" in ended.stdout, ended.stdout
    assert json.loads(committed.read_text())["interactions"] == before["interactions"]

    result = hookproof("pact", "consumer", committed, "--vendor", "luciq")
    assert result.status == 0, result.text
    assert result.text.startswith("a crash (luciq.crash): promised")
