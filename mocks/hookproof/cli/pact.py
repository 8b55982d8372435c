"""``hookproof pact``: contracts as Pact files, and what consumers rely on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from hookproof.cli.options import contracts_option, library

File = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Write, check and verify pacts; judge what a consumer service relies on; sign what passes."""


@command.command()
@click.option(
    "--vendor", multiple=True, metavar="VENDOR", help="luciq, or luciq@2025-09. May be repeated. Default: all."
)
@click.option(
    "-o",
    "--output",
    type=File,
    metavar="DIR",
    help="Where to. Default: pacts/; in a checkout, contracts/pacts/.",
)
@click.option("--path", default="", metavar="PATH", help="The path of the receiver. Default: /hooks/VENDOR.")
@click.option("--secret", metavar="SECRET", help="The secret to sign with. Default: the sample of the documents.")
@click.option("--basic", metavar="USER:PASS", help="The credentials to send. Default: a sample.")
@click.option("--check", "only_check", is_flag=True, help="Writes nothing; exits 1 if a file is not current.")
@contracts_option
def write(
    vendor: tuple[str, ...],
    output: Path | None,
    path: str,
    secret: str | None,
    basic: str | None,
    only_check: bool,
    contracts: tuple[Path, ...],
) -> int:
    """Write a pact for each vendor: what a receiver accepts, and what it refuses. Same contracts, same bytes."""
    from hookproof.contracts.library import builtin
    from hookproof.corpus import write_file
    from hookproof.pact import document

    ours = builtin("contracts") / "pacts"
    installed = ours.parents[1].name == "data"
    folder, status = output or (Path("pacts") if installed else ours), 0
    for contract in _contracts(vendor, contracts):
        made = document.pact(
            contract, path, secret if contract.signature else None, basic if contract.credentials else None
        )
        content, file = document.written(made), folder / document.name_of(contract)
        if file.is_file() and file.read_bytes() == content:
            continue
        if only_check:
            click.echo(f"{file}: not current; run `hookproof pact write`")
            status = 1
            continue
        folder.mkdir(parents=True, exist_ok=True)
        write_file(file, lambda content=content: iter([content]))  # type: ignore[misc]
        click.echo(f"hookproof: {file}", err=True)
    return status


@command.command()
@click.argument("files", nargs=-1, required=True, type=File)
@contracts_option
def lint(files: tuple[Path, ...], contracts: tuple[Path, ...]) -> int:
    """Check pact FILES for what the tools of Pact silently accept. Exits 1 if something is wrong."""
    from hookproof.pact import document

    status = 0
    for file in files:
        for flaw in document.flaws(document.read(file), library(contracts)):
            click.echo(f"{file}: {flaw}")
            status = 1
    return status


@command.command()
@click.argument("url")
@click.option("--vendor", required=True, metavar="VENDOR", help="luciq, or luciq@2025-09.")
@click.option(
    "--event", multiple=True, metavar="EVENT", help="Those of this event alone: luciq.crash. May be repeated."
)
@click.option("--kind", multiple=True, type=click.Choice(["accepted", "rejected", "handshake"]), help="Those alone.")
@click.option("--states", metavar="URL", help="Where provider states are set: a POST with state and params.")
@click.option(
    "--secret",
    metavar="SECRET",
    envvar="HOOKPROOF_SECRET",
    show_envvar=True,
    help="What the receiver is configured with, if it has no states. Default: the sample of the documents.",
)
@click.option("--basic", metavar="USER:PASS", envvar="HOOKPROOF_BASIC", show_envvar=True, help="Likewise, credentials.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=5,
    show_default=True,
    metavar="SECONDS",
    help="For each answer.",
)
@click.option("--allow-target", multiple=True, metavar="HOST", help="What may be sent to besides loopback.")
@click.option("--junit", type=File, metavar="FILE", help="Writes JUnit XML.")
@click.option("--json", "json_file", type=File, metavar="FILE", help="Writes a report in JSON.")
@contracts_option
def verify(
    url: str, vendor: str, event: tuple[str, ...], kind: tuple[str, ...], states: str | None, secret: str | None,
    basic: str | None, timeout: float, allow_target: tuple[str, ...], junit: Path | None, json_file: Path | None,
    contracts: tuple[Path, ...],
) -> int:  # fmt: skip
    """Verify the receiver at URL by the pact of a vendor, with the verifier of pact-python.

    \b
    hookproof pact verify http://127.0.0.1:8000/hooks/luciq --vendor luciq --secret d8yyxj7srjqf5xyih8ay
    hookproof pact verify http://127.0.0.1:8000/hooks --vendor backtrace --states http://127.0.0.1:8000/_state
    """
    from hookproof.pact import document, reports, verification

    (contract,) = _contracts((vendor,), contracts)
    for name in event:
        library(contracts).event(name)
    pact = verification.chosen(document.pact(contract, "", secret, basic), event, kind)
    found = verification.verify(pact, url, states=states, timeout=timeout, allowed=allow_target)
    for line in reports.lines(found):
        click.echo(line)
    if junit is not None:
        _written(junit, reports.junit([found]))
    if json_file is not None:
        _written(json_file, json.dumps(found.document(), indent=2).encode() + b"\n")
    return 1 if found.failures else 0


@command.command()
@click.argument("file", type=File)
@click.option("--vendor", required=True, metavar="VENDOR", help="luciq, or luciq@2025-09.")
@click.option("--event", metavar="EVENT", help="What the messages are about, where that cannot be told: luciq.crash.")
@click.option(
    "--profile",
    type=click.Choice(["generated", "accepted"]),
    default="generated",
    show_default=True,
    help="What to judge by: what hookproof generates, or the little that documents and records alone promise.",
)
@click.option(
    "--present",
    multiple=True,
    metavar="NAME",
    help="A member that your integration is set up to forward, so that it is always there. May be repeated.",
)
@click.option("--static", "only_static", is_flag=True, help="Judges by the schema alone; needs no pact-python.")
@click.option("--json", "json_file", type=File, metavar="FILE", help="Writes a report in JSON.")
@contracts_option
def consumer(
    file: Path, vendor: str, event: str | None, profile: Any, present: tuple[str, ...], only_static: bool,
    json_file: Path | None, contracts: tuple[Path, ...],
) -> int:  # fmt: skip
    """Judge a message pact in FILE: does the vendor's contract promise what your service relies on?

    By the schema, which names a counterexample; and by sending payloads of every branch and edge through the verifier
    of pact-python. Exits 1 where something is not promised; what can neither be shown nor was broken passes.
    """
    from hookproof.pact import consumer as judging
    from hookproof.pact.expectation import expectations

    (contract,) = _contracts((vendor,), contracts)
    kind = library(contracts).event(event)[1].kind if event else None
    found = expectations(file)
    answers = judging.judge(found, contract, kind, profile, present)
    if not only_static:
        judging.send(found, contract, answers, contract.vendor, present)
    for answer in answers:
        for line in answer.lines():
            click.echo(line)
    if json_file is not None:
        _written(json_file, json.dumps([answer.document() for answer in answers], indent=2).encode() + b"\n")
    return 1 if any(answer.verdict == "not promised" for answer in answers) else 0


@command.command()
@click.option("--to", "url", required=True, metavar="URL", help="The receiver, or what paths are put behind.")
@click.option("--vendor", required=True, metavar="VENDOR", help="luciq, or luciq@2025-09.")
@click.option("--secret", metavar="SECRET", envvar="HOOKPROOF_SECRET", show_envvar=True, help="What to sign with.")
@click.option(
    "--basic", metavar="USER:PASS", envvar="HOOKPROOF_BASIC", show_envvar=True, help="The credentials to send."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8651, show_default=True, help="0 takes any free port.")
@click.option("--replace", is_flag=True, help="Also seals anew what is signed already, or carries credentials.")
@click.option("--allow-target", multiple=True, metavar="HOST", help="What may be sent to besides loopback.")
@contracts_option
def proxy(
    url: str, vendor: str, secret: str | None, basic: str | None, port: int, replace: bool,
    allow_target: tuple[str, ...], contracts: tuple[Path, ...],
) -> None:  # fmt: skip
    """Pass requests on to URL with the vendor's signature or credentials, made over the very bytes that pass.

    \b
    hookproof pact proxy --to http://127.0.0.1:8000 --vendor luciq --secret d8yyxj7srjqf5xyih8ay
    """
    from hookproof.pact import proxy as passing

    (contract,) = _contracts((vendor,), contracts)
    made = passing.seal(contract, secret, basic)
    asyncio.run(
        passing.serve(
            url, made, port, lambda here: click.echo(f"hookproof: passing on from {here} to {url}", err=True),
            replace=replace, allowed=allow_target,
        )
    )  # fmt: skip


def _contracts(vendors: tuple[str, ...], folders: tuple[Path, ...]) -> list[Any]:
    known = library(folders)
    if not vendors:
        return list(known.contracts())
    named = [name.partition("@") for name in vendors]
    return [known.contract(name, revision or None) for name, _, revision in named]


def _written(path: Path, content: bytes) -> None:
    from hookproof.corpus import write_file

    write_file(path, lambda: iter([content]))
