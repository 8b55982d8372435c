"""The verdict in a terminal: failures first, with all that is needed to understand and mend them."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from hookproof.verifier.model import Report, Result
from hookproof.verifier.reports.words import lines, printable

LABELS = {"again": "try", "why": "matters", "came back": "got"}


def show(report: Report, console: Console, verbose: bool = False) -> None:
    """Print a report."""
    for result in report.results:
        if result.verdict == "fail" and not result.known:
            _failure(result, console)
    known = [result.check.id for result in report.results if result.known]
    if known:
        console.print(Text(f"{len(known)} known failures, accepted by the baseline: {', '.join(known)}\n"))
    _undecided(report, console)
    if verbose:
        for result in report.results:
            console.print(
                Text(f"{result.verdict.replace('_', ' '):>14}  {result.check.id}: {printable(result.reason)[:160]}")
            )
        console.print()
    counts = ", ".join(f"{number} {verdict.replace('_', ' ')}" for verdict, number in report.summary.items())
    style = "bold green" if report.passed else "bold red"
    console.print(Text(f"{report.vendor}@{report.revision}: {counts}", style=style), Text(f"in {report.seconds:.1f} s"))
    if report.partial:
        console.print(Text("Interrupted: this report is partial.", style="bold red"))


def _failure(result: Result, console: Console) -> None:
    console.print(
        Text.assemble(
            ("FAIL ", "bold red"), (result.check.title, "bold"), f"  ({result.check.id}, {result.check.level})"
        )
    )
    for label, text in lines(result):
        if label == "again" and len(text) > 600:
            text = f"the curl line is in --json and --html; or: hookproof verify ... --only {result.check.id}"
        body = printable(text).replace("\n", "\n           ")
        shown = body if len(body) < 700 else f"{body[:700]}…"
        console.print(Text.assemble((f"  {LABELS.get(label, label):>8} ", "dim"), shown), soft_wrap=True)
    console.print()


def _undecided(report: Report, console: Console) -> None:
    reasons: dict[str, list[str]] = {}
    for result in report.results:
        if result.verdict == "inconclusive":
            reasons.setdefault(result.reason, []).append(result.check.id)
    for reason, names in reasons.items():
        console.print(Text.assemble(("inconclusive ", "yellow"), f"{printable(reason)}: {', '.join(names)}"))
    if reasons:
        console.print()


def github(report: Report) -> list[str]:
    """Return the commands that make GitHub show failures beside a pull request."""

    def escaped(text: str) -> str:
        return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def command(result: Result) -> str:
        kind = "warning" if result.check.level == "robustness" else "error"
        title = escaped(f"{report.vendor}: {result.check.title}").replace(":", "%3A").replace(",", "%2C")
        return f"::{kind} title={title}::{escaped(f'{result.reason} Fix: {result.check.fix}')}"

    return [command(result) for result in report.failures]
