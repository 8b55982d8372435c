"""A request as the vendor would send it: method, headers and the exact bytes of the body."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hookproof.errors import UsageError
from hookproof.version import __version__

Headers = list[tuple[str, str]]

USER_AGENT = "hookproof"
"""The vendors' own are not known; ours carries no version, so that requests stay the same from release to release."""


@dataclass(slots=True)
class SignedRequest:
    """One request of a vendor.

    Attributes:
        event: ``vendor.kind``.
        index: its place among the requests of its seed.
        headers: name and value, in the order and case they are sent in; without ``Host`` and ``Content-Length``.
        body: the exact bytes; they are what was signed.
        payload: what the body says. Changing it does not change the body.
        identified_by: the JSON Pointers of the members that identify the event.
    """

    vendor: str
    event: str
    revision: str
    seed: int | str
    index: int
    method: str
    headers: Headers
    body: bytes
    payload: dict[str, Any] = field(repr=False)
    identified_by: Sequence[str] = field(repr=False, default=())

    @property
    def identity(self) -> dict[str, Any]:
        """What identifies the event, by JSON Pointer; members that were not sent are left out."""
        return {pointer: self.payload[pointer[1:]] for pointer in self.identified_by if pointer[1:] in self.payload}

    def header(self, name: str) -> str | None:
        """Return the value of the first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the request as JSON data; a body that is not UTF-8 is ``body_base64`` instead of ``body``."""
        document: dict[str, Any] = {
            "vendor": self.vendor,
            "event": self.event,
            "revision": self.revision,
            "seed": self.seed,
            "index": self.index,
            "method": self.method,
            "headers": dict(self.headers),
        }
        try:
            document["body"] = self.body.decode("utf-8")
        except UnicodeDecodeError:
            document["body_base64"] = base64.b64encode(self.body).decode("ascii")
        return document


def as_json(request: SignedRequest, url: str) -> bytes:  # noqa: ARG001 (all formats take the same)
    """Write a request as one JSON object on one line."""
    return json.dumps(request.as_dict(), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def as_payload(request: SignedRequest, url: str) -> bytes:  # noqa: ARG001
    """Write the body alone, byte for byte, with a newline behind one that lacks it."""
    return request.body if request.body.endswith(b"\n") else request.body + b"\n"


def as_http(request: SignedRequest, url: str) -> bytes:
    """Write a request as it goes over the wire in HTTP/1.1."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [("Host", parts.netloc.rpartition("@")[2]), *request.headers, ("Content-Length", str(len(request.body)))]
    head = f"{request.method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("latin-1") + b"\r\n" + request.body


def as_curl(request: SignedRequest, url: str) -> bytes:
    """Write a request as a line for a POSIX shell that sends the same bytes.

    A body that a shell argument cannot hold (NUL, not UTF-8) travels as base64 through a pipe.
    """
    headers = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers)
    options = f"curl -sS -X {request.method} {headers} -H 'Expect:'"
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(request.body) > 100_000:
        encoded = base64.b64encode(request.body).decode("ascii")
        return f"base64 -d <<'BODY' | {options} --data-binary @- {shlex.quote(url)}\n{encoded}\nBODY\n".encode()
    # --data-raw sends a leading @ as it is; the shell's single quotes keep every other byte.
    return f"{options} --data-raw {shlex.quote(text)} {shlex.quote(url)}\n".encode()


FORMATS: dict[str, Callable[[SignedRequest, str], bytes]] = {
    "payload": as_payload,
    "request": as_json,
    "curl": as_curl,
    "http": as_http,
}
"""How single requests can be written, by name; ``har`` holds them all in one document, see :func:`har`."""


def har(requests: list[SignedRequest], url: str) -> bytes:
    """Write requests as an HTTP Archive 1.2, as browsers and proxies read it."""

    def entry(request: SignedRequest) -> dict[str, Any]:
        post = {"mimeType": request.header("Content-Type") or "", "text": request.body.decode("utf-8", "replace")}
        return {
            "startedDateTime": "1970-01-01T00:00:00.000Z",
            "time": 0,
            "request": {
                "method": request.method,
                "url": url,
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": [{"name": name, "value": value} for name, value in request.headers],
                "queryString": [],
                "postData": post,
                "headersSize": -1,
                "bodySize": len(request.body),
                "comment": f"{request.event}@{request.revision} seed {request.seed} index {request.index}",
            },
            "response": {
                "status": 0,
                "statusText": "",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": [],
                "content": {"size": 0, "mimeType": ""},
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": -1,
            },
            "cache": {},
            "timings": {"send": 0, "wait": 0, "receive": 0},
        }

    log = {
        "version": "1.2",
        "creator": {"name": "hookproof", "version": __version__},
        "entries": [entry(request) for request in requests],
    }
    return json.dumps({"log": log}, indent=1).encode("utf-8") + b"\n"


def header_value(name: str, value: str) -> str:
    """Return the value of a header that can be sent.

    Raises:
        UsageError: name or value cannot be those of a header.
    """
    token = name.replace("-", "").replace("_", "")
    if not token.isalnum() or not token.isascii():
        raise UsageError(f"{name!r} cannot be the name of a header")
    if any(character in "\r\n\0" for character in value) or not value.isascii():
        raise UsageError(f"the value of the header {name} has a line break or characters beyond ASCII")
    return value
