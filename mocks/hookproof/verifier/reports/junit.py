"""JUnit XML: a suite for each group, a case for each check; what was not judged is skipped, with the reason."""

from __future__ import annotations

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from hookproof.verifier.model import Report, Result
from hookproof.verifier.reports.words import lines, printable


def junit(report: Report) -> str:
    """Write a report as JUnit XML."""
    document = JUnitXml(f"hookproof {report.vendor}@{report.revision}")
    groups = dict.fromkeys(result.check.group for result in report.results)
    for group in groups:
        suite = TestSuite(f"hookproof.{report.vendor}.{group}")
        for result in report.results:
            if result.check.group == group:
                suite.add_testcase(_case(report, result))
        document.add_testsuite(suite)
    written: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return written.decode("utf-8")


def _case(report: Report, result: Result) -> TestCase:
    case = TestCase(result.check.id, f"hookproof.{report.vendor}.{result.check.group}", round(result.seconds, 3))
    if result.verdict == "fail" and not result.known:
        failure = Failure(printable(result.reason)[:500], result.check.level)
        failure.text = printable("\n".join(f"{label}: {text}" for label, text in lines(result)))
        case.result = [failure]
    elif result.verdict != "pass":
        why = (
            f"known failure: {result.reason}"
            if result.known
            else f"{result.verdict.replace('_', ' ')}: {result.reason}"
        )
        case.result = [Skipped(printable(why)[:500])]
    return case
