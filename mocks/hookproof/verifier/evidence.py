"""Evidence: what was sent and what came back, fit to be shown. Secrets are masked, long text is cut."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable

from hookproof.delivery.faults import Transmission
from hookproof.delivery.wire import Answer
from hookproof.verifier.model import Exchange

SHOWN = 2000
"""How many characters of a body are kept."""

REPLAYED = 16_384
"""How many bytes of a body the line for a shell sends again."""

MASK = "***"


def exchange(sent: Transmission, url: str, answer: Answer | None, trouble: str, secrets: Iterable[str]) -> Exchange:
    """Keep an exchange as evidence."""
    hidden = [secret for secret in secrets if secret]
    request = {
        "method": sent.method,
        "url": url,
        "headers": [[name, masked(value, hidden)] for name, value in sent.headers],
        "body": shortened(sent.body),
        "framing": _framing(sent),
        "curl": masked(curl(sent, url), hidden),
    }
    if answer is None:
        return Exchange(request, {"trouble": trouble})
    headers = [[name, masked(shortened(value.encode()), hidden)] for name, value in answer.headers]
    body = masked(shortened(answer.body), hidden)
    return Exchange(request, {"status": answer.status, "reason": answer.reason, "headers": headers, "body": body})


def masked(text: str, secrets: Iterable[str]) -> str:
    """Hide secrets in a text, also where they stand as HTTP Basic credentials."""
    for secret in secrets:
        encoded = base64.b64encode(secret.encode()).decode("ascii")
        text = text.replace(secret, MASK).replace(encoded, MASK)
    return text


def shortened(body: bytes) -> str:
    """Show the start of a body as text."""
    text = body[: SHOWN * 4].decode("utf-8", "backslashreplace")
    return text if len(text) <= SHOWN and len(body) <= SHOWN * 4 else f"{text[:SHOWN]}… ({len(body)} bytes)"


def curl(sent: Transmission, url: str) -> str:
    """Write a line for a shell that sends the same request again, as far as curl can."""
    headers = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in sent.headers)
    chunked = " -H 'Transfer-Encoding: chunked'" if sent.chunk else ""
    start = f"curl -sS -i -X {sent.method} {headers}{chunked} -H 'Expect:'"
    text = sent.body.decode("utf-8", "replace")
    if len(sent.body) <= 300 and "\0" not in text and "\ufffd" not in text:
        return f"{start} --data-raw {shlex.quote(text)} {shlex.quote(url)}"
    encoded = base64.b64encode(sent.body[:REPLAYED]).decode("ascii")
    cut = "" if len(sent.body) <= REPLAYED else f" # only the first {REPLAYED} of {len(sent.body)} bytes"
    return f"echo {encoded} | base64 -d | {start} --data-binary @- {shlex.quote(url)}{cut}"


def _framing(sent: Transmission) -> str:
    how = f"chunks of {sent.chunk} bytes" if sent.chunk else "Content-Length"
    if sent.pace:
        how += f", a piece every {sent.pace:g} s"
    return how + (f", reset after {sent.cut} bytes" if sent.cut is not None else "")
