"""A consumer's pact against a vendor's contract: by the schema, and by messages through the verifier of Pact."""

from __future__ import annotations

import base64
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookproof import schemas
from hookproof.contracts.model import Contract, Event
from hookproof.errors import UnknownNameError
from hookproof.generator import Generator, Options
from hookproof.pact.document import PactError
from hookproof.pact.expectation import Expectation
from hookproof.pact.promise import Finding, Judge
from hookproof.pact.verification import PATIENCE, run
from hookproof.schemas import Profile

EDGES, TYPICAL = 12, 4
SEED = "consumer"
SHOWN = 5
"""How many ways in which payloads broke an expectation are shown."""


@dataclass
class Answer:
    """What came of one expectation.

    Attributes:
        findings: by the schema, a place each.
        broken: by messages: which payload broke it, and how; empty where none did, None where none was sent.
        sent: how many payloads were sent.
    """

    expectation: str
    event: str
    findings: list[Finding]
    broken: list[str] | None = None
    sent: int = 0

    @property
    def verdict(self) -> str:
        """``promised``, ``not promised``, or ``not broken``: not all can be shown, and no payload sent broke it."""
        verdicts = {finding.verdict for finding in self.findings}
        if verdicts == {"promised"} and not self.broken:
            return "promised"
        return "not broken" if "not promised" not in verdicts and self.broken == [] else "not promised"

    def lines(self) -> Iterator[str]:
        """Yield the lines of a report, what is not promised first."""
        yield f"{self.expectation} ({self.event}): {self.verdict}"
        for finding in sorted(self.findings, key=lambda one: one.verdict == "promised"):
            yield f"  {finding}"
            if finding.basis and finding.verdict != "promised":
                yield f"      the rule there is {finding.basis}"
        if self.broken is not None:
            told = Counter(self.broken)
            outcome = "some" if told else "none"
            yield f"  {self.sent} payloads of every branch and edge were sent: {outcome} broke it"
            yield from (f"      {times} times: {text}" for text, times in sorted(told.items())[:SHOWN])
            if len(told) > SHOWN:
                yield f"      and {len(told) - SHOWN} more"

    def document(self) -> dict[str, Any]:
        """Return the answer as JSON data."""
        return {
            "expectation": self.expectation,
            "event": self.event,
            "verdict": self.verdict,
            "places": [
                {"place": one.place, "verdict": one.verdict, "reason": one.reason, "counterexample": one.counterexample,
                 "basis": one.basis}
                for one in self.findings
            ],
            "messages": None if self.broken is None else {"sent": self.sent, "broken": self.broken},
        }  # fmt: skip


@dataclass
class Samples:
    """Payloads of an event: all branches of its schema, edges, and what is usual."""

    contract: Contract
    event: Event
    present: Sequence[str] = ()
    payloads: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for variant, count in (("coverage", None), ("edge", EDGES), ("typical", TYPICAL), ("minimal", 1)):
            generator = Generator(self.contract, self.event, SEED, Options(variant=variant))
            self.payloads += [request.payload for request in generator.requests(count)]
        self.payloads = [one for one in self.payloads if all(name in one for name in self.present)]
        if not self.payloads:
            raise PactError(f"no payload of {self.event.name} has all of {', '.join(self.present)}")


def event_of(expectation: Expectation, contract: Contract) -> Event:
    """Find the event that an expectation is about: named in its description or states, the only one, or the likeliest.

    Raises:
        PactError: it could be several.
    """
    words = " ".join((expectation.name, *expectation.states)).lower().replace(".", " ").split()
    named = [event for kind, event in contract.events.items() if kind in words]
    if len(named) == 1:
        return named[0]
    if len(contract.events) == 1:
        return next(iter(contract.events.values()))
    if isinstance(expectation.example, dict):
        fits = {
            event.kind: len(expectation.example.keys() & schemas.properties(event.schema_path).keys())
            for event in contract.events.values()
        }
        best = [kind for kind, count in fits.items() if count == max(fits.values()) > 0]
        if len(best) == 1:
            return contract.events[best[0]]
    raise PactError(
        f"which event {expectation.name!r} is about cannot be told; name it in the description, or with --event:"
        f" {', '.join(event.name for event in contract.events.values())}"
    )


def judge(
    expectations: Sequence[Expectation],
    contract: Contract,
    kind: str | None = None,
    profile: Profile = "generated",
    present: Sequence[str] = (),
) -> list[Answer]:
    """Judge expectations by the schema alone.

    Args:
        kind: the kind of event that they are about, where that cannot be told.
        present: members that an integration is set up to forward, so that they are always there.

    Raises:
        PactError: which event is meant cannot be told.
        UnknownNameError: the event has no such member.
    """
    samples: dict[str, Samples] = {}
    answers = []
    for expectation in expectations:
        event = contract.event(kind) if kind else event_of(expectation, contract)
        for name in present:
            if name not in schemas.properties(event.schema_path):
                raise UnknownNameError(f"member of {event.name}", name, schemas.properties(event.schema_path))
        known = samples.setdefault(event.kind, Samples(contract, event, present))
        judged = Judge(event, profile, known.payloads, present).judge(expectation)
        answers.append(Answer(expectation.name, event.name, judged))
    return answers


def send(
    expectations: Sequence[Expectation],
    contract: Contract,
    answers: Sequence[Answer],
    provider: str,
    present: Sequence[str] = (),
) -> None:
    """Send payloads of every branch and edge through the verifier of pact-python, and add what broke to the answers.

    Raises:
        PactError: not all of them were run.
        UsageError: pact-python is not installed.
    """
    entries: list[dict[str, Any]] = []
    messages: dict[str, str] = {}
    owners: dict[str, Answer] = {}
    for expectation, answer in zip(expectations, answers, strict=True):
        payloads = Samples(contract, contract.event(answer.event.partition(".")[2]), present).payloads
        answer.broken, answer.sent = [], len(payloads)
        for payload in payloads:
            name = f"{len(owners)} {expectation.name}"
            owners[name] = answer
            entries.append({**expectation.entry, "description": name, "key": name})
            body = json.dumps(payload).encode()
            messages[name] = base64.b64encode(body).decode("ascii")
    key, version = ("messages", "3.0.0") if "type" not in entries[0] else ("interactions", "4.0")
    document = {
        "consumer": {"name": "consumer"},
        "provider": {"name": provider},
        key: entries,
        "metadata": {"pactSpecification": {"version": version}},
    }
    with tempfile.TemporaryDirectory() as folder:
        pact, result = Path(folder) / "pact.json", Path(folder) / "result.json"
        pact.write_text(json.dumps(document), encoding="utf-8")
        asked = {"provider": provider, "pact": str(pact), "messages": messages, "result": str(result)}
        found = run(asked, result, PATIENCE + len(entries))
    results = found["results"].get("interactionResults", [])
    if len(results) != len(entries):
        raise PactError(f"of {len(entries)} messages {len(results)} were judged: {found['trouble']}")
    for one in results:
        answer = owners[one["description"]]
        if one["result"] != "OK" and answer.broken is not None:
            answer.broken += map(_broken, one.get("mismatch", {}).get("mismatches", [one]))


def _broken(mismatch: dict[str, Any]) -> str:
    place = mismatch.get("path", "")
    return f"{place}: {mismatch.get('mismatch', mismatch.get('description', 'it does not match'))}".lstrip(": ")
