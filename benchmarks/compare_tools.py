"""What general tools find of the planted bugs: writes ``docs/comparison.md``.

    pip install --group comparison . && python benchmarks/compare_tools.py

The Pact verifier gets what a team would write by hand: a genuine event that is accepted, one with a wrong signature or
wrong credentials and one without, which are refused. Schemathesis gets an OpenAPI document with the payload's schema.
Both are first run against the correct receiver; a bug counts as found where the outcome is another than there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import hookproof
from hookproof import schemas
from hookproof.contracts import default_library
from hookproof.verifier.process import free_port

ROOT = Path(__file__).parents[1]
RECEIVERS = ROOT / "tests/receivers"
SECRET, BASIC = "Zx81SpectrumQL48k", "hooks:s3cret-password"

os.environ["PACT_DO_NOT_TRACK"] = "true"
sys.path.insert(0, str(RECEIVERS))
import planted  # noqa: E402 (it stands in tests/receivers)


class Running:
    """The reference receiver in a process of its own, with a bug or without."""

    def __init__(self, vendor: str, bug: str | None) -> None:
        self.port = free_port()
        command = [sys.executable, str(RECEIVERS / "reference.py"), "--vendor", vendor, "--port", str(self.port)]
        command += ["--secret", SECRET] if vendor in ("luciq", "instabug") else []
        command += ["--basic", BASIC] if vendor == "backtrace" else []
        self.process = subprocess.Popen([*command, *(["--bug", bug] if bug else [])])

    def __enter__(self) -> str:
        import socket

        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                break
            except OSError:
                time.sleep(0.02)
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def event_of(vendor: str) -> str:
    return f"{vendor}.{next(iter(default_library().contract(vendor).events))}"


def genuine(vendor: str) -> Any:
    contract = default_library().contract(vendor)
    options: dict[str, Any] = (
        {"secret": SECRET} if contract.signature else {"basic": BASIC} if contract.credentials else {}
    )
    return hookproof.generate(event_of(vendor), seed="comparison", **options)


def pact(vendor: str, folder: Path) -> Path:
    """Write the pact that a team would write by hand."""
    request = genuine(vendor)
    contract = default_library().contract(vendor)
    sealed = contract.signature.header.value if contract.signature else "Authorization" if contract.credentials else ""
    wanted = [("a genuine event", request.headers, 200)]
    if sealed:
        others = [(name, value) for name, value in request.headers if name != sealed]
        value = request.header(sealed) or ""
        wanted.append(("an event with a wrong seal", [*others, (sealed, value[:-2] + "00")], 401))
        wanted.append(("an event without a seal", others, 401))

    def interaction(name: str, headers: list[tuple[str, str]], status: int) -> dict[str, Any]:
        body = {"content": request.body.decode(), "contentType": "application/json", "encoded": "JSON"}
        sent = {"method": "POST", "path": "/hook", "headers": {key: [value] for key, value in headers}, "body": body}
        return {"type": "Synchronous/HTTP", "description": name, "request": sent, "response": {"status": status}}

    document = {
        "consumer": {"name": vendor},
        "provider": {"name": "receiver"},
        "interactions": [interaction(*entry) for entry in wanted],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }
    path = folder / f"{vendor}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


VERIFY = """
import sys
from pact import Verifier
verifier = Verifier("receiver", host="127.0.0.1").add_transport(url=sys.argv[1]).add_source(sys.argv[2])
try:
    verifier.verify()
except RuntimeError:
    sys.exit(1)
"""


def pact_outcome(base: str, path: Path) -> bool:
    told = subprocess.run(
        [sys.executable, "-c", VERIFY, base, str(path)], capture_output=True, timeout=120, check=False
    )
    return told.returncode == 0


def openapi(vendor: str, folder: Path) -> Path:
    """Write an OpenAPI document of the receiver."""
    _, event = default_library().event(event_of(vendor))
    schema = {key: value for key, value in schemas.read(event.schema_path).items() if key not in ("$schema", "$id")}
    schema["$defs"] = {"pair": schemas.read(event.schema_path)["$defs"].get("pair", {})}
    text = json.dumps(schema).replace("#/$defs/pair", "#/components/schemas/pair")
    schema = json.loads(text)
    pair = schema.pop("$defs")["pair"]
    responses = {status: {"description": status} for status in ("200", "204", "400", "401", "405", "413", "415", "422")}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": responses,
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": vendor, "version": "1"},
        "paths": {"/hook": {"post": operation}},
        "components": {"schemas": {"pair": pair}},
    }
    path = folder / f"{vendor}.openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def schemathesis_outcome(base: str, path: Path, vendor: str) -> bool:
    checks = "not_a_server_error,status_code_conformance,response_schema_conformance"
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", str(path), "--url", base, "--checks", checks]
    command += ["--max-examples", "20", "--seed", "1", "--no-color", "--request-timeout", "5"]
    command += ["--auth", BASIC] if vendor == "backtrace" else []
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(command, capture_output=True, timeout=180, check=False, cwd=folder)
    return told.returncode == 0


def main() -> None:
    rows, counts = [], {"pact": 0, "schemathesis": 0}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sound: dict[str, tuple[bool, bool]] = {}
        for name, bug in planted.BUGS.items():
            vendor = bug.only
            if vendor not in sound:
                with Running(vendor, None) as base:
                    right = pact_outcome(base, pact(vendor, folder))
                    sound[vendor] = right, schemathesis_outcome(base, openapi(vendor, folder), vendor)
                sys.stderr.write(f"correct receiver for {vendor}: {sound[vendor]}\n")
            with Running(vendor, name) as base:
                by_pact = pact_outcome(base, folder / f"{vendor}.json") != sound[vendor][0]
            with Running(vendor, name) as base:
                by_schemathesis = (
                    schemathesis_outcome(base, folder / f"{vendor}.openapi.json", vendor) != sound[vendor][1]
                )
            counts["pact"] += by_pact
            counts["schemathesis"] += by_schemathesis
            shown = " ".join((bug.__doc__ or "").split())
            rows.append(
                f"| {name} | {shown} | {'found' if by_pact else ''} | {'found' if by_schemathesis else ''} | found |"
            )
            sys.stderr.write(rows[-1] + "\n")
    total = len(rows)
    text = f"""# What other tools find

On the receivers with one planted bug each in `tests/receivers/planted.py`, the same that hookproof's own tests use.
Written by `python benchmarks/compare_tools.py`, which says how each tool was run; that hookproof finds each bug, and
blames nothing else, is tested in every build.

The comparison is not fair, and is not meant to be: Pact checks examples and Schemathesis a schema, both do much that
hookproof does not, and neither can sign, look at effects, or break a connection without code of your own around it.
It shows what is left to do after they have passed.

| | Pact verifier alone | Schemathesis alone | hookproof |
| --- | --- | --- | --- |
| found of {total} | {counts["pact"]} | {counts["schemathesis"]} | {total} |

| bug | in words | Pact verifier | Schemathesis | hookproof |
| --- | --- | --- | --- | --- |
"""
    (ROOT / "docs/comparison.md").write_text(text + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
