"""Checks of payloads: what the contract allows, and what hostile or drifting ones do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hookproof import schemas
from hookproof.request import SignedRequest
from hookproof.verifier.model import Failed, Undecided
from hookproof.verifier.probe import Probe

NEAR_2_53 = 9007199254740993

INSIDES = (
    *("Traceback (most recent call last)", 'File "/', "site-packages/", "sqlite3.", "psycopg", "werkzeug.debug"),
    *("\n    at ", "node_modules/", "at java.", "java.lang.", "Exception in thread", "SQLSTATE", "goroutine "),
)
"""What stack traces and database errors of common languages have in them."""


async def _accepted(probe: Probe, what: str, request: SignedRequest) -> None:
    result = await probe.send(what, request)
    probe.expect_accepted(result)
    await probe.expect_stored(result)


async def variants_accepted(probe: Probe) -> None:
    """Every branch of the contract, in as few requests as can be, of each kind of event."""
    for event in probe.settings.events:
        generator = probe.generator(event, variant="coverage")

        async def one(index: int, generator: Any = generator) -> None:
            request = generator.request(index)
            result = await probe.send(f"{request.event}, variant coverage #{index}", request)
            probe.expect_accepted(result)

        await probe.each(range(generator.size or 0), one)


async def unknown_member(probe: Probe) -> None:
    """Members that the vendor adds tomorrow, at the top and inside."""
    request = probe.genuine()
    extra = {"hookproof_new": 1, "hookproofNested": {"a": [1, {"b": None}]}, "Hookproof New": "x"}
    await _accepted(probe, "an event with new members", probe.added(request, extra))
    for name, value in request.payload.items():
        inside = _with_inside(value)
        if inside is not None:
            changed = probe.with_value(probe.genuine(), name, inside)
            await _accepted(probe, f"an event with a new member inside {name}", changed)


def _with_inside(value: Any) -> Any:
    """Add a member to the objects in a list of objects."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return [{**item, "hookproof_new": 1} for item in value]
    return None


async def optional_missing(probe: Probe) -> None:
    """Each member that is not promised left out, one by one, and all at once."""
    for event in probe.settings.events:
        promised = schemas.required(event.schema_path, "accepted")
        identity = [pointer[1:] for pointer in event.identity.value]
        optional = [name for name in schemas.properties(event.schema_path) if name not in promised]

        async def one(name: str, event: Any = event) -> None:
            request = probe.genuine(event)
            if name in request.payload:
                without = probe.without(request, [name])
                probe.expect_accepted(await probe.send(f"{event.name} without {name}", without))

        await probe.each(optional, one)
        request = probe.genuine(event)
        bare = probe.without(request, [name for name in optional if name not in identity])
        probe.expect_accepted(await probe.send(f"{event.name} with nothing but what is promised", bare))


async def null_member(probe: Probe) -> None:
    """Null in place of each value: accepted or refused, but no crash."""

    async def one(name: str) -> None:
        request = probe.with_value(probe.genuine(), name, None)
        probe.expect_survived(await probe.send(f"an event in which {name} is null", request))

    await probe.each(probe.genuine().payload, one)


async def type_drift(probe: Probe) -> None:
    """Each value as another type: accepted or refused, but no crash."""

    async def one(name: str) -> None:
        base = probe.genuine()
        for value in _other_types(base.payload[name]):
            request = probe.with_value(base, name, value)
            probe.expect_survived(await probe.send(f"an event in which {name} is {json.dumps(value)[:30]}", request))

    await probe.each(probe.genuine().payload, one)


def _other_types(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [7, [value], {"value": value}, True]
    if isinstance(value, (int, float)):
        return [str(value), value + 0.5, [value], {}, -1]
    if isinstance(value, list):
        return [{}, "text", [{}], [None], [[]], 3]
    return [[], "text", 3, {"a": {"b": {}}}]


async def unknown_value(probe: Probe) -> None:
    """A value that the documents do not list, in each member that we generate from a list."""
    rules = schemas.properties(probe.event.schema_path)
    for name, rule in rules.items():
        if "enum" in rule:
            new = 999 if all(isinstance(member, int) for member in rule["enum"]) else "hookproof-new"
            await _accepted(probe, f"an event in which {name} is {new!r}", probe.with_value(probe.genuine(), name, new))


async def malformed_body(probe: Probe) -> None:
    """Signed bodies that are no events: accepted or refused, but no crash; a vendor would try them again for ever."""
    bodies = {
        "empty": b"", "null": b"null", "a list": b"[]", "a text": b'"text"', "a number": b"3", "true": b"true",
        "an empty object": b"{}", "cut off": probe.genuine().body[:-20], "two documents": b"{}{}", "no JSON": b"<xml/>",
        "NaN": b'{"a": NaN}', "a byte order mark": b"\xef\xbb\xbf{}", "a blank": b" ",
        "a list of objects": b'[{"a": 1}]', "NUL": b"\0",
    }  # fmt: skip

    async def one(what: str) -> None:
        request = probe.resigned(probe.genuine(), bodies[what])
        probe.expect_survived(
            await probe.send(f"a signed body that is {what}" if probe.signs else f"a body that is {what}", request)
        )

    await probe.each(bodies, one)


async def nul_text(probe: Probe) -> None:
    """NUL in texts: what databases refuse."""

    async def one(name: str) -> None:
        base = probe.genuine()
        request = probe.with_value(base, name, "before\0after")
        result = await probe.send(f"an event with NUL in {name}", request)
        probe.expect_survived(result)
        await probe.expect_stored(result)

    await probe.each(probe.text_fields(), one)


async def lone_surrogate(probe: Probe) -> None:
    """Half a character, as JavaScript may cut it: accepted or refused, but no crash."""
    for half in ("\\ud800", "\\udc00", "\\udc00\\ud800"):
        base = probe.genuine(style="spaced")
        name = probe.text_field(base)
        request = probe.with_value(base, name, "HOOKPROOF", "spaced")
        body = request.body.replace(b"HOOKPROOF", half.encode())
        result = await probe.send(f"an event with a lone surrogate in {name}", probe.resigned(request, body))
        probe.expect_survived(result)
        await probe.expect_stored(result)


async def large_integer(probe: Probe) -> None:
    """A whole number beyond 2^53: kept exactly, or not at all."""
    rules = schemas.properties(probe.event.schema_path)
    names = [name for name, rule in rules.items() if rule.get("type") in ("integer", "number") and "enum" not in rule]
    if not names:
        raise Undecided("the event has no whole numbers")
    for name in names:
        base = probe.genuine()
        request = probe.with_value(base, name, NEAR_2_53)
        result = await probe.send(f"an event in which {name} is {NEAR_2_53}", request)
        probe.expect_survived(result)
        await probe.expect_exact(
            result, request, str(NEAR_2_53), ("9007199254740992", "9007199254740994", "9.007199254740992e")
        )


async def empty_and_long_lists(probe: Probe) -> None:
    """Lists with nothing, and with very much, in them."""
    rules = schemas.properties(probe.event.schema_path)
    base = probe.genuine()
    for name, rule in rules.items():
        value = base.payload.get(name)
        if not isinstance(value, list) or rule.get("minItems"):
            continue
        await _accepted(probe, f"an event in which {name} is empty", probe.with_value(probe.genuine(), name, []))
        long = ([*value, "hookproof"] * 10_000)[:10_000] if not value or isinstance(value[0], str) else value * 1000
        result = await probe.send(
            f"an event with {len(long):,} items in {name}", probe.with_value(probe.genuine(), name, long)
        )
        probe.expect_survived(result)
        await probe.expect_stored(result)


async def unusual_dates(probe: Probe) -> None:
    """Moments that calendars and clocks find hard."""
    moments = ((2024, 2, 29, 23, 59, 59), (2026, 12, 31, 23, 59, 59), (2026, 3, 29, 1, 30, 0), (2026, 10, 25, 1, 30, 0),
               (1970, 1, 2, 0, 0, 0), (2038, 1, 19, 3, 14, 8), (2099, 12, 31, 0, 0, 0))  # fmt: skip

    async def one(moment: tuple[int, ...]) -> None:
        year, month, day, hour, minute, second = moment
        request = probe.genuine(at=datetime(year, month, day, hour, minute, second, tzinfo=UTC))
        await _accepted(probe, f"an event of {year}-{month:02}-{day:02}", request)

    await probe.each(moments, one)


async def long_and_wide_text(probe: Probe) -> None:
    """Long text, and characters of four bytes, in each free text."""

    async def one(name: str) -> None:
        for what, text in (
            ("four-byte characters", "\U0001f41e hookproof \U0001f9d1\u200d\U0001f680"),
            ("64 KiB", "hookproof" * 7282),
        ):
            request = probe.with_value(probe.genuine(), name, text)
            result = await probe.send(f"an event with {what} in {name}", request)
            probe.expect_survived(result)
            if result.answer and result.answer.status >= 400:
                probe.expect_accepted(result)
            await probe.expect_exact(result, request, text[:2000], (text[:400],))

    await probe.each(probe.text_fields(), one)


async def hostile_json(probe: Probe) -> None:
    """JSON that is legal and meant to hurt: no crash, no hang."""
    base = probe.genuine()
    head = base.body[:-1]
    bodies = {
        "nested 200 deep": head + b',"x":' + b"[" * 200 + b"]" * 200 + b"}",
        "nested 100,000 deep": head + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "with __proto__": head + b',"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
        "with a member twice": head + b"," + base.body[1:],
        "with a number of 5,000 digits": head + b',"x":' + b"9" * 5000 + b"}",
        "with 1e999": head + b',"x":1e999}',
        "with 10,000 members": head + b"".join(b',"m%d":%d' % (i, i) for i in range(10_000)) + b"}",
        "with an empty name": head + b',"":""}',
        "with names of objects' own": head + b',"toString":1,"hasOwnProperty":1,"__class__":1,"length":-1}',
    }

    async def one(what: str) -> None:
        probe.expect_survived(await probe.send(f"an event {what}", probe.resigned(base, bodies[what])))

    await probe.each(bodies, one)


async def answer_leaks(probe: Probe) -> None:
    """Answers to what was refused or crashed, this check's and all others', read for what they give away."""
    for request in (
        probe.broken(probe.genuine()),
        probe.resigned(probe.genuine(), b"{"),
        probe.resigned(probe.genuine(), b""),
    ):
        await probe.send("a bad event", request)
    if probe.signs:
        wrong = probe.broken(probe.genuine())
        answer = await probe.send("an event with a wrong signature", wrong)
        expected = probe.scheme.sign(wrong.body, probe.secret)
        if answer.answer and expected.encode() in answer.answer.body:
            raise Failed("the answer to a wrong signature shows the right one", answer.evidence)
    secrets = [secret for secret in (probe.settings.options.secret, probe.settings.options.basic) if secret]
    for kept, evidence in probe.world.answers:
        text = kept.body.decode("utf-8", "replace")
        if any(secret in text for secret in secrets):
            raise Failed("an answer shows the secret", evidence)
        found = next((needle for needle in INSIDES if needle in text), None) if kept.status >= 400 else None
        if found:
            raise Failed(f"an answer shows the inside of the receiver: {found.strip()!r}", evidence)


async def text_reflected(probe: Probe) -> None:
    """Active text of a payload does not come back as a page."""
    marker = "<script>hookproof</script>"
    for name in probe.text_fields():
        for bad in (False, True):
            request = probe.with_value(probe.genuine(), name, marker)
            sent = probe.broken(request) if bad else request
            result = await probe.send(f"an event with a script in {name}", sent)
            kind = (result.answer.header("Content-Type") or "").lower() if result.answer else ""
            if (
                result.answer
                and marker.encode() in result.answer.body
                and "json" not in kind
                and "text/plain" not in kind
            ):
                raise Failed(
                    f"the script in {name} came back as it was, as {kind or 'no type at all'}", result.evidence
                )
