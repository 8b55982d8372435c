"""``hookproof verify``: the verdict on a receiver."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from hookproof.cli.options import contracts_option, library, paired, seed_option
from hookproof.errors import InputError, UsageError


@click.command()
@click.argument("url")
@click.option("--vendor", required=True, metavar="VENDOR", help="luciq, or luciq@2025-09.")
@click.option("--event", multiple=True, metavar="KIND", help="Only this kind of event. May be repeated. Default: all.")
@click.option("--secret", metavar="SECRET", envvar="HOOKPROOF_SECRET", show_envvar=True,
              help="The secret that the receiver is configured with.")  # fmt: skip
@click.option("--signature", multiple=True, metavar="PART=VALUE", help="Replaces a part of the signature scheme.")
@click.option("--basic", metavar="USER:PASS", envvar="HOOKPROOF_BASIC", show_envvar=True,
              help="The credentials that the receiver checks.")  # fmt: skip
@click.option("--header", multiple=True, metavar="NAME:VALUE", help="A further header. May be repeated.")
@click.option("--observe", metavar="URL", help="A GET there returns a JSON array of what the receiver has stored.")
@click.option("--start", metavar="CMD", help="Serves the receiver; the verifier starts, kills and restarts it. "
              "{port} and {secret} are replaced, in URL and --observe too.")  # fmt: skip
@click.option("--only", multiple=True, metavar="NAME", help="Checks by id, group or level. May be repeated.")
@click.option("--skip", multiple=True, metavar="NAME", help="Likewise; these are left out.")
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE",
              help="A JSON report of an earlier run: what failed there does not count.")  # fmt: skip
@click.option("--json", "json_file", metavar="FILE", help="Writes the report as JSON; - is standard output.")
@click.option("--junit", "junit_file", metavar="FILE", help="Writes the report as JUnit XML.")
@click.option("--sarif", "sarif_file", metavar="FILE", help="Writes the report as SARIF 2.1.0.")
@click.option("--html", "html_file", metavar="FILE", help="Writes the report as an HTML page.")
@click.option("--allow-target", multiple=True, metavar="HOST", help="May be sent to besides loopback. May be repeated.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=5, show_default=True, metavar="SECONDS")
@click.option("--slow", type=click.FloatRange(0, min_open=True), default=3, show_default=True, metavar="SECONDS",
              help="An accepted event that took longer is a failure.")  # fmt: skip
@click.option("--insecure", is_flag=True, help="Does not check the certificate of an https receiver.")
@click.option("-v", "--verbose", is_flag=True, help="Lists every check.")
@seed_option
@contracts_option
def command(url: str, vendor: str, verbose: bool, baseline: Path | None, **given: Any) -> int:
    """Verify the receiver at URL against the contract of a vendor. Exits 1 if something fails.

    Without --observe hookproof sees answers alone; with it, also what was lost, doubled or stored although refused.
    With --start it also kills the receiver after a 2xx and looks whether the event is still there.

    \b
    hookproof verify http://127.0.0.1:8000/hooks/luciq --vendor luciq --secret d8yyxj7srjqf5xyih8ay
    hookproof verify http://127.0.0.1:8000/hook --vendor backtrace --basic me:pw --observe http://127.0.0.1:8000/events
    hookproof verify http://127.0.0.1:{port}/hook --vendor bugsplat --start "python app.py {port}" --junit out.xml
    """
    from hookproof.cli.console import stdout
    from hookproof.generator import Options
    from hookproof.verifier.reports.terminal import github, show
    from hookproof.verifier.session import Request, verify_now

    known = _baseline(baseline)
    options = Options(
        secret=given["secret"],
        signature=dict(paired(text, "=", "--signature") for text in given["signature"]),
        basic=given["basic"],
        headers=[paired(text, ":", "--header") for text in given["header"]],
    )
    names = ("observe", "start", "only", "skip", "seed", "timeout", "slow")
    asked = Request(
        url,
        vendor,
        options,
        events=given["event"],
        allow=given["allow_target"],
        verify_tls=not given["insecure"],
        **{name: given[name] for name in names},
    )
    report = verify_now(asked, library(given["contracts"]), _progress())
    report.accept(known)
    _write(report, {name: given[f"{name}_file"] for name in ("json", "junit", "sarif", "html")})
    if given["json_file"] != "-":
        show(report, stdout(), verbose)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        click.echo("\n".join(github(report)), err=given["json_file"] == "-")
    if report.failures:
        return 1
    return 0 if report.passed else 2


def _progress() -> Any:
    if not sys.stderr.isatty():
        return lambda _: None
    done: list[str] = []

    def tell(result: Any) -> None:
        done.append(result.check.id)
        click.echo(f"\r\x1b[K{len(done)} checks, last {result.check.id}", nl=False, err=True)

    return tell


def _write(report: Any, files: dict[str, str | None]) -> None:
    from hookproof.corpus import write_file
    from hookproof.verifier.reports import WRITERS

    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    for name, place in files.items():
        if place is None:
            continue
        content = WRITERS[name](report).encode("utf-8", "replace")
        if place == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            write_file(Path(place), lambda content=content: iter([content]))  # type: ignore[misc]


def _baseline(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        document = json.loads(path.read_bytes())
        return {result["id"]: result["verdict"] for result in document["results"]}
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a JSON report of hookproof verify") from error
