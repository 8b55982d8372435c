"""The command verify: what it says of receivers that are hardly any, its reports, and its exit status."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

import hookproof as library
from hookproof.contracts import default_library
from hookproof.verifier import catalogue
from hookproof.verifier.evidence import masked
from hookproof.verifier.observer import count

Run = Callable[..., Any]
SECRET = "Zx81SpectrumQL48k"
LUCIQ = ("--vendor", "luciq", "--secret", SECRET)


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that does with each connection what it is told to."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:

        def talk(connection: socket.socket) -> None:
            with connection:
                connection.settimeout(10)
                try:
                    answer(connection)
                except OSError:
                    return

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        finally:
            server.shutdown(socket.SHUT_RDWR)


def replying(data: bytes) -> Callable[[socket.socket], None]:
    """Answer everything with the same bytes, and close."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return answer


def verdicts(report: Any) -> dict[str, str]:
    return {result["id"]: result["verdict"] for result in report["results"]}


def ok(body: bytes = b"[]", kind: str = "application/json", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def test_nobody_listens(hookproof: Run) -> None:
    """A receiver that is down is no pass: exit 2, and a sentence."""
    result = hookproof("verify", "http://127.0.0.1:1/", *LUCIQ)

    assert result.status == 2
    assert "cannot be reached: connection refused; is the receiver running?" in result.err


def test_tls_to_a_plain_port(hookproof: Run) -> None:
    """Likewise."""
    with answering(replying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        result = hookproof("verify", url.replace("http:", "https:"), *LUCIQ, "--timeout", "2")

    assert result.status == 2
    assert "TLS failed" in result.err or "no connection" in result.err


def test_a_receiver_that_never_answers_costs_its_timeout_once(hookproof: Run) -> None:
    """One failure, everything else inconclusive, and the run ends."""
    gate = threading.Event()
    with answering(lambda _: (gate.wait(30), None)[1]) as url:
        began = time.monotonic()
        result = hookproof("verify", url, *LUCIQ, "--timeout", "0.5", "--json", "-")
        took = time.monotonic() - began
        gate.set()
    found = verdicts(json.loads(result.text))

    assert result.status == 1
    assert found.pop("event-accepted") == "fail"
    assert set(found.values()) == {"inconclusive", "not_applicable"}
    assert took < 10


def test_a_receiver_that_stops_answering_in_the_middle(hookproof: Run) -> None:
    """Is found out once, and nobody else waits for it."""
    seen: list[int] = []
    gate = threading.Event()

    def answer(connection: socket.socket) -> None:
        seen.append(1)
        if len(seen) > 40:
            gate.wait(30)
        connection.recv(65536)
        connection.sendall(ok())

    with answering(answer) as url:
        began = time.monotonic()
        result = hookproof("verify", url, "--vendor", "bugsplat", "--timeout", "0.5", "--json", "-")
        took = time.monotonic() - began
        gate.set()
    reasons = [entry["reason"] for entry in json.loads(result.text)["results"]]

    assert result.status == 1
    assert any("stopped answering during the check" in reason for reason in reasons)
    assert took < 20


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "closed the connection without an answer"),
        (b"220 smtp.example ESMTP\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_200_000, "did not end within"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2_000_000, "not HTTP/1.1|did not end"),
        (
            ok(b"", status="302 Found").replace(b"Content-Type", b"Location: /hook\r\nContent-Type"),
            "do not follow redirects",
        ),
        (ok(b"<html>log in</html>", "text/html", "403 Forbidden"), "answered 403"),
    ],
    ids=["closes", "garbage", "endless", "gigantic headers", "redirect loop", "log in"],
)
def test_odd_receivers_get_a_verdict(hookproof: Run, data: bytes, said: str) -> None:
    """Exit 1, in time, with what came back."""
    with answering(replying(data)) as url:
        result = hookproof("verify", url, "--vendor", "bugsplat", "--timeout", "2", "--only", "event-accepted")

    assert result.status == 1
    assert any(word in result.text for word in said.split("|")), result.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (ok(b"<html></html>", "text/html"), "the answer is not JSON"),
        (ok(b"{}"), "expected a JSON array of records"),
        (ok(b"", status="500 Oh"), "answered 500"),
        (b"", "closed the connection"),
    ],
)
def test_an_observer_that_is_none(hookproof: Run, data: bytes, said: str) -> None:
    """Exit 2: what was stored cannot be seen."""
    with answering(replying(ok())) as url, answering(replying(data)) as observe:
        result = hookproof("verify", url, "--vendor", "bugsplat", "--observe", observe)

    assert result.status == 2
    assert said in result.err
    assert "--observe" in result.err


def test_an_observer_that_fails_in_the_middle(hookproof: Run) -> None:
    """Exit 2 and a sentence, also where many checks look at once."""
    kept: list[str] = []
    looks: list[int] = []

    def hook(connection: socket.socket) -> None:
        kept.append(connection.recv(1 << 20).partition(b"\r\n\r\n")[2].decode("utf-8", "replace"))
        connection.sendall(ok())

    def observed(connection: socket.socket) -> None:
        connection.recv(65536)
        looks.append(1)
        records = json.dumps(kept).encode()
        connection.sendall(ok(records) if len(looks) < 4 else ok(status="500 Oh"))

    with answering(hook) as url, answering(observed) as observe:
        result = hookproof("verify", url, "--vendor", "betterbugs", "--observe", observe)

    assert len(looks) >= 4
    assert result.status == 2
    assert "answered 500" in result.err
    assert "Traceback" not in result.err


def test_records_may_be_nested_deeper_than_python_goes() -> None:
    """They are flattened all the same."""
    from hookproof.verifier.observer import _flat

    record: Any = "innermost"
    for _ in range(20_000):
        record = [record]

    assert _flat({"a": record}) == "a\ninnermost"


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("echo no such module >&2; exit 3", "the command ended with 3: no such module"),
        ("hookproof-does-not-exist", "the command ended with 127"),
        ("exec sleep 60", "did not open within"),
    ],
)
def test_a_command_that_serves_nothing(hookproof: Run, monkeypatch: pytest.MonkeyPatch, start: str, said: str) -> None:
    """Exit 2, with the end of what it printed."""
    from hookproof.verifier import process

    monkeypatch.setattr(process, "PATIENCE", 0.5)
    result = hookproof("verify", "http://127.0.0.1:{port}/", "--vendor", "bugsplat", "--start", start)

    assert result.status == 2
    assert said in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("http://127.0.0.1:{port}/", *LUCIQ), "{port} in the URL goes with --start"),
        (("http://127.0.0.1:1/", "--vendor", "lucik"), "did you mean luciq"),
        (("http://127.0.0.1:1/", "--vendor", "luciq", "--secret", "short"), "16 to 64 letters"),
        (("http://127.0.0.1:1/", "--vendor", "bugsplat", "--secret", SECRET), "does not sign"),
        (("http://127.0.0.1:1/", *LUCIQ, "--only", "signature-mising"), "did you mean signature-missing"),
        (("http://127.0.0.1:1/", *LUCIQ, "--event", "crsh"), "did you mean luciq.crash"),
        (("http://192.0.2.1/", *LUCIQ), "--allow-target 192.0.2.1"),
        (("http://127.0.0.1:1/", *LUCIQ, "--baseline", "nowhere.json"), "cannot be read"),
    ],
)
def test_what_a_user_can_get_wrong(hookproof: Run, arguments: tuple[str, ...], said: str) -> None:
    """One line, exit 2, and never the secret."""
    result = hookproof("verify", *arguments)

    assert result.status == 2
    assert said in result.err
    assert SECRET not in result.err


def test_without_a_word_about_secrets_and_effects_those_checks_are_inconclusive(hookproof: Run) -> None:
    """Listed, with what would decide them; never a silent pass."""
    with answering(replying(ok())) as url:
        result = hookproof(
            "verify", url, "--vendor", "luciq", "--json", "-", "--only", "authenticity", "--only", "delivery"
        )
        unsigned = hookproof("verify", url, "--vendor", "bugsplat", "--json", "-", "--only", "authenticity")
    entries = {entry["id"]: entry for entry in json.loads(result.text)["results"]}

    assert entries["signature-wrong"]["verdict"] == "inconclusive"
    assert "--secret" in entries["signature-wrong"]["reason"]
    assert "--observe" in entries["duplicate-stored"]["reason"]
    assert "--start" in entries["durability"]["reason"]
    for entry in json.loads(unsigned.text)["results"]:
        if entry["id"].startswith(("signature", "body-", "secret", "credentials")):
            assert entry["verdict"] == "not_applicable"


def test_the_reports(hookproof: Run, tmp_path: Path) -> None:
    """All four from one run; they agree, and hold no secret."""
    script = b"<script>alert(1)</script>\0\x1b[31m"
    with answering(replying(ok(script, "text/html", "500 Oh"))) as url:
        files = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "sarif", "html")}
        options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
        result = hookproof("verify", url, *LUCIQ, *options, "--skip", "slow-body")
    report = json.loads(files["json"].read_text(encoding="utf-8"))
    failed = [entry for entry in report["results"] if entry["verdict"] == "fail"]

    assert result.status == 1
    assert list(report) == [
        "hookproof",
        "vendor",
        "revision",
        "receiver",
        "seed",
        "partial",
        "seconds",
        "summary",
        "results",
    ]
    assert report["summary"]["fail"] == len(failed) > 10
    assert "slow-body" not in verdicts(report)
    keys = {"id", "title", "group", "verdict", "level", "reason", "basis", "why", "fix", "known", "evidence"}
    assert all(set(entry) == keys for entry in report["results"])
    assert all(entry["evidence"]["request"]["curl"].startswith(("curl ", "echo ")) for entry in failed)

    suites = JUnitXml.fromfile(str(files["junit"]))
    assert suites.failures == len(failed)
    assert suites.tests == len(report["results"])
    assert suites.skipped == report["summary"]["inconclusive"] + report["summary"]["not_applicable"]

    sarif = json.loads(files["sarif"].read_text(encoding="utf-8"))
    (run,) = sarif["runs"]
    assert sarif["version"] == "2.1.0"
    assert [entry["ruleId"] for entry in run["results"]] == [entry["id"] for entry in failed]
    assert all(run["tool"]["driver"]["rules"][entry["ruleIndex"]]["id"] == entry["ruleId"] for entry in run["results"])

    page = files["html"].read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    for path in files.values():
        content = path.read_text(encoding="utf-8")
        assert SECRET not in content
        assert "\x1b" not in content
        assert path.name == "report.json" or "\0" not in content
    assert "\x1b" not in result.text


def test_a_baseline_accepts_what_was_known(hookproof: Run, tmp_path: Path) -> None:
    """Only new failures count; known ones are still shown as failures, marked as known."""
    known, second = tmp_path / "known.json", tmp_path / "second.json"
    with answering(replying(ok(status="500 Oh"))) as url:
        arguments = ("verify", url, "--vendor", "bugsplat", "--only", "event-accepted", "--only", "malformed-body")
        first = hookproof(*arguments[:5], "event-accepted", "--json", known)
        new = hookproof(*arguments, "--baseline", known, "--json", second)
        same = hookproof(*arguments, "--baseline", second, "--junit", tmp_path / "junit.xml")
    entries = {entry["id"]: entry["known"] for entry in json.loads(second.read_text())["results"]}

    assert (first.status, new.status, same.status) == (1, 1, 0)
    assert entries == {"event-accepted": True, "malformed-body": False}
    assert "2 known failures, accepted by the baseline" in same.text
    assert JUnitXml.fromfile(str(tmp_path / "junit.xml")).failures == 0


def test_a_baseline_that_is_none(hookproof: Run, tmp_path: Path) -> None:
    """Says so."""
    (tmp_path / "x.json").write_text("[]")
    result = hookproof("verify", "http://127.0.0.1:1/", *LUCIQ, "--baseline", tmp_path / "x.json")

    assert result.status == 2
    assert "not a JSON report" in result.err


def test_annotations_on_github(hookproof: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command a failure, on one line."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with answering(replying(ok(status="500 Oh"))) as url:
        result = hookproof("verify", url, "--vendor", "bugsplat", "--only", "event-accepted")

    (line,) = [line for line in result.text.splitlines() if line.startswith("::")]
    assert line.startswith(
        "::error title=bugsplat%3A A genuine event of each kind is accepted::a genuine bugsplat.notification"
    )


def test_an_interruption_leaves_a_valid_report_that_says_it_is_partial(tmp_path: Path) -> None:
    """Ctrl-C: exit 2, what was judged is there, the rest is inconclusive."""
    path = tmp_path / "report.json"
    busy, gate = threading.Event(), threading.Event()
    seen: list[int] = []

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        seen.append(1)
        if len(seen) > 10:  # some checks are done, and the others wait for an answer
            busy.set()
            gate.wait(30)
        connection.sendall(ok())

    with answering(answer) as url:
        command = [sys.executable, "-m", "hookproof", "verify", url, "--vendor", "bugsplat", "--json", str(path)]
        process = subprocess.Popen(
            [*command, "--timeout", "30"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert busy.wait(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        gate.set()
    report = json.loads(path.read_text(encoding="utf-8"))

    assert process.returncode in (1, 2)
    assert report["partial"] is True
    assert set(verdicts(report)) == set(catalogue.checks())
    assert "interrupted before this check" in json.dumps(report)
    assert "this report is partial" in out
    assert "Traceback" not in err


def test_the_same_seed_sends_the_same_requests(hookproof: Run) -> None:
    """And reports in the same order; another seed sends others."""

    def sent(seed: str) -> tuple[list[str], set[bytes]]:
        bodies: set[bytes] = set()

        def answer(connection: socket.socket) -> None:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
            length = int(lengths[0].split(b":")[1])
            while len(body) < length:
                body += connection.recv(65536)
            bodies.add(body)
            connection.sendall(ok())

        checks = ("event-accepted", "optional-missing", "null-member", "unknown-member")
        only = [part for check in checks for part in ("--only", check)]
        with answering(answer) as url:
            result = hookproof("verify", url, "--vendor", "bugsplat", "--seed", seed, "--json", "-", *only)
        return list(verdicts(json.loads(result.text))), bodies

    first, second, third = sent("1"), sent("1"), sent("2")
    assert first == second
    assert first[1] != third[1]


def test_checks_are_listed_and_explained(hookproof: Run) -> None:
    """Each with its level, basis and fix; unknown ones with the nearest known."""
    listed = hookproof("checks").text
    assert all(name in listed for name in catalogue.checks())
    for name, check in catalogue.checks().items():
        told = hookproof("checks", name).text
        assert check.fix in told
        assert check.group in told
    assert len(json.loads(hookproof("checks", "--json").text)) == len(catalogue.checks())
    assert hookproof("checks", "durabilty").status == 2
    assert "did you mean durability" in hookproof("checks", "durabilty").err


def test_every_class_of_bugs_is_checked_or_waits_with_a_reason() -> None:
    """All 85 are accounted for."""
    checked = {number for check in catalogue.checks().values() for number in check.classes}
    waits = {number for entry in catalogue.waiting() for number in entry.classes}

    assert checked | waits == set(range(1, 86))
    assert not checked & waits


def test_every_check_has_a_function_and_words() -> None:
    """Groups, levels and needs are of the known ones, and the basis of each can be told for each contract."""
    for check in catalogue.checks().values():
        assert catalogue.function(check).__doc__
        assert check.group in ("authenticity", "http", "payload", "delivery")
        assert check.level in ("contract", "security", "robustness")
        assert set(check.needs) <= {"observe", "start"}
        for contract in default_library().contracts():
            event = next(iter(contract.events.values()))
            assert catalogue.basis(check, contract, event)


def test_the_library_says_the_same(receiver: str) -> None:
    """hookproof.verify returns the report."""
    secret = "d8yyxj7srjqf5xyih8ay"
    report = library.verify(f"{receiver}/luciq", vendor="luciq", secret=secret, only=("secret-other", "handshake"))

    assert report.passed
    assert report.summary == {"pass": 1, "fail": 0, "inconclusive": 0, "not_applicable": 1}


def test_identities_are_found_wherever_they_stand() -> None:
    """As a whole word, never as a part of another."""
    records = ["name\nvalue 2e6 x", "12e6", "2e67", "a\n2e6"]

    assert count(records, {"/object_id": "2e6"}) == 2
    assert count(records, {"/object_id": "2e6", "/name": "value"}) == 1


def test_secrets_are_masked_also_as_credentials() -> None:
    """In plain and in HTTP Basic."""
    assert masked("Basic aG9va3M6cHc= and hooks:pw", ["hooks:pw"]) == "Basic *** and ***"


@pytest.mark.parametrize("vendor", ["luciq", "instabug", "backtrace"])
def test_the_sample_receiver_stands_the_test_itself(receiver: str, vendor: str) -> None:
    """What the demo shows passes; it is a sample, and keeps no promise about what it does not do."""
    options = {"basic": "hookproof:any-password"} if vendor == "backtrace" else {"secret": "d8yyxj7srjqf5xyih8ay"}
    report = library.verify(f"{receiver}/{vendor}", vendor=vendor, **options)  # type: ignore[arg-type]

    assert {result.check.id: result.reason for result in report.failures} == {}
