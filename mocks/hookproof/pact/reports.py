"""Reports of a verification by pacts: for terminals, and as JUnit XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hookproof.pact.verification import Verification


def lines(found: Verification) -> Iterator[str]:
    """Yield the lines of a report, failures first."""
    for outcome in found.failures:
        yield f"FAIL  {outcome.description}"
        yield from (f"      {failure}" for failure in outcome.failures)
    for outcome in found.outcomes:
        if outcome.passed:
            yield f"pass  {outcome.description}"
    summary = found.document()["summary"]
    yield f"{found.vendor}@{found.revision}: {summary['pass']} passed, {summary['fail']} failed"


def junit(all_found: Iterable[Verification]) -> bytes:
    """Write JUnit XML: a suite for each pact, a case for each interaction."""
    from junitparser import Failure, JUnitXml, TestCase, TestSuite

    document = JUnitXml("hookproof pact")
    for found in all_found:
        suite = TestSuite(f"{found.vendor}@{found.revision}")
        for outcome in found.outcomes:
            case = TestCase(outcome.description, f"hookproof.pact.{found.vendor}")
            if not outcome.passed:
                case.result = [Failure("; ".join(outcome.failures), outcome.kind)]
            suite.add_testcase(case)
        document.add_testsuite(suite)
    written: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return written
