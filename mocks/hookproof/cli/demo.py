"""``hookproof demo``: the whole way, from a story to a receiver's door, in seconds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from hookproof.cli.options import library

if TYPE_CHECKING:
    from rich.table import Table

    from hookproof.contracts import Contract


@click.command()
def command() -> int:
    """Run the mock vendor server and a sample receiver, and deliver one event of each kind of every vendor.

    Both listen on free ports of the loopback interface. The receiver checks signatures and credentials.
    """
    from hookproof.cli.console import stdout
    from hookproof.client import mock_vendors
    from hookproof.delivery.receiver import Inbox, running

    contracts = library(()).contracts()
    signed = {
        f"/{c.vendor}": (c.signature.header.value, c.signature.secret.sample.value) for c in contracts if c.signature
    }
    credentials = {f"/{c.vendor}": c.credentials.sample.value for c in contracts if c.credentials}

    with running(Inbox(signed, credentials)) as base, mock_vendors() as vendors:
        click.echo(f"A sample receiver listens on {base}. The mock vendors at {vendors.url} deliver to it:\n")
        vendors.freeze()  # batches and limits of rate take no time then
        for contract in contracts:
            vendors.integrate(contract.vendor, f"{base}/{contract.vendor}", **_settings(contract))
            for event in contract.events.values():
                vendors.trigger(event.name)
        vendors.advance()
        deliveries = [one for one in vendors.deliveries() if one["purpose"] == "event"]
    stdout().print(_table(deliveries))
    accepted = sum(one["state"] == "delivered" for one in deliveries)
    click.echo(
        f"\n{accepted} of {len(deliveries)} accepted."
        " Next: hookproof send luciq.crash --to http://127.0.0.1:8000/your/hook, or hookproof serve"
    )
    return 0 if accepted == len(deliveries) else 1


def _settings(contract: Contract) -> dict[str, Any]:
    """Return what the vendor asks for, or a customer would set: a secret, credentials."""
    samples: dict[str, Any] = {"secret": contract.signature and contract.signature.secret.sample.value}
    samples["credentials"] = contract.credentials and contract.credentials.sample.value
    rules = contract.settings.items()
    return {name: samples[rule["type"]] for name, rule in rules if samples.get(rule["type"])}


def _table(deliveries: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table("Event", "Revision", "Authenticated by", "Body", "Says", "Answer", box=None, pad_edge=False)
    for delivery in deliveries:
        request, (attempt, *_) = delivery["request"], delivery["attempts"]
        names = [name for name, _ in request["headers"]]
        sealed = next((name for name in names if "signature" in name or name == "Authorization"), "nothing")
        payload = json.loads(request["body"])
        title = next((str(payload[key]) for key in _TITLES if payload.get(key)), "")
        answer = attempt["response"]
        shown = f"{answer['status']} {answer['reason']}" if answer else attempt["trouble"]
        size = f"{len(request['body'].encode()):,} bytes"
        table.add_row(delivery["name"], delivery["revision"], sealed, size, title[:48], shown)
    return table


_TITLES = ("Exception", "Title", "title", "stackKeyName", "application")
