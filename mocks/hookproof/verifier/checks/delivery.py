"""Checks of deliveries: lost, doubled, overwritten, out of order, and what survives a crash."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from hookproof.verifier.canary import Canary
from hookproof.verifier.model import Failed, Undecided, VerifierError
from hookproof.verifier.observer import count
from hookproof.verifier.probe import Probe, Sent

COPIES = 20


async def event_stored(probe: Probe) -> None:
    """What was answered 2xx is in the records, once, for each kind of event."""
    for event in probe.settings.events:
        result = await probe.send(f"a genuine {event.name}", probe.genuine(event))
        probe.expect_accepted(result)
        try:
            await probe.expect_stored(result)
        except Failed:
            probe.world.stores = False
            raise


async def accepted_stored(probe: Probe) -> None:
    """Whatever the receiver accepts, it keeps: typical, minimal and nasty events."""
    for event in probe.settings.events:
        for variant in ("typical", "minimal", "edge"):

            async def one(_: int, event: object = event, variant: str = variant) -> None:
                request = probe.genuine(event, variant=variant)  # type: ignore[arg-type]
                result = await probe.send(f"{request.event}, variant {variant}", request)
                if request.identity:
                    await probe.expect_stored(result)

            await probe.each(range(4), one)


async def burst(probe: Probe) -> None:
    """Many different events at once, as batches and bad releases bring them."""
    requests = [probe.genuine() for _ in range(40)]
    results: list[Sent] = await asyncio.gather(
        *(probe.send("one of 40 events at once", request, crowd=True) for request in requests)
    )
    for result in results:
        probe.expect_accepted(result)
    for result in results:
        await probe.expect_stored(result)


async def duplicate_answered(probe: Probe) -> None:
    """The same event again, as after an answer that got lost: 2xx, or the vendor tries for ever."""
    request = probe.genuine()
    for turn in ("a first time", "a second time", "a third time"):
        probe.expect_accepted(await probe.send(f"an event delivered {turn}", request))


async def duplicate_stored(probe: Probe) -> None:
    """The same bytes again are the same event."""
    request = probe.genuine()
    first = await probe.send("an event", request)
    probe.expect_accepted(first)
    for _ in range(2):
        probe.expect_survived(await probe.send("an event again", request))
    await asyncio.sleep(0.1)
    await probe.expect_stored(first)


async def duplicate_race(probe: Probe) -> None:
    """Twenty copies at the same moment are one event."""
    for _ in range(3):
        request = probe.genuine()
        results = await asyncio.gather(
            *(probe.send("one of 20 copies at once", request, crowd=True) for _ in range(COPIES))
        )
        for result in results:
            probe.expect_survived(result)
        accepted = [result for result in results if result.accepted]
        if not accepted:
            probe.expect_accepted(results[0])
        await asyncio.sleep(0.1)
        await probe.expect_stored(accepted[0])


async def identity_too_wide(probe: Probe) -> None:
    """Two events that differ in nothing but one part of what identifies them are two."""
    first = probe.genuine()
    parts = [pointer[1:] for pointer in probe.event.identity.value]
    other = probe.genuine()
    for name in parts:
        second = probe.with_value(first, name, other.payload[name])
        for what, request in (("an event", first), (f"another that differs in {name} alone", second)):
            result = await probe.send(what, request)
            probe.expect_accepted(result)
        await probe.expect_stored(result)


async def identity_too_narrow(probe: Probe) -> None:
    """The same event with other bytes (another order of members, signed anew) is the same."""
    request = probe.genuine()
    again = probe.resigned(request, probe.restyled(request, "shuffled"))
    spaced = probe.resigned(request, probe.restyled(request, "spaced"))
    first = await probe.send("an event", request)
    probe.expect_accepted(first)
    for other in (again, spaced):
        probe.expect_survived(await probe.send("an event again, in other bytes", other))
    await asyncio.sleep(0.1)
    await probe.expect_stored(first, request)


async def stale_overwrites(probe: Probe) -> None:
    """An older state of an event that arrives late does not replace the newer one."""
    field = probe.event.newer_by
    if field is None:
        raise Undecided("the contract names no member that tells older from newer")
    base = probe.genuine()
    name, text = field.value[1:], probe.text_field(base)
    now = datetime.now(UTC).replace(microsecond=0)
    newer = probe.with_value(probe.with_value(base, name, _iso(now)), text, "hookproof newer state")
    older = probe.with_value(
        probe.with_value(base, name, _iso(now - timedelta(hours=1))), text, "hookproof older state"
    )
    for what, request in (("a newer state", newer), ("an older state", older)):
        result = await probe.send(what, request)
        probe.expect_survived(result)
    if probe.world.observer is None:
        return
    await asyncio.sleep(0.1)
    records = await probe.world.observer.records(time.monotonic())
    mine = [record for record in records if count([record], newer.identity)]
    if mine and not any("hookproof newer state" in record for record in mine):
        raise Failed("the newer state is gone: the older one that came later has replaced it", result.evidence)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


async def url_fetched(probe: Probe) -> None:
    """URLs in a payload point at a server of ours; the receiver must not go there (server-side request forgery)."""
    if not probe.world.target.addresses[0].startswith(("127.", "::1")):
        raise Undecided("the receiver is not on this machine, so it could not reach our server")
    async with Canary() as canary:
        request = probe.genuine(base_url=canary.url)
        if not any(canary.url in str(value) for value in request.payload.values()):
            raise Undecided("the event carries no URLs")
        result = await probe.send("an event whose URLs lead to loopback", request)
        await asyncio.sleep(0.4)
        if canary.visits:
            raise Failed(f"the receiver fetched {canary.visits[0]} from the payload", result.evidence)


async def durability(probe: Probe) -> None:
    """Killed right after it has answered 2xx, and started again, the receiver still has the event."""
    process, observer = probe.world.process, probe.world.observer
    if process is None or observer is None:
        raise Undecided("needs --start and --observe")
    for _ in range(3):
        result = await probe.send("an event just before a crash", probe.genuine())
        await process.kill()
        await process.start()
        probe.expect_accepted(result)
        await probe.expect_stored(result)


async def secret_unset(probe: Probe) -> None:
    """Started without a secret, the receiver refuses everything, or does not start at all."""
    try:
        await _started_with(probe, "")
    except VerifierError as error:
        probe.remark = f"it does not start: {error}"
        return
    request = probe.genuine()
    for what, value in (
        ("an event without a signature", None),
        ("an event signed with an empty key", probe.scheme.sign(request.body, "")),
        ("an event with a wrong signature", probe.scheme.sign(request.body, "wrong")),
    ):
        result = await probe.send(f"{what}, to a receiver without a secret", probe.signed_with(request, value), request)
        if result.accepted:
            raise Failed(f"{result.what} was {result.outcome}; expected a refusal", result.evidence)


async def secret_padded(probe: Probe) -> None:
    """Started with a secret that ends in a line break, as files and consoles add one, events are still accepted."""
    for padded in (f"{probe.secret}\n", f" {probe.secret} "):
        await _started_with(probe, padded)
        what = "a genuine event, to a receiver whose secret has blanks or a line break around it,"
        probe.expect_accepted(await probe.send(what, probe.genuine()))


async def _started_with(probe: Probe, secret: str) -> None:
    process = probe.world.process
    if process is None:
        raise Undecided("needs --start")
    if not process.knows_secret and "HOOKPROOF_SECRET" not in process.command:
        probe.remark = "the command has no {secret}; the receiver is taken to read HOOKPROOF_SECRET"
    await process.restart(secret)
