"""Deliberately imperfect deliveries: a fault changes what is sent, or how; the request itself stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hookproof.errors import UnknownNameError, UsageError
from hookproof.request import Headers, SignedRequest
from hookproof.signing import Scheme
from hookproof.story.draw import Draw


@dataclass
class Transmission:
    """One request as it will go over the wire.

    Attributes:
        delay: seconds to wait before it is sent.
        copies: how often it is sent.
        chunk: size of the chunks of a chunked body, or 0 for a body with a length.
        pace: seconds between two pieces of the body, or 0 for all at once.
        cut: after how many bytes of the body the connection is reset, or None.
        dropped: it is not sent at all.
        late: it is sent after the next one.
    """

    method: str
    headers: Headers
    body: bytes
    delay: float = 0
    copies: int = 1
    chunk: int = 0
    pace: float = 0
    cut: int | None = None
    dropped: bool = False
    late: bool = False
    faults: list[str] = field(default_factory=list)

    def replace_header(self, name: str, value: str | None) -> None:
        """Give a header another value, or remove it."""
        others = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers = others if value is None else [*others, (name, value)]


@dataclass(frozen=True, slots=True)
class Context:
    """What a fault may look at: the signature scheme, the secret before the present one, and chance."""

    scheme: Scheme | None
    draw: Draw
    former: str | None = None


def _delay(sent: Transmission, context: Context) -> None:
    sent.delay = context.draw.between(200, 1000) / 1000


def _duplicate(sent: Transmission, context: Context) -> None:  # noqa: ARG001 (all faults take the same)
    sent.copies = 2


def _drop(sent: Transmission, context: Context) -> None:  # noqa: ARG001
    sent.dropped = True


def _reorder(sent: Transmission, context: Context) -> None:  # noqa: ARG001
    sent.late = True


def _truncate(sent: Transmission, context: Context) -> None:
    sent.body = sent.body[: context.draw.below(len(sent.body))] if sent.body else sent.body


def _tamper(sent: Transmission, context: Context) -> None:
    """Change one letter or digit, so that the body stays readable and the signature no longer fits."""
    places = [at for at, byte in enumerate(sent.body) if chr(byte).isalnum() and byte < 128]
    if places:
        at = context.draw.pick(places)
        swapped = b"0" if sent.body[at : at + 1] != b"0" else b"1"
        sent.body = sent.body[:at] + swapped + sent.body[at + 1 :]


def _signature(sent: Transmission, context: Context) -> tuple[str, str]:
    name = context.scheme.header if context.scheme else ""
    value = next((value for key, value in sent.headers if name and key.lower() == name.lower()), None)
    if value is None:
        raise UsageError("this fault changes the signature, and the request has none")
    return name, value


def _wrong_signature(sent: Transmission, context: Context) -> None:
    name, value = _signature(sent, context)
    last = "0" if value[-1] != "0" else "1"
    sent.replace_header(name, value[:-1] + last)


def _missing_signature(sent: Transmission, context: Context) -> None:
    name, _ = _signature(sent, context)
    sent.replace_header(name, None)


def _other_secret(sent: Transmission, context: Context) -> None:
    name, _ = _signature(sent, context)
    if context.scheme is not None:
        sent.replace_header(name, context.scheme.sign(sent.body, context.draw.hex(20)))


def _old_secret(sent: Transmission, context: Context) -> None:
    name, _ = _signature(sent, context)
    if context.former is None:
        raise UsageError("this fault signs with the secret before the present one, and there was none")
    if context.scheme is not None:
        sent.replace_header(name, context.scheme.sign(sent.body, context.former))


def _wrong_header(sent: Transmission, context: Context) -> None:
    name, value = _signature(sent, context)
    sent.replace_header(name, None)
    sent.headers.append((f"{name}-old", value))


def _wrong_content_type(sent: Transmission, context: Context) -> None:  # noqa: ARG001
    sent.replace_header("Content-Type", "text/plain")


def _chunked(sent: Transmission, context: Context) -> None:
    sent.chunk = context.draw.between(1, 512)


def _slow(sent: Transmission, context: Context) -> None:  # noqa: ARG001
    sent.pace = 0.05


def _reset(sent: Transmission, context: Context) -> None:
    sent.cut = context.draw.below(max(1, len(sent.body)))


FAULTS: dict[str, tuple[str, Callable[[Transmission, Context], None]]] = {
    "delay": ("sent 0.2 to 1 seconds late", _delay),
    "duplicate": ("sent twice", _duplicate),
    "drop": ("not sent at all", _drop),
    "reorder": ("sent after the next one", _reorder),
    "truncate": ("the body ends early, with a length that fits", _truncate),
    "tamper": ("one character of the body is changed after signing", _tamper),
    "wrong-signature": ("one digit of the signature is changed", _wrong_signature),
    "missing-signature": ("the signature header is left out", _missing_signature),
    "other-secret": ("signed with another secret", _other_secret),
    "old-secret": ("signed with the secret that was changed last; on the mock server alone", _old_secret),
    "wrong-header": ("the signature stands in a header of another name", _wrong_header),
    "wrong-content-type": ("the content type says text/plain", _wrong_content_type),
    "chunked": ("the body is sent in chunks, without a length", _chunked),
    "slow": ("the body is sent in ten pieces over half a second", _slow),
    "reset": ("the connection is reset in the middle of the body", _reset),
}
"""The faults by name, each with what it does."""


def transmission(
    request: SignedRequest, faults: list[str], scheme: Scheme | None, former: str | None = None
) -> Transmission:
    """Make what will be sent of a request, with faults applied in their order; deterministic by the request's seed.

    Args:
        former: the secret before the present one, for the fault ``old-secret``.

    Raises:
        UnknownNameError: there is no such fault.
        UsageError: a fault does not fit the request.
    """
    sent = Transmission(request.method, list(request.headers), request.body, faults=list(faults))
    for name in faults:
        if name not in FAULTS:
            raise UnknownNameError("fault", name, FAULTS)
        draw = Draw(f"{request.event}\0{request.seed}\0{request.index}\0fault\0{name}".encode())
        FAULTS[name][1](sent, Context(scheme, draw, former))
    return sent
