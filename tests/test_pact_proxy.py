"""The signing proxy: what passes through it carries the vendor's seal, made over the very bytes."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from catcher import Catcher

from hookproof.contracts import default_library
from hookproof.pact import document, verification

SECRET, HEADER = "d8yyxj7srjqf5xyih8ay", "x-lcq-signature-256"
Start = Callable[..., int]


@pytest.fixture
def proxy() -> Iterator[Start]:
    """Run the command; returns the port of the proxy."""
    processes = []

    def start(*arguments: str) -> int:
        command = [sys.executable, "-m", "hookproof", "pact", "proxy", "--port", "0", *arguments]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told.startswith("hookproof: passing on from http://127.0.0.1:"), told
        return int(told.split()[4].rpartition(":")[2])

    yield start
    for process in processes:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0


def post(port: int, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def sign(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def test_bytes_pass_unchanged_and_signed(proxy: Start, catcher: Catcher) -> None:
    """Whatever they are; headers stay, the answer comes back."""
    catcher.statuses = [202]
    port = proxy("--to", catcher.url, "--vendor", "luciq", "--secret", SECRET)
    body = b'{ "a" : 1.0 }\n\xff'
    status, answer = post(port, "/deep?x=1&y=%20", body, Content_Type="application/json", X_Other="kept")

    arrived = catcher.caught[0]
    assert (status, answer) == (202, catcher.answer)
    assert (arrived.path, arrived.body) == ("/hook/deep?x=1&y=%20", body)
    assert arrived.header(HEADER) == sign(body)
    assert arrived.header("x-other") == "kept"


def test_what_is_signed_keeps_its_signature(proxy: Start, catcher: Catcher) -> None:
    """So that refusals can be verified through it; unless it is to be replaced."""
    kept = proxy("--to", catcher.url, "--vendor", "luciq", "--secret", SECRET)
    replaced = proxy("--to", catcher.url, "--vendor", "luciq", "--secret", SECRET, "--replace")
    for port in (kept, replaced):
        post(port, "/", b"{}", **{HEADER: "wrong"})

    assert [one.header(HEADER) for one in catcher.caught] == ["wrong", sign(b"{}")]


def test_credentials_are_added_likewise(proxy: Start, catcher: Catcher) -> None:
    """For vendors that send them."""
    port = proxy("--to", catcher.url, "--vendor", "backtrace", "--basic", "user:pw")
    post(port, "/", b"{}")

    assert catcher.caught[0].header("authorization") == "Basic dXNlcjpwdw=="


def test_a_pact_of_plain_json_is_verified_through_it(proxy: Start, hookproof_receiver: Any) -> None:
    """As teams write it: no signature, another secret at the receiver."""
    from flask import Flask, request

    app = Flask(__name__)

    @app.post("/hook/")
    def hook() -> Any:
        return "", 204 if hmac.compare_digest(sign(request.get_data()), request.headers.get(HEADER, "")) else 401

    port = proxy("--to", hookproof_receiver(app) + "/hook", "--vendor", "luciq", "--secret", SECRET)
    pact = verification.chosen(document.pact(default_library().contract("luciq")), kinds=["accepted"])
    for entry in pact["interactions"]:
        del entry["request"]["headers"][HEADER]
        entry["request"]["body"] = {"content": {"Exception": "x"}, "contentType": "application/json", "encoded": False}
    found = verification.verify(pact, f"http://127.0.0.1:{port}/")

    assert found.failures == []


def test_a_receiver_that_is_down(proxy: Start) -> None:
    """Is told as a bad gateway."""
    port = proxy("--to", "http://127.0.0.1:9", "--vendor", "luciq", "--secret", SECRET)
    status, answer = post(port, "/", b"{}")

    assert status == 502
    assert b"connection refused" in answer


def test_what_cannot_be_started(hookproof: Any) -> None:
    """One sentence each."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, told in (
            (("--vendor", "luciq"), "signs with a secret"), (("--vendor", "bugsplat"), "nothing to add"),
            (("--vendor", "luciq", "--secret", "short"), "would not accept this secret"),
            (("--vendor", "luciq", "--secret", SECRET, "--port", port), "cannot listen"),
        ):  # fmt: skip
            result = hookproof("pact", "proxy", "--to", "http://127.0.0.1:9", *arguments)
            assert result.status == 2
            assert told in result.err
    result = hookproof("pact", "proxy", "--to", "http://192.0.2.1", "--vendor", "luciq", "--secret", SECRET)
    assert "--allow-target" in result.err
