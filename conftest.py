"""What the tests share: the built-in library, every event of it, a way to call the command line, and receivers."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from hookproof.contracts import Contract, Event, Library, default_library

sys.path.insert(0, str(Path(__file__).parent / "tests/receivers"))
from catcher import Catcher, catching

os.environ["PACT_DO_NOT_TRACK"] = "true"  # exactly so: nothing else keeps the tools of Pact from calling home

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

SECRET = "d8yyxj7srjqf5xyih8ay"  # noqa: S105 (the public sample of the documents)
EVENTS = default_library().event_names()


@pytest.fixture(scope="session")
def library() -> Library:
    """The contracts that come with hookproof."""
    return default_library()


@pytest.fixture(params=EVENTS)
def each_event(request: pytest.FixtureRequest, library: Library) -> tuple[Contract, Event]:
    """Every event of every vendor, in turn."""
    return library.event(request.param)


@dataclass
class Result:
    """What a command printed, and its exit status."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8")


@pytest.fixture
def hookproof(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Result]:
    """Call the command line in this process: ``hookproof("validate", "-")``."""
    from hookproof.cli import run

    def call(*arguments: str) -> Result:
        capfdbinary.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Result(status, out, err.decode("utf-8"))

    return call


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What tests need from npm, installed where it is not yet, by one worker at a time; packages run no scripts."""
    folder = Path(__file__).parent / "tests/receivers/node"
    wanted = ("express", "@microsoft/jest-sarif")
    with (tmp_path_factory.getbasetemp().parent / "npm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((folder / "node_modules" / name / "package.json").is_file() for name in wanted):
            install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
            subprocess.run(install, cwd=folder, check=True)
    return folder / "node_modules"


@pytest.fixture
def secret() -> str:
    """The sample secret of the vendors' documents."""
    return SECRET


@pytest.fixture
def receiver() -> Iterator[str]:
    """The base URL of the sample receiver; ``/luciq`` demands Luciq's signature with the sample secret."""
    from hookproof.delivery.receiver import Inbox, running

    signed = {"/luciq": ("x-lcq-signature-256", SECRET), "/instabug": ("x-ibg-signature-256", SECRET)}
    with running(Inbox(signed, {"/backtrace": "hookproof:any-password"})) as base:
        yield base


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    """A receiver that keeps what arrives and answers what a test tells it to."""
    with catching() as one:
        yield one
