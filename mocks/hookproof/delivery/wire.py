"""HTTP/1.1 as bytes: one connection that sends exactly what it is given and reads what comes back.

HTTP clients normalise what they send: the case and order of headers, how a body is framed. A vendor's bytes must not
be touched, and a broken request must go out broken, so this is written on asyncio and the parser httptools.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from dataclasses import dataclass, field
from typing import Any, Literal

import httptools

from hookproof.delivery.targets import Target
from hookproof.errors import HookproofError
from hookproof.request import Headers

Trouble = Literal["refused", "timeout", "reset", "closed", "garbage", "tls", "endless"]

MAX_ANSWER = 1_000_000
"""How many bytes of an answer are read at most."""


class WireError(HookproofError):
    """An exchange that did not end with an answer.

    Attributes:
        trouble: what kind of trouble: ``refused``, ``timeout``, ``reset``, ``closed``, ``garbage``, ``tls`` or
            ``endless``.
        sent: whether any byte of the request may have reached the receiver.
    """

    def __init__(self, trouble: Trouble, text: str, sent: bool = True) -> None:
        self.trouble: Trouble = trouble
        self.sent = sent
        super().__init__(text)


@dataclass(slots=True)
class Answer:
    """What a receiver answered."""

    status: int = 0
    reason: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    @property
    def accepted(self) -> bool:
        """Whether it is one of the 2xx."""
        return 200 <= self.status <= 299

    def header(self, name: str) -> str | None:
        """Return the value of the first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def head(method: str, path: str, headers: Headers) -> bytes:
    """Write a request line and headers, in the given order and case."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


class _Reader(asyncio.Protocol):
    """Feeds what arrives into the parser and keeps the answer."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.closed = False
        self.limit: int | None = MAX_ANSWER
        self.reset()

    def reset(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.answer = Answer()
        self.pieces: list[bytes] = []
        self.size = 0
        self.done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.framed = False
        self.in_body = False
        self.continued = False
        self.keep = False

    # asyncio
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.fail("garbage", "the answer asks for another protocol")
        except httptools.HttpParserError as error:
            self.fail("garbage", f"the answer is not HTTP/1.1: {error}")
        if self.limit is not None and self.size > self.limit and not self.done.done():
            self.fail("endless", f"the answer did not end within {self.limit} bytes")

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self.done.done():
            return
        if self.in_body and not self.framed and error is None:
            self.finish()
        elif isinstance(error, ssl.SSLError):
            self.fail("tls", f"TLS failed: {error.reason or error}")
        elif error is not None:
            self.fail("reset", f"the connection was reset: {error}")
        else:
            state = "in the middle of its answer" if self.size else "without an answer"
            self.fail("closed", f"the receiver closed the connection {state}")

    # httptools
    def on_status(self, reason: bytes) -> None:
        self.answer.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.answer.status = self.parser.get_status_code()
        self.framed = any(name.lower() in ("content-length", "transfer-encoding") for name, _ in self.answer.headers)
        self.in_body = self.answer.status >= 200

    def on_body(self, data: bytes) -> None:
        self.pieces.append(data)

    def on_message_complete(self) -> None:
        if self.answer.status < 200:  # 100 Continue and its kind: the answer proper is still to come
            self.answer = Answer()
            self.continued = True
        elif not self.done.done():
            self.keep = self.parser.should_keep_alive()
            self.finish()

    def finish(self) -> None:
        self.answer.body = b"".join(self.pieces)
        self.done.set_result(self.answer)

    def fail(self, trouble: Trouble, text: str) -> None:
        self.keep = False
        if not self.done.done():
            self.done.set_exception(WireError(trouble, text))
            self.done.exception()  # mark as seen: nobody may be waiting yet


class Connection:
    """One connection to a target; several exchanges can follow each other on it."""

    def __init__(self, target: Target, reader: _Reader) -> None:
        self.target = target
        self._reader = reader
        self.used = 0

    @classmethod
    async def open(cls, target: Target, timeout: float, verify_tls: bool = True) -> Connection:
        """Connect to the first address of the target that answers.

        Raises:
            WireError: none does; no byte was sent.
        """
        loop = asyncio.get_running_loop()
        context = _tls(verify_tls) if target.scheme == "https" else None
        failure: WireError | None = None
        for address in target.addresses:
            try:
                async with asyncio.timeout(timeout):
                    _, reader = await loop.create_connection(
                        _Reader, address, target.port, ssl=context, server_hostname=target.host if context else None
                    )
                return cls(target, reader)
            except TimeoutError:
                failure = WireError("timeout", f"no connection within {timeout:g} seconds", sent=False)
            except ssl.SSLError as error:
                failure = WireError("tls", f"TLS failed: {error.reason or error}", sent=False)
            except ConnectionRefusedError:
                failure = WireError("refused", "connection refused", sent=False)
            except OSError as error:
                failure = WireError("refused", f"no connection: {error.strerror or error}", sent=False)
        raise failure or WireError("refused", "no address to connect to", sent=False)

    @property
    def open_for_more(self) -> bool:
        """Whether another exchange can follow."""
        reader = self._reader
        return not reader.closed and not reader.transport.is_closing() and (self.used == 0 or reader.keep)

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        if not self._reader.closed:
            self._reader.transport.write(data)

    async def answer(self, timeout: float, limit: int | None = MAX_ANSWER) -> Answer:
        """Wait for the answer to what was written; ``limit`` is how many bytes of it are read at most.

        Raises:
            WireError: none came, or it was not HTTP.
        """
        self.used += 1
        self._reader.limit = limit
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(self._reader.done)
        except TimeoutError:
            self._reader.transport.abort()  # closing would wait for what was not sent yet
            raise WireError("timeout", f"no answer within {timeout:g} seconds") from None

    def begin(self) -> None:
        """Forget the answer before, to send another request."""
        if self.used:
            self._reader.reset()

    def answered(self) -> bool:
        """Whether an answer, the end of the connection, or the word to continue is already there."""
        return self._reader.done.done() or self._reader.continued

    def close(self) -> None:
        """Close the connection."""
        self._reader.transport.close()

    def abort(self) -> None:
        """Reset the connection, so that the receiver sees an error instead of an end."""
        raw = self._reader.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it is closed already
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._reader.transport.abort()


def _tls(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
