"""Checks of HTTP: framing, content types, methods, sizes, and what connections go through."""

from __future__ import annotations

import asyncio
import gzip

from hookproof.delivery.engine import opening
from hookproof.delivery.faults import Transmission
from hookproof.delivery.wire import WireError, head
from hookproof.encoding import MULTIPART, URLENCODED
from hookproof.verifier.maker import plain
from hookproof.verifier.model import Failed
from hookproof.verifier.probe import Probe

DECLARED = 256 * 1024 * 1024
"""How large a body a stranger announces, in bytes."""


async def event_accepted(probe: Probe) -> None:
    """A genuine event of each kind."""
    for event in probe.settings.events:
        result = await probe.send(f"a genuine {event.name}", probe.genuine(event))
        if not result.accepted:
            probe.world.accepts = False
            where = result.answer.header("Location") if result.answer else None
            redirect = f" to {where[:80]!r}: vendors do not follow redirects" if where else ""
            if result.kind == "timeout":
                probe.world.hangs = (
                    f"the receiver did not answer a genuine event within {probe.settings.timeout:g} seconds"
                )
            raise Failed(f"a genuine {event.name}: {result.outcome}{redirect}; expected 2xx", result.evidence)


async def content_type_parameters(probe: Probe) -> None:
    """Parameters and case change nothing about a content type (RFC 9110, 8.3.1)."""

    async def one(value: str) -> None:
        request = probe.genuine()
        sent = plain(request)
        sent.replace_header("Content-Type", value)
        result = await probe.send(f"an event with Content-Type: {value}", sent, request)
        probe.expect_accepted(result)
        await probe.expect_stored(result)

    forms = (
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "Application/JSON",
    )
    await probe.each(forms, one)


async def content_type_other(probe: Probe) -> None:
    """None, or an unexpected one: accepted or refused, but no crash."""

    async def one(value: str | None) -> None:
        request = probe.genuine()
        sent = plain(request)
        sent.replace_header("Content-Type", value)
        result = await probe.send(f"an event with the content type {value}", sent, request)
        probe.expect_survived(result)

    await probe.each((None, "text/plain", "application/octet-stream", "", ";", "x", "application/xml", URLENCODED), one)


async def content_encoding(probe: Probe) -> None:
    """Compressed, or said to be: accepted or refused, but no crash."""
    base = probe.genuine()
    packed = gzip.compress(base.body, mtime=0)
    for what, request, coding in (
        ("a compressed event", probe.resigned(base, packed), "gzip"),
        ("an event that is not as compressed as it says", probe.genuine(), "gzip"),
        ("an event in an unknown coding", probe.genuine(), "x-hookproof"),
        ("an event in the coding identity", probe.genuine(), "identity"),
    ):
        sent = plain(request)
        sent.headers.append(("Content-Encoding", coding))
        probe.expect_survived(await probe.send(what, sent, request))


async def chunked_body(probe: Probe) -> None:
    """A body in chunks, tiny ones too, without a length (RFC 9112, 7.1). 411 is a legal refusal."""
    for size in (1024, 7, 1):
        request = probe.genuine()
        sent = plain(request)
        sent.chunk = size
        result = await probe.send(f"an event in chunks of {size} bytes", sent, request)
        if result.answer and result.answer.status in (411, 501):
            continue
        probe.expect_accepted(result)
        await probe.expect_stored(result)


async def body_size(probe: Probe) -> None:
    """Events with long texts, up to a little more than a megabyte."""
    for size in (99_000, 150_000, 1_100_000):
        base = probe.genuine()
        field = probe.text_field(base, longest=True)
        request = probe.with_value(base, field, "hookproof " * (size // 10))
        result = await probe.send(f"an event of {len(request.body):,} bytes", request)
        probe.expect_accepted(result)
        await probe.expect_stored(result)


async def body_unbounded(probe: Probe) -> None:
    """A stranger announces a huge body: the receiver must not wait for all of it."""
    request = probe.genuine()
    sent = probe.unsealed(request)
    sent.headers.append(("Content-Length", str(DECLARED)))
    sent.body = b"{" + b" " * 65536
    patience = min(2.0, probe.settings.timeout)
    connection = await probe.connect()
    try:
        target = probe.world.target
        connection.write(head(sent.method, target.path, [("Host", target.authority), *sent.headers]) + sent.body)
        answer = await connection.answer(patience)
    except WireError as error:
        result = probe.note("the start of a body of 256 MiB", sent, None, str(error), error.trouble, request)
        if error.trouble == "timeout":
            reason = (
                f"256 MiB were announced; after 64 KiB the receiver still waited for more {patience:g} seconds later"
            )
            raise Failed(f"{reason}; expected 413, or a closed connection", result.evidence) from None
        return
    finally:
        connection.abort()
    result = probe.note("the start of a body of 256 MiB", sent, answer, origin=request)
    probe.expect_refused(result)


async def other_methods(probe: Probe) -> None:
    """Methods that no vendor uses: refused or answered, but no crash."""

    async def one(method: str) -> None:
        request = probe.genuine()
        sent = plain(request)
        sent.method = method
        if method in ("GET", "OPTIONS", "DELETE"):
            sent.body = b""
        result = await probe.send(f"a {method} request", sent, request)
        probe.expect_survived(result)

    await probe.each(("GET", "PUT", "DELETE", "OPTIONS", "PATCH"), one)


async def slow_answer(probe: Probe) -> None:
    """How long the slowest accepted event has taken, among all that were sent."""
    probe.expect_accepted(await probe.send("a genuine event", probe.genuine()))
    slowest, evidence = probe.world.slowest
    if slowest > probe.settings.slow:
        limit = f"{probe.settings.slow:g}"
        raise Failed(f"an event was accepted after {slowest:.1f} seconds; a vendor may give up after {limit}", evidence)


async def slow_body(probe: Probe) -> None:
    """A body that arrives in ten pieces over a second."""
    request = probe.genuine()
    sent = plain(request)
    sent.pace = 0.1
    result = await probe.send("an event that arrives slowly", sent, request)
    probe.expect_accepted(result)
    await probe.expect_stored(result)


async def aborted_upload(probe: Probe) -> None:
    """Connections that break off in the middle; then everything is as before, and nothing of it was stored."""
    request = probe.genuine()
    for cut in (0, 1, len(request.body) // 2, len(request.body) - 1):
        sent = plain(request)
        sent.cut = cut
        await probe.send("an event that breaks off", sent, request)
    for _ in range(3):
        after = await probe.send("an event after others broke off", probe.genuine())
        probe.expect_accepted(after)
        await probe.expect_stored(after)
    probe.last = after.evidence
    await probe.expect_absent(probe.note("an event that broke off", plain(request), None, "broken off", origin=request))


async def reuse_after_refusal(probe: Probe) -> None:
    """A refused event, then a genuine one on the same connection, as vendors with a pool do."""
    bad, good = probe.genuine(), probe.genuine()
    first = probe.broken(bad)
    connection = await probe.connect()
    try:
        for what, sent, request in (
            ("a refused event", first, bad),
            ("an event on the connection of a refused one", plain(good), good),
        ):
            if not connection.open_for_more:
                return
            connection.begin()
            connection.write(opening(probe.world.target, sent) + sent.body)
            try:
                answer = await connection.answer(probe.settings.timeout)
            except WireError as error:
                if sent is not first and error.trouble in ("closed", "reset"):
                    return  # the receiver closed: a client opens a new connection then
                result = probe.note(what, sent, None, str(error), error.trouble, request)
            else:
                result = probe.note(what, sent, answer, origin=request)
            if sent is not first:
                probe.expect_accepted(result)
                await probe.expect_stored(result)
    finally:
        connection.close()


async def expect_continue(probe: Probe) -> None:
    """``Expect: 100-continue`` (RFC 9110, 10.1.1): asked for the body or answered at once, but not left waiting."""
    request = probe.genuine()
    sent = plain(request)
    sent.headers.append(("Expect", "100-continue"))
    connection = await probe.connect()
    try:
        connection.write(opening(probe.world.target, sent))
        for _ in range(20):
            await asyncio.sleep(0.02)
            if connection.answered():
                break
        connection.write(sent.body)
        try:
            result = probe.note(
                "an event with Expect: 100-continue",
                sent,
                await connection.answer(probe.settings.timeout),
                origin=request,
            )
        except WireError as error:
            result = probe.note("an event with Expect: 100-continue", sent, None, str(error), error.trouble, request)
    finally:
        connection.close()
    if result.answer is None or result.answer.status != 417:
        probe.expect_accepted(result)
        await probe.expect_stored(result)


async def form_urlencoded(probe: Probe) -> None:
    """Form data, urlencoded, in all legal spellings of a blank and of escapes."""
    for nesting in ("json", "brackets"):
        request = probe.genuine(content_type=URLENCODED, nesting=nesting)
        variants = [request.body, request.body.replace(b"+", b"%20"), request.body.replace(b"%2F", b"%2f")]
        result = await probe.send("an event as urlencoded form data", request)
        probe.expect_accepted(result)
        await probe.expect_stored(result)
        for body in variants[1:]:
            probe.expect_accepted(await probe.send("the same in another spelling", probe.resigned(request, body)))


async def form_multipart(probe: Probe) -> None:
    """Form data as multipart/form-data."""
    for nesting in ("json", "brackets"):
        request = probe.genuine(content_type=MULTIPART, nesting=nesting)
        result = await probe.send("an event as multipart form data", request)
        probe.expect_accepted(result)
        await probe.expect_stored(result)


async def multipart_hostile(probe: Probe) -> None:
    """Multipart bodies that are wrong or nasty: no crash, and no hang."""
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    bodies = {
        "without an end": part,
        "without a part": b"--b--\r\n",
        "empty": b"",
        "with 5,000 parts": part * 5000 + b"--b--\r\n",
        "with a long preamble": b"\r\n" * 200_000 + part + b"--b--\r\n",
        "with a part of line breaks": b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n'
        + b"\r\n" * 50_000
        + b"\r\n--b--\r\n",
        "with a part without a name": b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n",
        "that is no form": b"{}",
    }

    async def one(what: str) -> None:
        request = probe.genuine()
        sent = plain(probe.resigned(request, bodies[what]))
        sent.replace_header("Content-Type", f"{MULTIPART}; boundary=b")
        probe.expect_survived(await probe.send(f"a multipart body {what}", sent, request))

    await probe.each(bodies, one)
    request = probe.genuine()
    sent = plain(request)
    sent.replace_header("Content-Type", MULTIPART)
    probe.expect_survived(await probe.send("a multipart body without a boundary", sent, request))


async def handshake(probe: Probe) -> None:
    """The verify request, sent before custom headers can have been entered."""
    rule = probe.contract.delivery["handshake"].value
    sent = Transmission(rule["method"], [("Content-Type", rule["content_type"])], rule["body"].encode())
    result = await probe.send("the verify request", sent)
    if not result.accepted:
        raise Failed(
            f"the verify request was {result.outcome}; expected 2xx, or the URL cannot be saved", result.evidence
        )
