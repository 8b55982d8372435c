"""Receivers verified by pacts: correct ones keep them, each planted bug breaks just so many interactions."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import planted
import pytest
from catcher import Catcher, until_listening
from flask import Flask, request
from junitparser import JUnitXml

from hookproof.contracts import default_library
from hookproof.pact import document, verification
from hookproof.pact.document import PactError
from hookproof.pact.states import switching

FOLDER = Path(__file__).parent / "receivers"
SECRET, BASIC = "d8yyxj7srjqf5xyih8ay", "hookproof:any-password"
VENDORS = default_library().vendors
FRAMEWORKS = {
    "flask": [sys.executable, str(FOLDER / "flask_app.py")],
    "fastapi": [sys.executable, str(FOLDER / "fastapi_app.py")],
    "express": ["node", str(FOLDER / "node/express.js")],
}
Run = Callable[..., str]


@contextmanager
def running(command: list[str], vendor: str, *further: str) -> Iterator[str]:
    """Run a receiver; yields its base URL."""
    contract = default_library().contract(vendor)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--vendor", vendor, "--port", str(port), *further]
    options += ["--secret", SECRET] if contract.signature else []
    options += ["--basic", BASIC] if contract.credentials else []
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_listening(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def receiver() -> Iterator[Run]:
    """Run receivers: ``receiver(command, vendor)``."""
    with ExitStack() as stack:
        yield lambda command, vendor, *further: stack.enter_context(running(command, vendor, *further))


def pact(vendor: str) -> dict[str, Any]:
    return document.pact(default_library().contract(vendor))


def reference(bug: str | None = None) -> list[str]:
    return [sys.executable, str(FOLDER / "reference.py"), *(["--bug", bug] if bug else [])]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_correct_receivers_keep_every_interaction(
    framework: str, vendor: str, receiver: Run, request: pytest.FixtureRequest
) -> None:
    """In the frameworks that teams use."""
    if framework == "express":
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        request.getfixturevalue("node_modules")
    found = verification.verify(pact(vendor), receiver(FRAMEWORKS[framework], vendor) + "/hook")

    assert found.failures == []
    assert len(found.outcomes) == len(pact(vendor)["interactions"])


AUTHENTICATION = list(planted.BUGS)[: list(planted.BUGS).index("credentials-not-stored") + 1]
PARSING = [
    "event-accepted", "content-type-parameters", "content-type-other", "form-urlencoded", "form-multipart", "handshake",
    "variants-accepted", "optional-missing", "unknown-member", "malformed-body", "large-integer", "unusual-dates",
]  # fmt: skip
BROKEN = {
    "no-check-at-all": 12,  # four refusals for each of three events
    "signature-missing": 3,
    "signature-wrong": 3,
    "signature-length-unequal": 3,
    "body-tampered": 3,
    "body-reserialised": 9,
    "credentials-missing": 1,
    "credentials-wrong": 1,
    "event-accepted": 9,
    "form-urlencoded": 1,
    "handshake": 1,
    "optional-missing": 4,
}
"""How many interactions a bug breaks. The others show only to the verifier: they take requests no vendor would send."""


def test_correct_reference_receivers_keep_them_too(receiver: Run) -> None:
    """Without a bug nothing fails, so what fails below is the bug."""
    for vendor in ("luciq", "backtrace", "betterbugs"):
        assert verification.verify(pact(vendor), receiver(reference(), vendor) + "/hook").failures == []


@pytest.mark.parametrize("bug", AUTHENTICATION + PARSING)
def test_planted_bugs_break_just_so_many_interactions(bug: str, receiver: Run) -> None:
    """No more, no fewer."""
    vendor = planted.BUGS[bug].only
    found = verification.verify(pact(vendor), receiver(reference(bug), vendor) + "/hook")

    assert len(found.failures) == BROKEN.get(bug, 0), [outcome.description for outcome in found.failures]


AGAIN: dict[str, Callable[[Any], str]] = {
    "json.dumps": json.dumps,
    "compact": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "sorted": lambda value: json.dumps(value, sort_keys=True, separators=(",", ":")),
}


@pytest.mark.parametrize("how", AGAIN)
def test_signing_what_was_written_again_is_found_out(how: str, hookproof_pact: Any) -> None:
    """However it is written: the three genuine deliveries of each event are refused."""
    with pytest.raises(pytest.fail.Exception, match=r"12 passed, 9 failed"):
        hookproof_pact(signing(AGAIN[how]), vendor="luciq", path="/hook")


def signing(again: Callable[[Any], str] | None = None) -> Flask:
    """A receiver in Flask whose secret is set by provider states."""
    import hashlib
    import hmac

    app, config = Flask(__name__), {"secret": SECRET}

    @app.post("/hook")
    def hook() -> Any:
        body = request.get_data()
        signed = again(json.loads(body)).encode() if again else body
        right = hmac.new(config["secret"].encode(), signed, hashlib.sha256).hexdigest()
        given = request.headers.get("x-lcq-signature-256", "")
        return ("", 204) if hmac.compare_digest(right, given) else ("", 401)

    @app.post("/_state")
    def state() -> Any:
        config["secret"] = request.get_json()["params"]["secret"]
        return ""

    app.config["hookproof"] = config
    return app


def test_an_application_of_this_process(hookproof_pact: Any) -> None:
    """Through the pytest plugin; the report tells what was verified."""
    found = hookproof_pact(signing(), vendor="luciq", path="/hook", events=["luciq.apm"], kinds=["rejected"])

    assert [outcome.key for outcome in found.outcomes] == [
        "luciq-apm-wrong-signature", "luciq-apm-other-secret", "luciq-apm-missing-signature", "luciq-apm-changed-body",
    ]  # fmt: skip


def test_secrets_reach_the_receiver_through_provider_states(hookproof_pact: Any, hookproof_receiver: Any) -> None:
    """By a function, by functions of their own, and at a URL."""
    other = "anothersecret0123456"
    app = signing()
    config = app.config["hookproof"]
    config["secret"] = "not set"
    with pytest.raises(pytest.fail.Exception):
        hookproof_pact(app, vendor="luciq", path="/hook", secret=other)
    hookproof_pact(app, vendor="luciq", path="/hook", secret=other, states=lambda _, params: config.update(params))
    config["secret"] = "not set"
    hookproof_pact(app, vendor="luciq", path="/hook", states={"the webhook secret is set": config.update})
    config["secret"] = "not set"
    base = hookproof_receiver(app)
    hookproof_pact(base + "/hook", vendor="luciq", states=base + "/_state")


def test_states_that_cannot_be_set_cost_no_minutes(catcher: Catcher, hookproof_receiver: Any) -> None:
    """A handler that raises, one that is not there, a URL that answers 500, never, or not at all."""
    base = hookproof_receiver(signing())

    def raising(*_: Any) -> None:
        raise RuntimeError("no database")

    catcher.statuses = [500] * 100
    slow = socket.create_server(("127.0.0.1", 0))
    never = f"http://127.0.0.1:{slow.getsockname()[1]}/"
    for states, told in (
        (raising, "no database"), ({"another state": print}, "there is no handler for it"),
        (catcher.url, "answered 500"), (never, "did not answer within 0.3 seconds"),
        ("http://127.0.0.1:9/", "cannot be reached"),
    ):  # fmt: skip
        with pytest.raises(PactError, match=told) as caught:
            verification.verify(pact("luciq"), base + "/hook", states=states, timeout=0.3)
        assert "'the webhook secret is set'" in str(caught.value)
    slow.close()


def test_a_failure_to_set_a_state_is_not_repeated() -> None:
    """Nor is anything tried after it."""
    calls: list[str] = []

    def raising(name: str, _: dict[str, Any]) -> None:
        calls.append(name)
        raise ValueError

    with switching(raising, 1) as switch:
        assert [switch.set("one", {}), switch.set("two", {})] == [False, False]
    assert calls == ["one"]
    assert switch.failures == ["the state 'one' could not be set: ValueError"]


def test_nothing_verified_is_no_success(hookproof: Any, catcher: Catcher) -> None:
    """One sentence, and the status of trouble: nobody listens, nothing is chosen, nothing is known, no target."""
    for arguments, told in (
        (("http://127.0.0.1:9/hook", "--vendor", "luciq"), "is the receiver running?"),
        ((catcher.url, "--vendor", "luciq", "--kind", "handshake"), "nothing would be verified"),
        ((catcher.url, "--vendor", "luciq", "--event", "luciq.crsh"), "did you mean luciq.crash"),
        ((catcher.url, "--vendor", "lucik"), "did you mean luciq?"),
        (("http://192.0.2.1/hook", "--vendor", "luciq"), "--allow-target"),
        ((catcher.url, "--vendor", "luciq", "--secret", "short"), "would not accept this secret"),
    ):
        result = hookproof("pact", "verify", *arguments)
        assert result.status == 2, result.out
        assert told in result.err
        assert len(result.err.strip().splitlines()) == 1
    with pytest.raises(PactError, match="nothing would be verified"):
        verification.verify({**pact("luciq"), "interactions": []}, catcher.url)


def test_a_receiver_that_hangs_fails_in_time(catcher: Catcher) -> None:
    """Each interaction costs its timeout, not more."""
    catcher.delay = 3
    chosen = verification.chosen(pact("bugsplat"), kinds=["accepted"])
    found = verification.verify(chosen, catcher.url, timeout=0.2)

    assert len(found.failures) == 3


def test_reports(hookproof: Any, receiver: Run, tmp_path: Path) -> None:
    """Failures first in the terminal; JUnit and JSON with the same outcomes."""
    base = receiver(reference("signature-missing"), "luciq")
    result = hookproof("pact", "verify", base + "/hook", "--vendor", "luciq", "--junit", tmp_path / "junit.xml",
                       "--json", tmp_path / "report.json", "--event", "luciq.apm", "--event", "luciq.bug")  # fmt: skip

    assert result.status == 1
    assert result.text.splitlines()[0] == "FAIL  luciq.bug: a delivery without its signature is refused"
    assert result.text.splitlines()[-1] == "luciq@2025-09: 12 passed, 2 failed"
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["summary"] == {"pass": 12, "fail": 2}
    suite = next(iter(JUnitXml.fromfile(str(tmp_path / "junit.xml"))))
    assert (suite.tests, suite.failures) == (14, 2)


def test_verifications_run_side_by_side(receiver: Run) -> None:
    """Each in a process of its own."""
    base = receiver(FRAMEWORKS["flask"], "bugsplat")
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(verification.verify(pact("bugsplat"), base + "/hook")))
               for _ in range(3)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [one.failures for one in found] == [[], [], []]
