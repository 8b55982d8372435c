"""``hookproof contracts``: for those who write contracts, and those who read them with other tools."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hookproof.cli.options import EventName, contracts_option, library


@click.group()
def command() -> None:
    """Check and show contracts."""


@command.command()
@click.argument("folder", type=click.Path(path_type=Path), default=None, required=False)
def check(folder: Path | None) -> int:
    """Judge the contracts in FOLDER: a home with contracts/ and fixtures/, a vendor's folder or one revision.

    Checks the contract file, the schemas, that every rule says what it rests on, and that the recipes produce what
    the schemas say, in every variant. Exits 1 if something is missing or inconsistent. Default: the built-in ones.
    """
    from hookproof import judge
    from hookproof.contracts.library import builtin

    status = 0
    for place in judge.folders(folder or builtin("contracts")):
        flaws = judge.judge(place)
        for flaw in flaws:
            click.echo(str(flaw))
        click.echo(
            f"hookproof: {place.parent.name}@{place.name}: {f'{len(flaws)} flaws' if flaws else 'good'}", err=True
        )
        status = status or int(bool(flaws))
    return status


@command.command()
@click.argument("event", type=EventName())
@contracts_option
def schema(event: str, contracts: tuple[Path, ...]) -> None:
    """Print the JSON Schema of EVENT. Its anchor #generated is the profile of what the generator produces."""
    from hookproof import schemas

    _, found = library(contracts).event(event)
    click.echo(json.dumps(schemas.read(found.schema_path), indent=2))


@command.command()
@click.option("--check", "only_check", is_flag=True, help="Writes nothing; exits 1 if a file is not current.")
@contracts_option
def golden(only_check: bool, contracts: tuple[Path, ...]) -> int:
    """Write the golden requests, one for each event, into fixtures/VENDOR/golden/."""
    from hookproof import judge
    from hookproof.corpus import write_file

    status = 0
    for contract in library(contracts).contracts():
        for event in contract.events.values():
            path, content = judge.golden_path(event), judge.golden(contract, event)
            if path.is_file() and path.read_bytes() == content:
                continue
            if only_check:
                click.echo(f"{path}: not current; run `hookproof contracts golden`")
                status = 1
                continue
            path.parent.mkdir(exist_ok=True)
            write_file(path, lambda content=content: iter([content]))  # type: ignore[misc]
            click.echo(f"hookproof: {path}", err=True)
    return status
