"""Correct receivers in the frameworks that teams use, for all vendors: none of them fails a check."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hookproof
from hookproof.contracts import default_library

FOLDER = Path(__file__).parent / "receivers"
SECRET = "Zx81SpectrumQL48k"
BASIC = "hooks:s3cret-password"
FRAMEWORKS = {
    "flask": f"{sys.executable} {FOLDER / 'flask_app.py'}",
    "fastapi": f"{sys.executable} {FOLDER / 'fastapi_app.py'}",
    "django": f"{sys.executable} {FOLDER / 'django_app.py'}",
    "aiohttp": f"{sys.executable} {FOLDER / 'aiohttp_app.py'}",
    "node": f"node {FOLDER / 'node/http.js'}",
    "express": f"node {FOLDER / 'node/express.js'}",
    "java": "java -Xshare:auto -XX:TieredStopAtLevel=1 -cp {classes} Receiver",
}


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Java receiver, compiled."""
    folder = tmp_path_factory.mktemp("classes")
    subprocess.run(["javac", "-d", str(folder), str(FOLDER / "java/Receiver.java")], check=True)
    return folder


@pytest.mark.parametrize("vendor", default_library().vendors)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_correct_receiver_fails_nothing(
    framework: str, vendor: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """With its effects observed and its process in our hands."""
    command = FRAMEWORKS[framework]
    runtime = command.split()[0]
    if shutil.which(runtime) is None:
        pytest.skip(f"{runtime} is not installed")
    if framework == "java":
        command = command.replace("{classes}", str(request.getfixturevalue("classes")))
    if framework == "express":
        request.getfixturevalue("node_modules")
    contract = default_library().contract(vendor)
    start = f"{command} --vendor {vendor} --port {{port}} --db {tmp_path / 'db'}"
    options: dict[str, Any] = {}
    if contract.signature:
        options["secret"] = SECRET
        start += " --secret {secret}"
    if contract.credentials:
        options["basic"] = BASIC
        start += f" --basic {BASIC}"
    base = "http://127.0.0.1:{port}"
    report = hookproof.verify(f"{base}/hook", vendor=vendor, observe=f"{base}/events", start=start, **options)

    assert [f"{result.check.id}: {result.reason}" for result in report.failures] == []
    assert report.summary["pass"] > 35


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_a_report_in_sarif_keeps_the_schema_of_sarif(node_modules: Path) -> None:
    """The one of the standard, as another tool ships it."""
    import json

    from jsonschema import validators

    from hookproof.delivery.receiver import Inbox, running
    from hookproof.verifier.reports import WRITERS

    schema = json.loads((node_modules / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_bytes())
    with running(Inbox({}, {})) as base:
        report = hookproof.verify(base, vendor="luciq", secret=SECRET, skip=("slow-body",))
    document = json.loads(WRITERS["sarif"](report))

    assert len(document["runs"][0]["results"]) > 5
    assert [error.message for error in validators.validator_for(schema)(schema).iter_errors(document)] == []
