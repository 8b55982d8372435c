"""Checks of signatures: what a stranger could try, and what the vendor could send."""

from __future__ import annotations

import base64
import hashlib
import hmac

from hookproof.delivery.faults import Transmission
from hookproof.request import SignedRequest
from hookproof.verifier.checks.bodies import escaped_slashes, exotic, reordered
from hookproof.verifier.maker import plain
from hookproof.verifier.model import Failed, Undecided
from hookproof.verifier.probe import Probe

OTHER_SECRET = "A0therSecret0fS0meb0dyE1se"  # noqa: S105 (it opens nothing)


async def _refused(probe: Probe, what: str, sent: Transmission, request: SignedRequest) -> None:
    result = await probe.send(what, sent, request)
    probe.expect_refused(result)


async def signature_missing(probe: Probe) -> None:
    """An event as the vendor sends it, but for the header."""
    request = probe.genuine()
    await _refused(probe, "an event without a signature", probe.signed_with(request, None), request)


async def signature_wrong(probe: Probe) -> None:
    """Of the right form, with one digit changed; and one that belongs to another event."""
    request, other = probe.genuine(), probe.genuine()
    value = request.header(probe.scheme.header) or ""
    for place in (0, len(value) // 2, len(value) - 1):
        wrong = value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]
        await _refused(
            probe, "an event whose signature has one digit changed", probe.signed_with(request, wrong), request
        )
    foreign = probe.signed_with(request, other.header(probe.scheme.header))
    await _refused(probe, "an event with the signature of another", foreign, request)


async def secret_other(probe: Probe) -> None:
    """Signed by somebody who does not know the secret."""
    request = probe.genuine()
    sample = probe.contract.signature.secret.sample.value if probe.contract.signature else OTHER_SECRET
    for secret in (OTHER_SECRET, sample, "secret", "changeme"):
        if secret != probe.secret:
            value = probe.scheme.sign(request.body, secret)
            await _refused(probe, "an event signed with another secret", probe.signed_with(request, value), request)


async def secret_empty(probe: Probe) -> None:
    """Signed with an empty key, and with what unset variables turn into."""
    request = probe.genuine()
    for secret in ("", "None", "null", "undefined", "\0"):
        value = probe.scheme.sign(request.body, secret)
        what = f"an event signed with the key {secret!r}"
        await _refused(probe, what, probe.signed_with(request, value), request)


async def signature_length(probe: Probe) -> None:
    """Signatures of any length are refused, not a crash."""
    request = probe.genuine()
    value = request.header(probe.scheme.header) or ""
    lengths = (0, 1, len(value) // 2, len(value) - 1, len(value) + 1, 2 * len(value), 4096)

    async def one(length: int) -> None:
        cut = (value * (length // max(1, len(value)) + 1))[:length]
        await _refused(probe, f"a signature of {length} characters", probe.signed_with(request, cut), request)

    await probe.each(lengths, one)


async def signature_multibyte(probe: Probe) -> None:
    """Characters beyond ASCII: as many characters as a signature has, or as many bytes."""
    request = probe.genuine()
    length = len(request.header(probe.scheme.header) or "")

    async def one(character: str) -> None:
        for count in (length, length // len(character.encode())):
            sent = probe.signed_with(request, character * count)
            await _refused(probe, f"a signature of {count} times {character!r}", sent, request)

    await probe.each(("é", "€", "\U0001f41e", "\x80"), one)


async def signature_malformed(probe: Probe) -> None:
    """Things that are no signatures at all."""
    request = probe.genuine()
    value = request.header(probe.scheme.header) or ""
    length = len(value)
    odd = (
        *("abc", "=", "sha256", "sha256=", "md9=" + value, "=" + "0" * length, "z" * length, " ", "null", "undefined"),
        *("[object Object]", "t=1,v1=" + "0" * length, ",", "%s%n", "0x" + "0" * length, "{}", "-1"),
    )

    async def one(text: str) -> None:
        await _refused(probe, f"the signature {text[:20]!r}", probe.signed_with(request, text), request)

    await probe.each(odd, one)


async def signature_algorithm(probe: Probe) -> None:
    """Other algorithms, also where the header says which: the sender must not choose."""
    request = probe.genuine()
    key = probe.secret.encode()

    async def one(name: str) -> None:
        digest = hmac.new(key, request.body, name).hexdigest()
        plainly = hashlib.new(name, request.body).hexdigest()
        with_key = hashlib.new(name, key + request.body).hexdigest()
        for value in (digest, f"{name}={digest}", plainly, f"{name}={plainly}"):
            await _refused(probe, f"a signature made with {name}", probe.signed_with(request, value), request)
        if probe.scheme.construction == "hmac-sha256":
            await _refused(probe, f"{name} of secret and body", probe.signed_with(request, with_key), request)

    await probe.each(("sha1", "md5", "sha512", "sha224"), one)
    nothing = hashlib.sha256(request.body).hexdigest()
    for value in (nothing, f"sha256={nothing}", "none", "none="):
        await _refused(probe, "a hash without a secret", probe.signed_with(request, value), request)


async def signature_forms(probe: Probe) -> None:
    """The right digest in another form may be taken or refused; a wrong one may be taken in none."""
    request = probe.genuine()
    good = hmac.digest(probe.secret.encode(), request.body, "sha256")
    bad = hmac.digest(OTHER_SECRET.encode(), request.body, "sha256")

    def forms(digest: bytes) -> list[str]:
        text, encoded = digest.hex(), base64.b64encode(digest).decode()
        quoted = [f"sha256={text}", f"sha256=sha256={text}", f"sha256 {text}", f" {text} ", f'"{text}"', f"v1={text}"]
        return [text.upper(), *quoted, encoded, encoded.rstrip("=").replace("+", "-").replace("/", "_")]

    async def tolerated(value: str) -> None:
        probe.expect_survived(
            await probe.send("the right digest in another form", probe.signed_with(request, value), request)
        )

    async def refused(value: str) -> None:
        await _refused(probe, f"a wrong digest as {value[:12]!r}…", probe.signed_with(request, value), request)

    await probe.each(forms(good), tolerated)
    await probe.each(forms(bad), refused)


async def signature_repeated(probe: Probe) -> None:
    """Two signature headers: any answer will do, but not a crash; and two wrong ones are wrong."""
    name = probe.scheme.header
    for first, second in ((True, False), (False, True), (True, True)):
        request = probe.genuine()
        good, bad = request.header(name) or "", probe.scheme.sign(request.body, OTHER_SECRET)
        sent = probe.signed_with(request, None)
        sent.headers += [(name, good if first else bad), (name, good if second else bad)]
        probe.expect_survived(await probe.send("an event with two signature headers", sent, request))
    request = probe.genuine()
    bad = probe.scheme.sign(request.body, OTHER_SECRET)
    sent = probe.signed_with(request, bad)
    sent.headers.append((name, bad))
    await _refused(probe, "an event with two wrong signature headers", sent, request)
    await _refused(probe, "two wrong signatures in one header", probe.signed_with(request, f"{bad},{bad}"), request)


async def signature_header_case(probe: Probe) -> None:
    """Names of headers have no case (RFC 9110, 5.1)."""
    name = probe.scheme.header

    async def one(written: str) -> None:
        request = probe.genuine()
        sent = probe.signed_with(request, None)
        sent.headers.append((written, request.header(name) or ""))
        result = await probe.send(f"an event with the header written {written}", sent, request)
        probe.expect_accepted(result)
        await probe.expect_stored(result)

    await probe.each((name.lower(), name.upper(), name.title()), one)


async def body_tampered(probe: Probe) -> None:
    """One character changed in each member, with the signature of before; and whitespace alone."""
    request = probe.genuine()

    async def one(name: str) -> None:
        marker = b'"' + name.encode() + b'":'
        at = request.body.find(marker)
        if at < 0:
            return
        place = next((i for i in range(at + len(marker), len(request.body)) if chr(request.body[i]).isalnum()), None)
        if place is None or request.body[place] > 127:
            return
        changed = b"7" if request.body[place : place + 1] != b"7" else b"8"
        sent = plain(request)
        sent.body = request.body[:place] + changed + request.body[place + 1 :]
        await _refused(probe, f"an event with {name} changed after signing", sent, request)

    await probe.each(request.payload, one)
    for what, body in (
        ("a blank added at its end", request.body + b" "),
        ("a blank added inside", request.body.replace(b":", b": ", 1)),
        ("another body", b"{}"),
        ("no body", b""),
    ):
        sent = plain(request)
        sent.body = body
        await _refused(probe, f"a signature with {what}", sent, request)


async def body_reserialised(probe: Probe) -> None:
    """Legal JSON that a receiver's own serialiser would write in another way; each signed over its own bytes."""

    async def one(style: str) -> None:
        request = probe.genuine(style=style)
        result = await probe.send(f"a signed event in the style {style}", request)
        probe.expect_accepted(result)
        await probe.expect_stored(result)

    await probe.each(("compact", "spaced", "rails", "shuffled", "pretty", "unusual"), one)
    for what, change in (
        ("escaped slashes", escaped_slashes),
        ("numbers written as 1.0", exotic),
        ("reversed members", reordered),
    ):
        base = probe.genuine()
        result = await probe.send(f"a signed event with {what}", probe.resigned(base, change(base.body)))
        probe.expect_accepted(result)
        await probe.expect_stored(result)


async def text_decoding(probe: Probe) -> None:
    """Text beyond ASCII, raw and escaped: the signature is over bytes."""
    texts = (
        "é",
        "日本語",
        "\U0001f41e\U0001f9d1\u200d\U0001f680",
        "\u2028\u2029",
        "ﬁ\u0301",
        "\u0645\u0631\u062d\u0628\u0627",
        "\u00a0\ufeff",
    )

    async def one(text: str) -> None:
        for style in ("compact", "spaced"):
            base = probe.genuine(style=style)
            field = probe.text_field(base)
            request = probe.with_value(base, field, f"hookproof {text}", style)
            result = await probe.send(f"a signed event with {text!r} in {field}", request)
            probe.expect_accepted(result)

    await probe.each(texts, one)


async def invalid_utf8(probe: Probe) -> None:
    """Bytes that are no text: with a wrong signature refused, with the right one anything but a crash."""
    base = probe.genuine()
    for junk in (b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80"):
        body = base.body.replace(b'":"', b'":"' + junk, 1)
        sent = plain(base)
        sent.body = body
        await _refused(probe, "a body that is not UTF-8, with a wrong signature", sent, base)
        probe.expect_survived(await probe.send("a signed body that is not UTF-8", probe.resigned(base, body)))


async def bypass(probe: Probe) -> None:
    """Things that must not stand in for a signature."""
    request = probe.genuine()
    name = probe.scheme.header
    headers = (
        [("User-Agent", probe.contract.name), ("X-Forwarded-For", "127.0.0.1")],
        [("X-Forwarded-For", "10.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("Forwarded", "for=127.0.0.1")],
        [("X-Test", "true"), ("X-Debug", "1"), ("X-Environment", "development")],
        [("X-Original-" + name, request.header(name) or ""), ("X-Signature-Verified", "true")],
        [("Authorization", "Bearer " + "0" * 32), ("Cookie", "session=1")],
        [("X-HTTP-Method-Override", "GET")],
    )

    async def one(extra: list[tuple[str, str]]) -> None:
        sent = probe.signed_with(request, None)
        names = [key.lower() for key, _ in extra]
        sent.headers = [(key, value) for key, value in sent.headers if key.lower() not in names] + extra
        result = await probe.send(f"an unsigned event with {extra[0][0]}: {extra[0][1]}", sent, request)
        if result.accepted:
            raise Failed(f"{result.what} was {result.outcome}; expected a refusal", result.evidence)

    if (await probe.send("an event without a signature", probe.signed_with(request, None), request)).accepted:
        raise Undecided("an event without a signature is accepted in any case; see signature-missing")
    await probe.each(headers, one)
    marked = probe.added(request, {"test": True, "debug": True, "environment": "test", "skip_verification": True})
    result = await probe.send("an unsigned event that says test: true", probe.signed_with(marked, None), request)
    if result.accepted:
        raise Failed(f"{result.what} was {result.outcome}; expected a refusal", result.evidence)


async def refused_not_stored(probe: Probe) -> None:
    """A refused event leaves nothing behind."""
    for what, value in (("a wrong signature", OTHER_SECRET), ("no signature", None)):
        request = probe.genuine()
        signature = value and probe.scheme.sign(request.body, value)
        result = await probe.send(f"an event with {what}", probe.signed_with(request, signature), request)
        await probe.expect_absent(result)


async def validation_before_authentication(probe: Probe) -> None:
    """A stranger learns nothing about what a body should look like."""
    request = probe.genuine()
    wrong = probe.scheme.sign(b"something else", OTHER_SECRET)
    first = await probe.send("an event with a wrong signature", probe.signed_with(request, wrong), request)
    for what, body in (("no JSON", b"{"), ("no event", b"[]"), ("wrong types", b'{"x": 1}'), ("nothing", b"")):
        sent = probe.signed_with(request, wrong)
        sent.body = body
        second = await probe.send(f"a body that is {what}, with a wrong signature", sent, request)
        if first.answer and second.answer and first.answer.status != second.answer.status:
            answers = f"{first.answer.status}, but {second.answer.status} where the body is {what}"
            raise Failed(f"a wrong signature is answered {answers}: the body was judged first", second.evidence)
