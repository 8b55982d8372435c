"""``hookproof vendors``: what is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from hookproof.cli.options import contracts_option, library
from hookproof.contracts.model import Contract


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@contracts_option
def command(as_json: bool, contracts: tuple[Path, ...]) -> None:
    """List vendors, their revisions, events and how they authenticate, and what that rests on."""
    found = library(contracts).contracts()
    if as_json:
        click.echo(json.dumps([_entry(contract) for contract in found], indent=1))
        return
    from rich.table import Table

    from hookproof.cli.console import stdout

    table = Table("Vendor", "Revision", "Events", "Authenticated by", box=None, pad_edge=False)
    table.add_column("Source", overflow="fold")
    for contract in found:
        events = "\n".join(event.name for event in contract.events.values())
        first = next(iter(contract.sources.values()))
        table.add_row(contract.vendor, contract.revision, events, _authentication(contract), first.location)
    stdout().print(table)


def _authentication(contract: Contract) -> str:
    if rule := contract.signature:
        return f"{rule.header.value}: {rule.construction.value}, {rule.encoding.value} ({rule.construction.basis})"
    if credentials := contract.credentials:
        return f"HTTP Basic ({credentials.scheme.basis})"
    return "nothing"


def _entry(contract: Contract) -> dict[str, Any]:
    signature = contract.signature
    return {
        "vendor": contract.vendor,
        "name": contract.name,
        "revision": contract.revision,
        "summary": contract.summary,
        "events": [{"name": event.name, "title": event.title} for event in contract.events.values()],
        "signature": None
        if signature is None
        else {
            part: {"is": fact.value, "basis": fact.basis, "because": fact.because}
            for part, fact in (
                ("header", signature.header),
                ("construction", signature.construction),
                ("encoding", signature.encoding),
                ("prefix", signature.prefix),
            )
        },
        "credentials": contract.credentials.scheme.value if contract.credentials else None,
        "content_types": contract.content_types,
        "sources": [
            {"key": source.key, "title": source.title, "location": source.location, "kind": source.kind}
            for source in contract.sources.values()
        ],
    }
