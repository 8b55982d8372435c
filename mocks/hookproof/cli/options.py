"""Options that several commands share, and how they become what the library takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from hookproof.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])

contracts_option = click.option(
    "--contracts",
    "contracts",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder that holds contracts/ and fixtures/ of further vendors. May be repeated.",
)


def library(folders: tuple[Path, ...]) -> Any:
    """Return the library with the user's folders in it."""
    from hookproof.contracts import default_library

    return default_library(*folders)


class EventName(click.ParamType[str]):
    """``vendor.kind`` or ``vendor.kind@revision``; completes in shells."""

    name = "EVENT"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        return [CompletionItem(name) for name in library(()).event_names() if name.startswith(incomplete)]


def _seed(_: click.Context, __: click.Parameter, value: str) -> int | str:
    return int(value) if value.isascii() and value.isdigit() and str(int(value)) == value else value


def _at(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a moment like 2026-01-31T08:05:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


seed_option = click.option(
    "--seed",
    default="0",
    show_default=True,
    metavar="SEED",
    callback=_seed,
    help="A number or word. The same seed gives the same bytes, on every machine.",
)

_GENERATING = [
    click.option("-n", "--count", type=click.IntRange(1, 10_000_000), metavar="N",
                 help="How many requests. Default: 1, or as many as the variant coverage needs."),
    seed_option,
    click.option("--start", default=0, show_default=True, metavar="INDEX", type=click.IntRange(0),
                 help="The first request's index; request 5 alone equals request 5 of a run."),
    click.option("--variant", default="typical", show_default=True, metavar="NAME",
                 help="typical, minimal (what is always there), full (every member), edge (legal but nasty) "
                      "or coverage (the fewest requests that take every branch of the schema)."),
    click.option("--style", default="compact", show_default=True, metavar="NAME",
                 help="How JSON is written: compact, spaced, rails, shuffled, pretty or unusual."),
    click.option("--content-type", metavar="TYPE",
                 help="One of the vendor's content types: json, urlencoded or multipart. Default: the vendor's."),
    click.option("--nesting", metavar="NAME", help="Nested values in form data: json or brackets."),
    click.option("--secret", metavar="SECRET", envvar="HOOKPROOF_SECRET", show_envvar=True,
                 help="Signs the requests of vendors that sign. Without it they are not signed."),
    click.option("--signature", multiple=True, metavar="PART=VALUE",
                 help="Replaces a part of the signature scheme: header, construction, encoding or prefix."),
    click.option("--basic", metavar="USER:PASS", envvar="HOOKPROOF_BASIC", show_envvar=True,
                 help="Credentials for vendors that send them; without it, any are sent."),
    click.option("--header", multiple=True, metavar="NAME:VALUE", help="A further header. May be repeated."),
    click.option("--base-url", metavar="URL", help="What URLs inside payloads begin with. Default: the vendor's own."),
    click.option("--at", metavar="TIME", callback=_at, help="When it happened, ISO 8601. Default: by the seed."),
    click.option("--set", "sets", multiple=True, metavar="PATH=JSON",
                 help="Sets a member before signing: /Email='\"a@b\"'. PATH is a JSON Pointer or a top-level name."),
    click.option("--drop", "drops", multiple=True, metavar="PATH", help="Leaves a member out, before signing."),
    contracts_option,
]  # fmt: skip


def generating(function: Function) -> Function:
    """Add the options that decide which requests are made."""
    for option in reversed(_GENERATING):
        function = option(function)
    return function


def generator(event_name: str, given: dict[str, Any]) -> Any:
    """Make a generator from the options that :func:`generating` adds.

    Raises:
        UsageError: an option does not make sense.
    """
    from hookproof.generator import DROP, Generator, Options

    contract, event = library(given["contracts"]).event(event_name)
    edits: list[tuple[str, Any]] = [_assignment(text) for text in given["sets"]]
    options = Options(
        variant=given["variant"],
        style=given["style"],
        content_type=_content_type(given["content_type"]),
        nesting=given["nesting"],
        secret=given["secret"],
        signature=dict(paired(text, "=", "--signature") for text in given["signature"]),
        basic=given["basic"],
        headers=[paired(text, ":", "--header") for text in given["header"]],
        base_url=given["base_url"],
        at=given["at"],
        edits=[*edits, *((pointer, DROP) for pointer in given["drops"])],
    )
    if contract.signature and options.secret is None:
        click.echo(
            f"hookproof: no --secret, so no {contract.signature.header.value}: the requests are not signed", err=True
        )
    return Generator(contract, event, given["seed"], options)


def paired(text: str, separator: str, option: str) -> tuple[str, str]:
    """Split NAME and VALUE at a separator.

    Raises:
        UsageError: there is no separator, or no name.
    """
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise UsageError(f"{option} takes NAME{separator}VALUE, got {text!r}")
    return name.strip(), value.strip()


def _assignment(text: str) -> tuple[str, Any]:
    pointer, found, value = text.partition("=")
    if not found or not pointer:
        raise UsageError(f"--set takes PATH=JSON, got {text!r}")
    try:
        return pointer, json.loads(value)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"--set {pointer}: {value[:60]!r} is not JSON; text needs quotes: {pointer}='\"text\"'"
        ) from error


def _content_type(text: str | None) -> str | None:
    from hookproof.encoding import JSON, MULTIPART, URLENCODED

    return {"json": JSON, "urlencoded": URLENCODED, "multipart": MULTIPART}.get(text or "", text)
