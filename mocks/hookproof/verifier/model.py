"""What a verification says: checks, verdicts, the evidence for them, and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hookproof.errors import HookproofError

Verdict = Literal["pass", "fail", "inconclusive", "not_applicable"]
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "inconclusive", "not_applicable")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the verifier tries.

    Attributes:
        group: ``authenticity``, ``http``, ``payload`` or ``delivery``.
        level: ``contract`` (what the vendor's documents say), ``security`` or ``robustness`` (what real wires do).
        basis: the fact or advisory that it rests on; for contract facts, the words of the contract are added.
        why: what happens to a team whose receiver fails.
        fix: what to do about a failure.
        classes: the numbers of the classes of bugs it finds.
        applies: what a contract must have: ``signature``, ``credentials``, ``form``, ``handshake`` or nothing.
        needs: what must be given: ``observe``, ``start``, ``secret``.
        alone: it must not run beside others.
    """

    id: str
    title: str
    group: str
    level: str
    basis: str
    why: str
    fix: str
    classes: tuple[int, ...]
    applies: str = ""
    needs: tuple[str, ...] = ()
    alone: bool = False


@dataclass(slots=True)
class Exchange:
    """One request of a check and what came back, shortened and with secrets masked.

    Attributes:
        request: method, url, headers and body as text, and ``curl``, a line that sends it again.
        response: status, headers and body as text, or ``trouble`` where there was no answer.
    """

    request: dict[str, Any]
    response: dict[str, Any]


@dataclass(slots=True)
class Result:
    """What came of one check.

    Attributes:
        reason: why the verdict is what it is, in a sentence.
        evidence: the exchange that decided it, or None.
        known: it failed, and a baseline accepts that.
    """

    check: Check
    verdict: Verdict
    reason: str
    basis: str
    evidence: Exchange | None = None
    known: bool = False
    seconds: float = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the result as it stands in the JSON report."""
        return {
            "id": self.check.id,
            "title": self.check.title,
            "group": self.check.group,
            "verdict": self.verdict,
            "level": self.check.level,
            "reason": self.reason,
            "basis": self.basis,
            "why": self.check.why,
            "fix": self.check.fix,
            "known": self.known,
            "evidence": None
            if self.evidence is None
            else {"request": self.evidence.request, "response": self.evidence.response},
        }


@dataclass
class Report:
    """The verdict on a receiver: one result for each check, in the catalogue's order.

    Attributes:
        partial: the run was interrupted; what was not run is inconclusive.
    """

    vendor: str
    revision: str
    receiver: str
    seed: int | str
    version: str
    results: list[Result] = field(default_factory=list)
    partial: bool = False
    seconds: float = 0

    @property
    def summary(self) -> dict[str, int]:
        """How many results there are of each verdict."""
        return {verdict: sum(result.verdict == verdict for result in self.results) for verdict in VERDICTS}

    @property
    def failures(self) -> list[Result]:
        """The failures that no baseline accepts."""
        return [result for result in self.results if result.verdict == "fail" and not result.known]

    @property
    def passed(self) -> bool:
        """Whether the run is whole, something was judged, and nothing new failed."""
        judged = self.summary["pass"] + self.summary["fail"]
        return not self.failures and not self.partial and judged > 0

    def accept(self, known: Mapping[str, str]) -> None:
        """Mark the failures that a baseline knows: check ids, each with the verdict it had."""
        for result in self.results:
            result.known = result.verdict == "fail" and known.get(result.check.id) == "fail"

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return {
            "hookproof": self.version,
            "vendor": self.vendor,
            "revision": self.revision,
            "receiver": self.receiver,
            "seed": self.seed,
            "partial": self.partial,
            "seconds": round(self.seconds, 3),
            "summary": self.summary,
            "results": [result.as_dict() for result in self.results],
        }


class Failed(Exception):  # noqa: N818 (it is a verdict, not an error)
    """Ends a check with the verdict *fail*."""

    def __init__(self, reason: str, evidence: Exchange | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


class Undecided(Exception):  # noqa: N818
    """Ends a check with the verdict *inconclusive*."""

    def __init__(self, reason: str, evidence: Exchange | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


class VerifierError(HookproofError):
    """The receiver cannot be judged: it is down, its process ends, or what observes it cannot be read."""
