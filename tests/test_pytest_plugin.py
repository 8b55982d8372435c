"""The pytest plugin, as a user's tests use it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SECRET = "Zx81SpectrumQL48k"
APP = f'''
import hashlib, hmac, json
from flask import Flask, Response, request

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 8_000_000
KEPT = {{}}

@app.post("/hook")
def hook():
    body = request.get_data()
    given = request.headers.get("x-lcq-signature-256", "")
    if not hmac.compare_digest(hmac.new(b"{SECRET}", body, hashlib.sha256).hexdigest().encode(), given.encode()):
        return "", 401
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return "", 400
    if not isinstance(payload, dict):
        return "", 400
    KEPT.setdefault(str(payload.get("URL") or payload.get("url")), payload)
    return "", 204

@app.get("/events")
def events():
    return Response(json.dumps(list(KEPT.values())), content_type="application/json")

async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({{"type": "http.response.start", "status": 204, "headers": []}})
    await send({{"type": "http.response.body", "body": b""}})
'''


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with an application of its own."""
    pytester.makepyfile(service=APP)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    return pytester


def options(path: str = "/hook") -> list[str]:
    return ["--hookproof-app", "service:app", "--hookproof-path", path, "--hookproof-vendor", "luciq",
            "--hookproof-secret", SECRET, "--hookproof-observe", "/events", "-p", "no:cacheprovider"]  # fmt: skip


def test_each_check_is_a_test(project: pytest.Pytester) -> None:
    """Against an application object of the same process; what does not apply is skipped, with the reason."""
    result = project.runpytest_subprocess(*options(), "-rs", "-k", "signature or handshake or event")

    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 10
    assert "failed" not in outcomes
    result.stdout.fnmatch_lines(["*not applicable: Luciq has no verify request*"])


def test_a_failed_check_fails_its_test_with_the_reports_words(project: pytest.Pytester) -> None:
    """No traceback, but what was sent, what came back and how to fix it; -x and JUnit just work."""
    result = project.runpytest_subprocess(*options("/nowhere"), "-x", "--junitxml=out.xml")

    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*answered 404; expected 2xx*", "*fix *"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert "event-accepted" in (project.path / "out.xml").read_text()


def test_checks_run_under_xdist(project: pytest.Pytester) -> None:
    """Each worker serves the application for itself."""
    result = project.runpytest_subprocess(*options(), "-n", "2", "-k", "secret-other or body-tampered or bypass")

    assert result.parseoutcomes()["passed"] == 3


def test_fixtures(project: pytest.Pytester) -> None:
    """Requests, applications and verdicts for tests of one's own."""
    project.makepyfile(
        f'''
        import urllib.error, urllib.request
        import pytest
        from service import app, asgi

        LUCIQ = {{"vendor": "luciq", "secret": "{SECRET}", "only": ("secret-other",)}}

        def post(url, request):
            headers = dict(request.headers)
            return urllib.request.urlopen(urllib.request.Request(url, request.body, headers, method="POST"))

        def test_wsgi(hookproof_receiver, signed_request):
            base = hookproof_receiver(app)
            assert post(base + "/hook", signed_request("luciq.crash", secret="{SECRET}")).status == 204
            with pytest.raises(urllib.error.HTTPError):
                post(base + "/hook", signed_request("luciq.crash"))

        def test_asgi(hookproof_receiver, signed_request):
            assert post(hookproof_receiver(asgi), signed_request("betterbugs.bug")).status == 204

        def test_verify(hookproof_receiver, hookproof_verify):
            hookproof_verify(hookproof_receiver(app) + "/hook", **LUCIQ)

        def test_verify_fails(hookproof_receiver, hookproof_verify):
            hookproof_verify(hookproof_receiver(asgi), **LUCIQ)
        '''
    )
    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    assert result.parseoutcomes() == {"passed": 3, "failed": 1}
    result.stdout.fnmatch_lines(["*secret-other: an event signed with another secret was answered 204; expected 4xx*"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--hookproof-url", "http://127.0.0.1:1/"], "go with --hookproof-vendor"),
        (["--hookproof-url", "x", "--hookproof-app", "y", "--hookproof-vendor", "luciq"], "not both"),
        (
            ["--hookproof-app", "service", "--hookproof-vendor", "bugsplat", "-k", "handshake"],
            "expected module:attribute",
        ),
        (["--hookproof-app", "service:nope", "--hookproof-vendor", "bugsplat", "-k", "handshake"], "cannot be loaded"),
        (
            ["--hookproof-url", "http://127.0.0.1:1/", "--hookproof-vendor", "bugsplat", "-k", "burst"],
            "cannot be reached",
        ),
        (
            ["--hookproof-url", "http://127.0.0.1:1/", "--hookproof-vendor", "bugspalt", "-k", "burst"],
            "mean bugsplat",
        ),
    ],
)
def test_what_is_wrong_is_said(project: pytest.Pytester, arguments: list[str], said: str) -> None:
    """In a sentence."""
    result = project.runpytest_subprocess(*arguments, "-p", "no:cacheprovider")

    assert said in result.stdout.str() + result.stderr.str()
    assert result.ret != 0


def test_the_plugin_is_polite() -> None:
    """A session that does not use it loads nothing but the plugin itself, and it can be switched off."""
    import subprocess

    heavy = {"hookproof.verifier", "hookproof.generator", "click", "asyncio.runners"}
    code = f"import sys, hookproof.pytest_plugin; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    command = [sys.executable, "-m", "pytest", "--help", "-p", "no:hookproof"]
    docs = Path(__file__).parents[1] / "docs"
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=docs)
    assert "--hookproof-url" not in told.stdout


MOCK = """
import pytest

def test_one(mock_vendors, hookproof_receiver):
    import service
    one = mock_vendors.integrate("luciq", hookproof_receiver(service.app) + "/hook", secret="%s")
    assert one["id"] == "integration-1"
    mock_vendors.trigger("luciq.crash")
    (delivery,) = mock_vendors.deliveries(1)
    assert delivery["state"] == "delivered"

@pytest.mark.parametrize("number", range(6))
def test_each_has_a_namespace_of_its_own(mock_vendors, number):
    mock_vendors.freeze(f"202{number}-01-01T00:00:00Z")
    mock_vendors.integrate("luciq", "http://127.0.0.1:9/")
    mock_vendors.trigger("luciq.apm")
    (delivery,) = mock_vendors.deliveries(1)
    assert delivery["id"] == "delivery-1"
    assert delivery["due"].startswith(f"202{number}")
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_mock_vendors_keep_tests_apart(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """In one process, and in several."""
    project.makepyfile(test_mock=MOCK % SECRET)
    result = project.runpytest_subprocess("-p", "no:cacheprovider", *workers)

    result.assert_outcomes(passed=7)
