"""``hookproof completion``: what a shell needs to complete commands, options and events."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    eval "$(hookproof completion bash)"
    """
    from hookproof.cli import program

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(program, {}, "hookproof", "_HOOKPROOF_COMPLETE").source())
