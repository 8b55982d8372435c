"""A small receiver, as a team would write it with nothing but the standard library: for the demo and for trying out.

It checks signatures and credentials, keeps each event once, and shows at ``GET /`` what it keeps.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAX_BODY = 10_000_000


class Inbox:
    """What the receiver keeps, and what it checks before it does.

    Attributes:
        secrets: the secret for each signature header that must fit, by path: ``{"/luciq": ("x-lcq-…", "…")}``.
        credentials: ``USER:PASSWORD`` that must be sent, by path.
    """

    def __init__(self, secrets: Mapping[str, tuple[str, str]], credentials: Mapping[str, str]) -> None:
        self.secrets = secrets
        self.credentials = credentials
        self.kept: dict[str, Any] = {}
        self._lock = threading.Lock()

    def judge(self, path: str, headers: Message, body: bytes) -> int:
        """Return the status that a request deserves, and keep its event if that is 200."""
        if path in self.secrets:
            name, secret = self.secrets[path]
            expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(expected.encode(), headers.get(name, "").encode("utf-8", "replace")):
                return 401
        if path in self.credentials:
            expected = "Basic " + base64.b64encode(self.credentials[path].encode()).decode()
            if not hmac.compare_digest(expected.encode(), headers.get("Authorization", "").encode("utf-8", "replace")):
                return 401
        if "json" in headers.get("Content-Type", ""):
            try:
                json.loads(body)
            except (ValueError, RecursionError):
                return 400
        with self._lock:
            self.kept[hashlib.sha256(path.encode() + b"\0" + body).hexdigest()] = body.decode("utf-8", "replace")
        return 200


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MAX_BODY:
                self._answer(413 if length.isdigit() else 411, b"")
                return
            self._answer(inbox.judge(self.path, self.headers, self.rfile.read(int(length))), b"")

        def do_GET(self) -> None:
            if self.path != "/":
                self._other()
                return
            self._answer(200, json.dumps(list(inbox.kept.values())).encode())

        def _other(self) -> None:
            self.close_connection = True
            self._answer(405, b"")

        do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _other  # noqa: N815

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the standard library's name)
            """Keep the terminal clean."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break off; that is no news."""


@contextmanager
def running(inbox: Inbox) -> Iterator[str]:
    """Serve an inbox on a free port of the loopback interface; yields the base URL."""
    server = _Server(("127.0.0.1", 0), _handler(inbox))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
