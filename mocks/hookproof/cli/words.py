"""``hookproof words``: builds the table of Faker's words anew. For developers of hookproof."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hookproof.contracts.library import builtin


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: fixtures/words/faker.json.")
@click.option("--seed", default=2026, show_default=True)
def command(output: Path | None, seed: int) -> None:
    """Build the table of names, places and so on with the Faker release at hand.

    The table is committed: requests must not change with Faker. Building it anew changes every request.
    """
    from hookproof.corpus import write_file
    from hookproof.story.words import build

    path = output or builtin("fixtures") / "words" / "faker.json"
    content = json.dumps(build(seed), ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
    write_file(path, lambda: iter([content]))
    click.echo(f"hookproof: {path}", err=True)
