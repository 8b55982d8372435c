"""``hookproof checks``: what the verifier tries, and why."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("name", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(name: str | None, as_json: bool) -> None:
    """List the checks of the verifier, or explain the one with that ID."""
    from hookproof.errors import UnknownNameError
    from hookproof.verifier import catalogue

    found = catalogue.checks()
    if name is not None and name not in found:
        raise UnknownNameError("check", name, found)
    if as_json:
        entries = [
            {key: getattr(check, key) for key in check.__slots__}
            for check in found.values()
            if name in (None, check.id)
        ]
        click.echo(json.dumps(entries, indent=1))
    elif name is not None:
        _explain(name)
    else:
        _list()


def _explain(name: str) -> None:
    from hookproof.verifier import catalogue

    check = catalogue.checks()[name]
    click.echo(f"{check.id}: {check.title}\n")
    rows = {
        "group": check.group,
        "level": check.level,
        "needs": ", ".join(f"--{option}" for option in check.needs) or "nothing but the URL",
        "applies to": f"contracts with {check.applies}" if check.applies else "every contract",
        "basis": check.basis,
        "classes": ", ".join(map(str, check.classes)),
        "tries": (catalogue.function(check).__doc__ or "").strip(),
        "matters": check.why,
        "fix": check.fix,
    }
    for label, text in rows.items():
        click.echo(f"{label:>10}  {text}")


def _list() -> None:
    from rich.table import Table

    from hookproof.cli.console import stdout
    from hookproof.verifier import catalogue

    table = Table("Check", "Group", "Level", "Needs", box=None, pad_edge=False)
    table.add_column("Title", overflow="fold")
    for check in catalogue.checks().values():
        table.add_row(check.id, check.group, check.level, " ".join(check.needs), check.title)
    stdout().print(table)
    click.echo("\nClasses of bugs that wait:")
    for entry in catalogue.waiting():
        click.echo(f"  {', '.join(map(str, entry.classes))}: {entry.why}")
