"""SARIF 2.1.0: a rule for each check, a result for each failure, for code scanning dashboards."""

from __future__ import annotations

import json
from typing import Any

from hookproof.verifier.model import Report, Result
from hookproof.verifier.reports.words import lines, printable

LEVELS = {"contract": "error", "security": "error", "robustness": "warning"}


def sarif(report: Report) -> str:
    """Write a report as SARIF."""
    failures = [result for result in report.results if result.verdict == "fail"]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "hookproof",
                "version": report.version,
                "rules": [_rule(result) for result in report.results],
            }
        },
        "invocations": [{"executionSuccessful": not report.partial}],
        "properties": {"vendor": report.vendor, "revision": report.revision, "summary": report.summary},
        "results": [_result(report, result) for result in failures],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=1) + "\n"


def _rule(result: Result) -> dict[str, Any]:
    check = result.check
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why},
        "help": {"text": f"{check.fix} Basis: {result.basis}"},
        "defaultConfiguration": {"level": LEVELS[check.level]},
        "properties": {"tags": [check.group, check.level]},
    }


def _result(report: Report, result: Result) -> dict[str, Any]:
    text = "\n".join(f"{label}: {said}" for label, said in lines(result))
    entry: dict[str, Any] = {
        "ruleId": result.check.id,
        "ruleIndex": [other.check.id for other in report.results].index(result.check.id),
        "level": LEVELS[result.check.level],
        "message": {"text": printable(text)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": report.receiver}}}],
        "partialFingerprints": {"hookproof/v1": f"{report.vendor}/{result.check.id}"},
    }
    if result.known:
        entry["suppressions"] = [{"kind": "external", "justification": "accepted by the baseline"}]
    return entry
