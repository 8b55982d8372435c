"""Verifying a receiver by pacts, through the verifier of pact-python; what it counts is counted again."""

from __future__ import annotations

import asyncio
import copy
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookproof.delivery.targets import Target, resolve
from hookproof.delivery.wire import Connection, WireError
from hookproof.errors import UsageError
from hookproof.pact.document import PactError, written
from hookproof.pact.states import States, switching

Document = dict[str, Any]

PATIENCE = 20.0
"""Seconds that a verification may take, besides those of its interactions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one interaction.

    Attributes:
        event: ``vendor.kind``, or "" for a verify request; kind: ``accepted``, ``rejected`` or ``handshake``.
        failures: what was wrong with the answer; empty where nothing was.
    """

    key: str
    description: str
    event: str
    kind: str
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the receiver did what the interaction asks for."""
        return not self.failures


@dataclass
class Verification:
    """The outcomes of a pact."""

    vendor: str
    revision: str
    url: str
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def failures(self) -> list[Outcome]:
        """The outcomes that failed."""
        return [outcome for outcome in self.outcomes if not outcome.passed]

    def document(self) -> Document:
        """Return the report as JSON data."""
        outcomes = [
            {"key": one.key, "description": one.description, "event": one.event, "kind": one.kind,
             "verdict": "pass" if one.passed else "fail", "failures": list(one.failures)}
            for one in self.outcomes
        ]  # fmt: skip
        failed = len(self.failures)
        return {
            "vendor": self.vendor,
            "revision": self.revision,
            "receiver": self.url,
            "summary": {"pass": len(self.outcomes) - failed, "fail": failed},
            "interactions": outcomes,
        }


def chosen(document: Document, events: Sequence[str] = (), kinds: Sequence[str] = ()) -> Document:
    """Return a pact with those interactions alone that belong to the events and are of the kinds.

    Raises:
        PactError: none is left.
    """
    left = [entry for entry in document["interactions"] if _wanted(entry, events, kinds)]
    if not left:
        told = " and ".join(filter(None, (" or ".join(events), " or ".join(kinds)))) or "anything"
        raise PactError(f"no interaction is about {told}, so nothing would be verified")
    return {**document, "interactions": left}


def verify(
    document: Document, url: str, *, states: States | None = None, timeout: float = 5, allowed: Sequence[str] = ()
) -> Verification:
    """Run the interactions of a pact against a receiver.

    Args:
        document: the pact; its path is replaced by that of the URL.
        url: the receiver.
        states: where or how provider states are set, see :data:`hookproof.pact.states.States`; without, they are not.
        timeout: seconds that an answer may take.
        allowed: targets that may be sent to besides loopback.

    Raises:
        PactError: nothing would be verified, the receiver cannot be reached, or a state cannot be set.
        TargetError: nothing may be sent there.
        UsageError: pact-python is not installed.
    """
    entries = document["interactions"]
    if not entries:
        raise PactError("the pact has no interactions, so nothing would be verified")
    target = asyncio.run(_reached(url, timeout, allowed))
    moved = copy.deepcopy(document)
    for entry in moved["interactions"]:
        entry["request"]["path"], _, query = target.path.partition("?")
        if query:
            raise PactError("the URL of a receiver has no query here; its path is put into each interaction")
    with tempfile.TemporaryDirectory() as folder, switching(states, timeout) if states else nullcontext() as switch:
        pact, result = Path(folder) / "pact.json", Path(folder) / "result.json"
        pact.write_bytes(written(moved))
        asked = {
            "provider": document["provider"]["name"],
            "host": target.host,
            "base": f"{target.scheme}://{target.authority}",
            "pact": str(pact),
            "states": switch.url if switch else None,
            "timeout": timeout,
            "result": str(result),
        }
        answer = run(asked, result, PATIENCE + timeout * len(entries))
        if switch and switch.failures:
            raise PactError(switch.failures[0])
    source = document.get("metadata", {}).get("hookproof", {})
    found = Verification(source.get("vendor", ""), source.get("revision", ""), url)
    found.outcomes = list(_outcomes(entries, answer["results"].get("interactionResults", [])))
    if len(found.outcomes) != len(entries):
        raise PactError(f"of {len(entries)} interactions {len(found.outcomes)} were run: {answer['trouble']}")
    return found


def _wanted(entry: Document, events: Sequence[str], kinds: Sequence[str]) -> bool:
    about = entry.get("comments", {}).get("hookproof", {})
    return (not events or about.get("event") in events) and (not kinds or about.get("kind") in kinds)


async def _reached(url: str, timeout: float, allowed: Sequence[str]) -> Target:
    target = await resolve(url, allowed)
    try:
        connection = await Connection.open(target, timeout)
    except WireError as error:
        raise PactError(f"{url} cannot be reached: {error}; is the receiver running?") from error
    connection.close()
    await asyncio.sleep(0)
    return target


def run(asked: Document, result: Path, patience: float) -> Document:
    command = [sys.executable, "-m", "hookproof.pact.runner"]
    try:
        ended = subprocess.run(  # noqa: S603 (this Python, our module)
            command, input=json.dumps(asked), capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PactError(f"the verification did not end within {patience:g} seconds") from error
    if "No module named 'pact'" in ended.stderr:
        raise UsageError("verifying pacts needs pact-python: pip install hookproof[pact]")
    if not result.exists():
        last = ended.stderr.strip().splitlines()[-1:] or [f"exit status {ended.returncode}"]
        raise PactError(f"the verifier of pact-python broke down: {last[0]}")
    answer: Document = json.loads(result.read_bytes())
    return answer


def _outcomes(entries: Iterable[Document], results: Iterable[Document]) -> Iterable[Outcome]:
    came = {one.get("interactionKey") or one["description"]: one for one in results}
    for entry in entries:
        about = entry.get("comments", {}).get("hookproof", {})
        result = came.get(entry.get("key")) or came.get(entry["description"])
        if result is not None:
            failures = () if result["result"] == "OK" else tuple(_failures(result.get("mismatch", {})))
            yield Outcome(
                entry.get("key", ""), entry["description"], about.get("event", ""), about.get("kind", ""), failures
            )


def _failures(mismatch: Document) -> Iterable[str]:
    for one in mismatch.get("mismatches", []):
        yield str(one.get("mismatch") or one)
    if not mismatch.get("mismatches"):
        yield str(mismatch.get("message") or mismatch.get("error") or "no answer")
