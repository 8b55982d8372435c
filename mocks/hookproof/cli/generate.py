"""``hookproof generate``: requests as a vendor would send them, to standard output, a file or a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hookproof.cli import options
from hookproof.errors import UnknownNameError, UsageError


@click.command()
@click.argument("event", type=options.EventName(), required=False)
@options.generating
@click.option("--format", "form", default=None, metavar="FORMAT",
              help="payload (the body; the default), request (a JSON object a line), curl, http or har.")  # fmt: skip
@click.option("--url", default=None, metavar="URL", help="The receiver, for curl, http and har.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE|DIR",
              help="A file, or a folder for a corpus: one file a request and a manifest. A name without a suffix "
                   "is a folder.")  # fmt: skip
@click.option("--from-manifest", type=click.Path(path_type=Path), metavar="FILE",
              help="Makes a corpus again, byte for byte, from its manifest.json; needs -o.")  # fmt: skip
def command(
    event: str | None,
    form: str | None,
    url: str | None,
    output: Path | None,
    from_manifest: Path | None,
    **given: Any,
) -> None:
    """Make requests of EVENT (vendor.kind or vendor.kind@revision) as the vendor would send them.

    \b
    hookproof generate luciq.crash --secret d8yyxj7srjqf5xyih8ay --format request
    hookproof generate backtrace.group -n 100 --seed 7 -o corpus/
    hookproof generate betterbugs.bug --variant edge --content-type multipart --format http
    hookproof generate bugsplat.notification --set email='""' --drop reportXml
    """
    from hookproof import corpus
    from hookproof.request import FORMATS

    if from_manifest is not None:
        if event or output is None:
            raise UsageError("--from-manifest goes with -o FOLDER and without EVENT: the manifest names it")
        secrets = {"secret": given["secret"], "basic": given["basic"]}
        count = corpus.regenerate(from_manifest, output, options.library(given["contracts"]), secrets)
        click.echo(f"hookproof: {count} requests in {output}, the same bytes as the manifest says", err=True)
        return
    if event is None:
        raise UsageError("which EVENT? `hookproof vendors` lists them")
    form = form or "payload"
    if form not in (*FORMATS, "har"):
        raise UnknownNameError("format", form, (*FORMATS, "har"))
    generator = options.generator(event, given)
    count = given["count"] or generator.size or 1
    if generator.size is not None:
        click.echo(f"hookproof: {generator.coverage}", err=True)
    _write(generator, given["start"], count, form, url or corpus.DEFAULT_URL, output)


def _write(generator: Any, start: int, count: int, form: str, url: str, output: Path | None) -> None:
    from hookproof import corpus
    from hookproof.request import FORMATS, har

    def contents() -> Iterator[bytes]:
        if form == "har":
            yield har(list(generator.requests(count, start)), url)
        else:
            yield from (FORMATS[form](request, url) for request in generator.requests(count, start))

    if output is None:
        for content in contents():
            sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    elif output.is_dir() or not output.suffix or str(output).endswith("/"):
        if start:
            raise UsageError("a corpus begins at index 0; leave out --start, or write a single file")
        corpus.write(output, generator, count, form, url)
        click.echo(f"hookproof: {count} requests and {corpus.MANIFEST} in {output}", err=True)
    else:
        corpus.write_file(output, contents)
        click.echo(f"hookproof: {count} requests in {output}", err=True)
