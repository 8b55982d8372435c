"""What the server answers when it cannot do what was asked: problem details as RFC 9457 has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hookproof.errors import HookproofError, SecretError, TargetError, UnknownNameError, UsageError
from hookproof.server.journal import JournalError

KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "token": (401, "A token is needed"),
    "foreign-origin": (403, "Requests from web pages are not served"),
    "not-found": (404, "There is no such thing"),
    "method": (405, "There is no such method here"),
    "conflict": (409, "This cannot be done as things stand"),
    "too-large": (413, "The body is too large"),
    "media-type": (415, "Only JSON is understood"),
    "misdirected": (421, "This host is not served here"),
    "invalid": (422, "The request does not fit"),
    "unknown-name": (422, "There is nothing of that name"),
    "setting": (422, "The vendor would not accept this setting"),
    "not-verified": (422, "The receiver did not answer the verify request with 2xx"),
    "target": (422, "Nothing may be sent to this address"),
    "limit": (429, "There is too much of it already"),
    "internal": (500, "This is a mistake in hookproof"),
    "stopping": (503, "The server is stopping"),
    "storage": (507, "The journal cannot be written"),
}
"""The kinds of problems: status and title."""

MEDIA_TYPE = "application/problem+json"


class Problem(HookproofError):  # noqa: N818 (the name that RFC 9457 has for it)
    """Something the caller should know.

    Attributes:
        kind: one of :data:`KINDS`; with the prefix ``urn:hookproof:problem:`` it is the ``type``.
        errors: what is wrong at which place of the request: ``{"pointer": "/settings/url", "detail": "…"}``.
        more: further members of the document.
    """

    def __init__(self, kind: str, detail: str, errors: Sequence[dict[str, str]] = (), **more: Any) -> None:
        self.kind = kind
        self.status, self.title = KINDS[kind]
        self.errors = list(errors)
        self.more = more
        super().__init__(detail)

    def document(self) -> dict[str, Any]:
        """Return the problem details."""
        document = {
            "type": f"urn:hookproof:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": str(self),
        }
        return {**document, **({"errors": self.errors} if self.errors else {}), **self.more}


def of(error: HookproofError, pointer: str = "") -> Problem:
    """Tell an error of the library as a problem; ``pointer`` is the place of the request that led to it."""
    if isinstance(error, Problem):
        return error
    errors = [{"pointer": pointer, "detail": str(error)}] if pointer else []
    kinds = (
        (UnknownNameError, "unknown-name"),
        (SecretError, "setting"),
        (TargetError, "target"),
        (JournalError, "storage"),
    )
    kind = next((kind for cause, kind in kinds if isinstance(error, cause)), "")
    return Problem(kind or ("invalid" if isinstance(error, UsageError) else "conflict"), str(error), errors)
