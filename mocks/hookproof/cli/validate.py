"""``hookproof validate``: payloads judged by a contract."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import click

from hookproof.cli import options
from hookproof.cli.console import printable
from hookproof.errors import InputError
from hookproof.validation import Finding, parse, validate

MAX_PAYLOAD = 16 * 1024 * 1024
"""How large one payload may be, in bytes."""


@dataclass
class Verdict:
    """What came of one payload: findings, or why it could not be read."""

    place: str
    findings: list[Finding] = field(default_factory=list)
    trouble: str = ""


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--as", "event", required=True, type=options.EventName(), help="vendor.kind or vendor.kind@revision.")
@click.option("--strict", is_flag=True, help="Asks for what hookproof's own generator produces, nothing more or less.")
@click.option("--lines", is_flag=True, help="The input is a stream, one payload a line. Default: found out.")
@click.option("--json", "as_json", is_flag=True, help="Prints one JSON object a payload.")
@options.contracts_option
def command(file: str, event: str, strict: bool, lines: bool, as_json: bool, contracts: tuple[Path, ...]) -> int:
    """Judge the payload in FILE (or standard input), or a stream of payloads, one a line.

    Types and formats that the vendor's documents or real records show always count, presence only where it is
    promised; unknown members are allowed. Each finding tells where, what was expected, and what the rule rests on.

    Exits 0 if all keep the contract, 1 if one breaks it, 2 if one cannot be read.

    \b
    hookproof validate delivery.json --as luciq.crash
    hookproof generate backtrace.group -n 100 | hookproof validate - --as backtrace.group --strict
    """
    _, what = options.library(contracts).event(event)
    status, count = 0, 0
    for place, body in _payloads(file, lines):
        count += 1
        verdict = Verdict(place)
        try:
            verdict.findings = validate(parse(body), what, "generated" if strict else "accepted")
        except InputError as error:
            verdict.trouble = str(error)
        status = max(status, 2 if verdict.trouble else 1 if verdict.findings else 0)
        _show(verdict, as_json)
    click.echo(f"hookproof: {count} judged as {what}{' (strict)' if strict else ''}: {_WORDS[status]}", err=True)
    return status


_WORDS = ("all keep the contract", "the contract is broken", "not all could be read")


def _show(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        findings = [finding.as_dict() for finding in verdict.findings]
        valid = not findings and not verdict.trouble
        document: dict[str, Any] = {"place": verdict.place, "valid": valid, "findings": findings}
        click.echo(json.dumps(document | ({"trouble": verdict.trouble} if verdict.trouble else {})))
        return
    for finding in verdict.findings:
        click.echo(f"{verdict.place}: {printable(str(finding), 600)}")
    if verdict.trouble:
        click.echo(f"hookproof: {verdict.place}: {verdict.trouble}", err=True)


def _payloads(file: str, lines: bool) -> Iterator[tuple[str, bytes]]:
    """Yield (place, body): the whole input, or its lines where it is a stream."""
    if file == "-":
        yield from _split("standard input", sys.stdin.buffer, lines)
        return
    try:
        with Path(file).open("rb") as stream:
            yield from _split(file, stream, lines)
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from error


def _split(place: str, stream: IO[bytes], lines: bool) -> Iterator[tuple[str, bytes]]:
    start = stream.read(MAX_PAYLOAD + 1)
    first, newline, rest = start.partition(b"\n")
    if not lines and not (newline and rest.strip() and _complete(first)):
        if len(start) > MAX_PAYLOAD:
            raise InputError(
                f"{place}: larger than {MAX_PAYLOAD >> 20} MiB, which no payload is; is it a stream? (--lines)"
            )
        yield place, start
        return
    number, line = 1, first
    pending = rest
    while True:
        if line.strip():
            yield f"{place}:{number}", line
        number += 1
        line, newline, pending = pending.partition(b"\n")
        if not newline:
            line += stream.readline(MAX_PAYLOAD + 1)
            if len(line) > MAX_PAYLOAD:
                raise InputError(f"{place}:{number}: a line larger than {MAX_PAYLOAD >> 20} MiB, which no payload is")
            pending = stream.read(1 << 16)
            if not line and not pending:
                return
            line = line.removesuffix(b"\n")


def _complete(line: bytes) -> bool:
    """Whether a line is a whole JSON document, which makes the input a stream."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
