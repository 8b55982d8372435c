"""One HTML page that needs nothing else: no script, no font, no address to load from. Payloads in it stay text."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment

from hookproof.verifier.model import Report
from hookproof.verifier.reports.words import lines, printable


def html(report: Report) -> str:
    """Write a report as an HTML page, failures first."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
    by_verdict = {verdict: [r for r in report.results if r.verdict == verdict] for verdict in report.summary}
    sections = [
        ("Failed", by_verdict["fail"]),
        ("Inconclusive", by_verdict["inconclusive"]),
        ("Passed", by_verdict["pass"]),
        ("Not applicable", by_verdict["not_applicable"]),
    ]
    return template.render(report=report, sections=sections, lines=lines, printable=printable)
