"""A correct receiver for all vendors, on the standard library alone; planted bugs replace its pieces one by one.

    python reference.py --vendor VENDOR --port PORT [--secret SECRET] [--basic USER:PASS] [--db FILE] [--bug NAME]

It serves ``POST /hook`` and shows at ``GET /events`` what it has stored. With ``--db`` it stores on disk.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import socket
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEADERS = {"luciq": "x-lcq-signature-256", "instabug": "x-ibg-signature-256"}
IDENTITY = {
    "luciq": ("URL", "url"), "instabug": ("URL", "url"), "backtrace": ("fingerprint", "object_id"),
    "bugsplat": ("id", "stackKeyId"), "betterbugs": ("bugId",),
}  # fmt: skip


class Refused(Exception):
    """Ends a request with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Receiver:
    """Decides about requests. Each method is one thing that a receiver can get wrong."""

    limit = 8_000_000

    def __init__(self, vendor: str, secret: str = "", basic: str = "", db: str | None = None) -> None:
        self.vendor = vendor
        self.secret = secret.strip()
        self.basic = basic
        self.header = HEADERS.get(vendor)
        if self.header and not self.secret:
            raise SystemExit("a secret is needed")
        self.records: dict[Any, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.db = db
        if db and os.path.exists(db):
            with open(db, encoding="utf-8") as file:
                for line in file:
                    record = json.loads(line)
                    self.records[self.key(record["payload"], b"", Message())] = record

    def receive(self, method: str, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        """Answer one delivery with status, body and content type."""
        try:
            if method != "POST":
                raise Refused(405)
            self.authenticate(headers, body)
            payload = self.parse(headers, body)
            if payload is None:
                raise Refused(400)
            self.check(payload)
            if payload:
                self.store(self.key(payload, body, headers), payload)
        except Refused as refused:
            return self.refusal(refused.status, headers, body)
        return 200, b'{"ok": true}', "application/json"

    def refusal(self, status: int, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        return status, b'{"ok": false}', "application/json"

    def authenticate(self, headers: Message, body: bytes) -> None:
        if self.header:
            self.verify(headers.get_all(self.header) or [], headers, body)
        if self.basic:
            self.login(headers.get("Authorization", ""))

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if len(values) != 1 or not hmac.compare_digest(
            values[0].encode("utf-8", "replace"), self.expected(body).encode()
        ):
            raise Refused(401)

    def expected(self, body: bytes) -> str:
        return hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()

    def login(self, value: str) -> None:
        right = "Basic " + base64.b64encode(self.basic.encode()).decode()
        if not hmac.compare_digest(value.encode("utf-8", "replace"), right.encode()):
            raise Refused(401)

    def parse(self, headers: Message, body: bytes) -> dict[str, Any] | None:
        kind = headers.get_content_type() if headers.get("Content-Type") else "application/json"
        try:
            if kind == "application/x-www-form-urlencoded":
                return self.form(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=2000))
            if kind == "multipart/form-data":
                return self.form(self.parts(headers, body))
            payload = self.json(body)
        except (ValueError, RecursionError, LookupError):
            return None
        return payload if isinstance(payload, dict) else None

    def json(self, body: bytes) -> Any:
        return json.loads(body)

    def form(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        return dict(pairs)

    def parts(self, headers: Message, body: bytes) -> list[tuple[str, str]]:
        if body.count(b"\r\n--") > 1000 or b"boundary=" not in headers["Content-Type"].encode():
            raise ValueError("not a form")
        message = BytesParser().parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        found = message.get_payload()
        if not isinstance(found, list):
            raise ValueError("not a form")
        pairs = []
        for part in found:
            content = part.get_payload(decode=True)  # type: ignore[union-attr]
            name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
            pairs.append((str(name), content.decode("utf-8", "replace") if isinstance(content, bytes) else ""))
        return pairs

    def check(self, payload: dict[str, Any]) -> None:
        """Refuse what cannot be processed; a correct receiver needs nothing but an object."""

    def identity(self, payload: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(payload[name] for name in IDENTITY[self.vendor] if name in payload)

    def key(self, payload: dict[str, Any], body: bytes, headers: Message) -> Any:
        return json.dumps(self.identity(payload)) if self.identity(payload) else json.dumps(payload, sort_keys=True)

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        with self.lock:
            old = self.records.get(key)
            if old is not None and str(old["payload"].get("updatedAt", "")) >= str(payload.get("updatedAt", "")):
                return
            self.keep(key, {"payload": payload})

    def keep(self, key: Any, record: dict[str, Any]) -> None:
        self.records[key] = record
        self.write(record)

    def write(self, record: dict[str, Any]) -> None:
        if self.db:
            with open(self.db, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def shown(self) -> list[Any]:
        with self.lock:
            return list(self.records.values())


class Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers; a receiver decides."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    receiver: Receiver

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.deliver
        raise AttributeError(name)

    def deliver(self) -> None:
        if self.command == "GET" and self.path == "/events":
            self.answer(200, json.dumps(self.receiver.shown()).encode(), "application/json")
            return
        body = self.body()
        if body is None:
            self.close_connection = True
            return
        try:
            self.answer(*self.receiver.receive(self.command, self.headers, body))
        except ConnectionError:
            self.close_connection = True
        except Exception as error:  # a crash of the receiver, as frameworks show it
            self.answer(500, f"Internal Server Error {type(error).__name__}".encode(), "text/plain")

    def body(self) -> bytes | None:
        """Read the body whole, or None where it breaks off or is refused."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self.chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if length > self.receiver.limit:
            self.answer(413, b"", "text/plain")
            return None
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def chunks(self) -> bytes | None:
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
            if len(body) > self.receiver.limit:
                self.answer(413, b"", "text/plain")
                return None
        self.rfile.readline()
        return body

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 413:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the terminal clean."""


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as tests make."""

    request_queue_size = 128
    daemon_threads = True

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        super().server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break off; that is no news."""


def serve(receiver: Receiver, port: int, handler: type[Handler] = Handler) -> Server:
    """Return a server for a receiver, not yet serving."""
    bound = type("Bound", (handler,), {"receiver": receiver})
    return Server(("127.0.0.1", port), bound)


@contextmanager
def running(receiver: Receiver, handler: type[Handler] = Handler) -> Iterator[str]:
    """Serve a receiver on a free port in a thread; yields the base URL."""
    server = serve(receiver, 0, handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--vendor", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", default="")
    parser.add_argument("--basic", default="")
    parser.add_argument("--db")
    parser.add_argument("--bug")
    given = parser.parse_args()
    kind, handler = Receiver, Handler
    if given.bug:
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
        import planted

        kind, handler = planted.find(given.bug)
    serve(kind(given.vendor, given.secret, given.basic, given.db), given.port, handler).serve_forever()


if __name__ == "__main__":
    main()
