"""``hookproof demo``: the whole way, from a story to a receiver's door, in seconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from hookproof.cli.options import library

if TYPE_CHECKING:
    from rich.table import Table

    from hookproof.delivery.engine import Attempt


@click.command()
def command() -> int:
    """Start a sample receiver and deliver one event of each kind of every vendor to it, as the vendors would.

    The receiver is a real HTTP server on a free port of the loopback interface. It checks signatures and credentials.
    """
    from hookproof.cli.console import stdout
    from hookproof.delivery.engine import Courier
    from hookproof.delivery.faults import transmission
    from hookproof.delivery.receiver import Inbox, running
    from hookproof.delivery.targets import resolve
    from hookproof.generator import Generator, Options

    contracts = library(()).contracts()
    signed = {
        f"/{c.vendor}": (c.signature.header.value, c.signature.secret.sample.value) for c in contracts if c.signature
    }
    credentials = {f"/{c.vendor}": c.credentials.sample.value for c in contracts if c.credentials}

    async def deliver(base: str) -> list[Attempt]:
        attempts = []
        for contract in contracts:
            courier = Courier(await resolve(f"{base}/{contract.vendor}"))
            secret = contract.signature.secret.sample.value if contract.signature else None
            for event in contract.events.values():
                generator = Generator(contract, event, "demo", Options(secret=secret))
                plan = lambda request: transmission(request, [], None)  # noqa: E731
                attempts += [attempt async for attempt in courier.deliver(generator.requests(1), plan)]
        return attempts

    with running(Inbox(signed, credentials)) as base:
        click.echo(f"A sample receiver listens on {base}. The mock vendors deliver to it:\n")
        attempts = asyncio.run(deliver(base))
    stdout().print(_table(attempts))
    accepted = sum(attempt.accepted for attempt in attempts)
    click.echo(
        f"\n{accepted} of {len(attempts)} accepted. Next: hookproof send luciq.crash --to http://127.0.0.1:8000/your/hook"
    )
    return 0 if accepted == len(attempts) else 1


def _table(attempts: list[Attempt]) -> Table:
    from rich.table import Table

    table = Table("Event", "Revision", "Authenticated by", "Body", "Says", "Answer", box=None, pad_edge=False)
    for attempt in attempts:
        request, answer = attempt.request, attempt.answer
        sealed = next(
            (name for name, _ in request.headers if "signature" in name or name == "Authorization"), "nothing"
        )
        title = next((str(request.payload[key]) for key in _TITLES if request.payload.get(key)), "")
        shown = f"{answer.status} {answer.reason}" if answer else attempt.trouble
        table.add_row(request.event, request.revision, sealed, f"{len(request.body):,} bytes", title[:48], shown)
    return table


_TITLES = ("Exception", "Title", "title", "stackKeyName", "application")
