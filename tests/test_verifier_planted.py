"""Every check finds the bug that it is there for, and nothing else is blamed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from hookproof.contracts import default_library
from hookproof.generator import Options
from hookproof.verifier import catalogue
from hookproof.verifier.model import Report
from hookproof.verifier.session import Request, verify_now

FOLDER = Path(__file__).parent / "receivers"
SECRET = "Zx81SpectrumQL48k"
BASIC = "hooks:s3cret-password"


def load(name: str) -> Any:
    """Import a module of the receivers' folder under its own name, as a process of its own would."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


reference = load("reference")
planted = load("planted")


def options(vendor: str) -> Options:
    contract = default_library().contract(vendor)
    return Options(secret=SECRET if contract.signature else None, basic=BASIC if contract.credentials else None)


def verdict(
    vendor: str, kind: Any, handler: Any, tmp_path: Path, bug: str = "", process: bool = False, **more: Any
) -> Report:
    """Verify a receiver in a thread of this process, or in a process of its own."""
    library = default_library()
    if process:
        words = ["--vendor", vendor, "--port", "{port}", "--secret", "{secret}", "--db", str(tmp_path / "db")]
        words += ["--basic", BASIC] if vendor == "backtrace" else []
        start = " ".join([sys.executable, str(FOLDER / "reference.py"), *words, *(["--bug", bug] if bug else [])])
        base = "http://127.0.0.1:{port}"
        return verify_now(
            Request(f"{base}/hook", vendor, options(vendor), observe=f"{base}/events", start=start, **more), library
        )
    with reference.running(kind(vendor, SECRET, options(vendor).basic or ""), handler) as base:
        return verify_now(Request(f"{base}/hook", vendor, options(vendor), observe=f"{base}/events", **more), library)


def failing(report: Report) -> dict[str, str]:
    return {result.check.id: result.reason for result in report.results if result.verdict == "fail"}


@pytest.mark.parametrize("vendor", default_library().vendors)
def test_the_correct_receiver_fails_nothing(vendor: str, tmp_path: Path) -> None:
    """And with its process in our hands, nothing is left undecided but what the contract leaves open."""
    report = verdict(vendor, None, None, tmp_path, process=True)

    assert failing(report) == {}
    undecided = {result.check.id for result in report.results if result.verdict == "inconclusive"}
    assert undecided <= {"large-integer", "url-fetched"}
    for result in report.results:
        if result.check.applies in ("signature", "credentials"):
            contract = default_library().contract(vendor)
            has = contract.signature if result.check.applies == "signature" else contract.credentials
            assert (result.verdict == "not_applicable") == (has is None)


@pytest.mark.parametrize("name", planted.BUGS)
def test_a_planted_bug_is_found_and_nothing_else_is_blamed(name: str, tmp_path: Path) -> None:
    """The checks that the bug names fail, and no others."""
    bug = planted.BUGS[name]
    events = {"luciq": ("crash",)}.get(bug.only, ())
    report = verdict(
        bug.only,
        bug,
        bug.handler,
        tmp_path,
        name,
        bug.process,
        events=events,
        slow=1.0 if name == "slow-answer" else 30.0,
    )

    assert set(failing(report)) == set(bug.finds), failing(report)


def test_every_check_has_a_planted_bug() -> None:
    """A check without one is unproven."""
    found = {check for bug in planted.BUGS.values() for check in bug.finds}

    assert set(catalogue.checks()) <= found
