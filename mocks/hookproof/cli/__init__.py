"""The command line. Each command is a module, loaded when it is used."""

from __future__ import annotations

from importlib import import_module

import click

from hookproof.errors import HookproofError, UnknownNameError
from hookproof.version import __version__

COMMANDS = {
    "vendors": "List vendors, their revisions, events and how they authenticate.",
    "generate": "Make requests as a vendor would send them.",
    "send": "Make requests and deliver them to a receiver.",
    "validate": "Judge payloads by a vendor's contract.",
    "verify": "Verify a receiver against the contract of a vendor.",
    "pact": "Write and verify pacts; judge what a consumer relies on.",
    "serve": "Run the mock vendor server.",
    "checks": "List the checks of the verifier, or explain one.",
    "demo": "Deliver one event of each kind to a sample receiver.",
    "contracts": "Check and show contracts.",
    "completion": "Print what a shell needs to complete commands.",
    "words": "Build the word tables anew with Faker.",
}
HIDDEN = ("words",)


class Commands(click.Group):
    """Finds a command's module by the command's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"hookproof.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UnknownNameError("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 all good, 1 contract broken or not accepted, 2 wrong usage or other trouble.",
)
@click.version_option(__version__, message="hookproof %(version)s")
def program() -> None:
    """Prove your webhook receiver against the vendors that will call it. Offline, in CI, in any language."""


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status; nothing a user can cause ends in a traceback."""
    try:
        status = program.main(arguments, prog_name="hookproof", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except SystemExit as leave:  # from click: a shell asked for completions, or the reader of a pipe has gone
        return leave.code if isinstance(leave.code, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except HookproofError as error:
        return _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted")
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        return _fail(f"{error.filename or 'input or output'}: {error.strerror}")


def _fail(text: str) -> int:
    shown = " ".join(text.splitlines())
    click.echo(f"hookproof: {shown}", err=True)
    return 2
