"""``hookproof serve``: the mock vendor server."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import click

from hookproof.cli.options import contracts_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen. Off loopback a token is needed.")
@click.option("--port", type=click.IntRange(0, 65535), default=8650, show_default=True, help="0 takes any free port.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Written, all at once, when requests are served: a JSON object with url, token and pid.",
)
@click.option(
    "--db",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keeps integrations and deliveries in a SQLite file. Default: in memory.",
)
@click.option(
    "--allow-target",
    multiple=True,
    metavar="HOST",
    help="A host, HOST:PORT or network that may be sent to besides loopback. May be repeated.",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="A name under which the server may be called besides localhost. May be repeated.",
)
@click.option(
    "--token",
    metavar="TOKEN",
    envvar="HOOKPROOF_TOKEN",
    show_envvar=True,
    help="What the API asks for. Off loopback, one is made up if none is given.",
)
@click.option("--public-url", metavar="URL", help="What URLs inside payloads begin with. Default: where it listens.")
@click.option(
    "--keep",
    type=click.IntRange(1, 10_000_000),
    default=10_000,
    show_default=True,
    metavar="N",
    help="How many finished deliveries each namespace keeps.",
)
@click.option(
    "--max-pending",
    type=click.IntRange(1, 1_000_000),
    default=20_000,
    show_default=True,
    metavar="N",
    help="How many deliveries may be on their way in each namespace.",
)
@click.option(
    "--expire",
    type=click.FloatRange(1),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="After how long an unused namespace is forgotten.",
)
@click.option(
    "--drain",
    type=click.FloatRange(0),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="How long deliveries under way have when the server ends.",
)
@contracts_option
def command(
    host: str,
    port: int,
    ready_file: Path | None,
    db: Path | None,
    allow_target: tuple[str, ...],
    allow_host: tuple[str, ...],
    token: str | None,
    public_url: str | None,
    contracts: tuple[Path, ...],
    **further: Any,
) -> int:  # fmt: skip
    """Run the mock vendor server: set up integrations, let events happen, look at what was delivered.

    GET /openapi.json tells what there is.

    \b
    hookproof serve
    hookproof serve --port 0 --ready-file ready.json --db hooks.db
    """
    from hookproof.server.running import Config, Running, announce, run

    config = Config(
        host=host, port=port, db=db, allowed=allow_target, token=token, hosts=allow_host, public_url=public_url,
        contracts=contracts, **further,
    )  # fmt: skip

    def ready(running: Running) -> None:
        click.echo(f"hookproof: serving on {running.url}", err=True)
        if running.token and not token:
            click.echo(f"hookproof: the API asks for Authorization: Bearer {running.token}", err=True)
        if ready_file is not None:
            announce(running, ready_file)

    if ready_file is not None:
        ready_file.unlink(missing_ok=True)  # one that a killed server has left would be taken for ours
    # Deliveries come and go by the thousand and refer to nothing in circles: look for circles less often.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        asyncio.run(run(config, ready))
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)
    return 0
