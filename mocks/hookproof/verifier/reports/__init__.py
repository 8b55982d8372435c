"""The verdict, told to people and programs: terminal, JSON, JUnit XML, SARIF, HTML, and annotations."""

from __future__ import annotations

from collections.abc import Callable

from hookproof.verifier.model import Report


def json_text(report: Report) -> str:
    """Write a report as JSON."""
    import json

    return json.dumps(report.as_dict(), indent=1, ensure_ascii=False) + "\n"


def _junit(report: Report) -> str:
    from hookproof.verifier.reports.junit import junit

    return junit(report)


def _sarif(report: Report) -> str:
    from hookproof.verifier.reports.sarif import sarif

    return sarif(report)


def _html(report: Report) -> str:
    from hookproof.verifier.reports.page import html

    return html(report)


WRITERS: dict[str, Callable[[Report], str]] = {"json": json_text, "junit": _junit, "sarif": _sarif, "html": _html}
"""How a report can be written to a file, by the name of the option."""
