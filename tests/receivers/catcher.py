"""A receiver that keeps what arrives, byte for byte, and answers what a test tells it to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Caught:
    """One request as it arrived."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Catcher:
    """What has arrived, and what is answered next.

    Attributes:
        url: where it is.
        statuses: what the next requests are answered; 200 when there is nothing more.
        delay: seconds before it answers.
        answer: the body of each answer.
    """

    url: str = ""
    caught: list[Caught] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    delay: float = 0
    answer: bytes = b'{"ok":true}'
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bodies(self) -> list[bytes]:
        """The bodies, in the order of arrival."""
        return [one.body for one in self.caught]


def _handler(catcher: Catcher) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self._body()
            if body is None:
                self.close_connection = True
                return
            with catcher.lock:
                catcher.caught.append(Caught("POST", self.path, list(self.headers.items()), body))
                status = catcher.statuses.pop(0) if catcher.statuses else 200
            time.sleep(catcher.delay)
            self.send_response(status)
            self.send_header("Content-Length", str(len(catcher.answer)))
            self.end_headers()
            self.wfile.write(catcher.answer)

        def _body(self) -> bytes | None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                pieces = []
                while size := int(self.rfile.readline(), 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            return body if len(body) == length else None

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the terminal clean."""

    return Handler


def until_listening(port: int) -> None:
    """Wait until another program listens on a port; nothing else tells."""
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.01)
    raise TimeoutError(f"nothing listens on port {port}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break off; that is no news."""


@contextmanager
def catching() -> Iterator[Catcher]:
    """Run one on a free port."""
    catcher = Catcher()
    server = _Server(("127.0.0.1", 0), _handler(catcher))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    catcher.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield catcher
    finally:
        server.shutdown()
        server.server_close()
