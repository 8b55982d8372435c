"""``hookproof send``: requests made and delivered, each outcome shown."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click

from hookproof.cli import options
from hookproof.cli.console import printable


def _names(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> list[str]:
    return [name for value in values for name in value.split(",") if name]


@click.command()
@click.argument("event", type=options.EventName())
@click.option("--to", "url", required=True, metavar="URL", help="The receiver.")
@options.generating
@click.option("--allow-target", multiple=True, metavar="HOST",
              help="A host, HOST:PORT or network that may be sent to besides loopback. May be repeated.")  # fmt: skip
@click.option("--fault", multiple=True, metavar="NAME", callback=_names,
              help="Sends imperfectly on purpose; may be repeated: delay, duplicate, drop, reorder, truncate, tamper, "
                   "wrong-signature, missing-signature, other-secret, wrong-header, wrong-content-type, chunked, slow, "
                   "reset.")  # fmt: skip
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="Deliveries per second, at most.")
@click.option("--concurrency", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many at a time.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=10, show_default=True, metavar="SECONDS",
              help="For connecting, and for the answer.")  # fmt: skip
@click.option("--insecure", is_flag=True, help="Does not check the certificate of an https receiver.")
@click.option("--json", "as_json", is_flag=True, help="Prints one JSON object a line.")
def command(
    event: str,
    url: str,
    allow_target: tuple[str, ...],
    fault: list[str],
    rate: float | None,
    concurrency: int,
    timeout: float,
    insecure: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Make requests of EVENT and deliver them to the receiver at URL. Exits 1 unless all were answered 2xx.

    \b
    hookproof send luciq.crash --to http://127.0.0.1:8000/hooks/luciq --secret d8yyxj7srjqf5xyih8ay
    hookproof send backtrace.group -n 50 --concurrency 8 --to http://127.0.0.1:8000/hooks/backtrace
    hookproof send luciq.bug --fault tamper --to http://127.0.0.1:8000/hooks/luciq --secret d8yyxj7srjqf5xyih8ay
    """
    from hookproof.delivery.engine import Attempt, Courier
    from hookproof.delivery.faults import transmission
    from hookproof.delivery.targets import resolve

    generator = options.generator(event, given)
    if generator.size is not None:
        click.echo(f"hookproof: {generator.coverage}", err=True)
    outcomes: list[Attempt] = []

    async def deliver() -> None:
        target = await resolve(url, allow_target)
        courier = Courier(target, concurrency=concurrency, timeout=timeout, rate=rate, verify_tls=not insecure)
        requests = generator.requests(given["count"], given["start"])
        async for attempt in courier.deliver(requests, lambda request: transmission(request, fault, generator.scheme)):
            outcomes.append(attempt)
            click.echo(json.dumps(_entry(attempt)) if as_json else _line(attempt))

    asyncio.run(deliver())
    return _conclude(outcomes, url)


def _conclude(outcomes: list[Any], url: str) -> int:
    accepted = sum(attempt.accepted for attempt in outcomes)
    click.echo(f"hookproof: {accepted} of {len(outcomes)} accepted", err=True)
    if outcomes and all(attempt.kind in ("refused", "tls") for attempt in outcomes):
        click.echo(f"hookproof: {url} cannot be reached: {outcomes[0].trouble}; is the receiver running?", err=True)
        return 2
    return 0 if outcomes and accepted == len(outcomes) else 1


def _line(attempt: Any) -> str:
    faults = f" ({', '.join(attempt.sent.faults)})" if attempt.sent.faults else ""
    name = f"{attempt.request.event} #{attempt.request.index}{faults}"
    if attempt.answer is None:
        return f"{name}: {attempt.trouble}"
    body = printable(attempt.answer.body.decode("utf-8", "replace").strip(), 100)
    said = f": {body}" if body and not attempt.accepted else ""
    status = f"{attempt.answer.status} {printable(attempt.answer.reason, 40)}"
    return f"{name}: {status} in {attempt.elapsed * 1000:.0f} ms{said}"


def _entry(attempt: Any) -> dict[str, Any]:
    answer = attempt.answer
    return {
        "event": attempt.request.event,
        "revision": attempt.request.revision,
        "seed": attempt.request.seed,
        "index": attempt.request.index,
        "faults": attempt.sent.faults,
        "accepted": attempt.accepted,
        "status": answer.status if answer else None,
        "headers": dict(answer.headers) if answer else None,
        "body": answer.body.decode("utf-8", "replace") if answer else None,
        "trouble": attempt.trouble,
        "seconds": round(attempt.elapsed, 6),
    }
