"""A signing proxy: adds the vendor's signature or credentials to what passes, over the very bytes that pass."""

from __future__ import annotations

import socket
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from hookproof.contracts.model import Contract
from hookproof.delivery.targets import Target, resolve
from hookproof.delivery.wire import Connection, WireError, head
from hookproof.errors import UsageError
from hookproof.request import Headers
from hookproof.server.running import ended_by, uvicorn_server
from hookproof.signing import Scheme, basic, check_secret

HOP = frozenset({
    "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect",
    "content-length",
})  # fmt: skip
"""Headers that belong to one connection, not to what is passed on."""

MAX_BODY = 20_000_000

Scope = MutableMapping[str, Any]


@dataclass(frozen=True)
class Seal:
    """The header that a vendor adds.

    Attributes:
        name: its name; value: what makes its value for a body.
    """

    name: str
    value: Callable[[bytes], str]


def seal(contract: Contract, secret: str | None, credentials: str | None) -> Seal:
    """Return what a vendor adds to its requests.

    Raises:
        UsageError: what it takes is not given, or the vendor adds nothing.
        SecretError: the vendor would not accept it.
    """
    if contract.signature is not None:
        if secret is None:
            raise UsageError(f"{contract.name} signs with a secret: --secret")
        scheme = Scheme.of(contract.signature)
        return Seal(scheme.header, scheme.signer(check_secret(secret, contract.signature.secret)))
    if contract.credentials is not None:
        value = basic(credentials or contract.credentials.sample.value, contract.credentials)
        return Seal("Authorization", lambda _: value)
    raise UsageError(f"{contract.name} neither signs its requests nor sends credentials, so there is nothing to add")


@dataclass
class Proxy:
    """The proxy, as an ASGI application.

    Attributes:
        target: where requests go; their own path is put behind its.
        replace: give a request that is sealed already a new seal; otherwise it keeps its own.
    """

    target: Target
    seal: Seal
    timeout: float = 10
    replace: bool = False

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MAX_BODY:
                await _answer(send, 413, [], b"the proxy passes bodies of at most 20 MB\n")
                return
        given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        try:
            status, headers, content = await self._pass_on(scope, self.sealed(given, body), body)
        except WireError as error:
            status, headers, content = 502, [], f"{self.target.url}: {error}\n".encode()
        await _answer(send, status, headers, content)

    def sealed(self, given: Headers, body: bytes) -> Headers:
        """Return headers with the seal; one that is there stays, unless it is to be replaced."""
        passed = [(name, value) for name, value in given if name.lower() not in HOP]
        there = any(name.lower() == self.seal.name.lower() for name, _ in passed)
        if there and not self.replace:
            return passed
        others = [(name, value) for name, value in passed if name.lower() != self.seal.name.lower()]
        return [*others, (self.seal.name, self.seal.value(body))]

    async def _pass_on(self, scope: Scope, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        path = self.target.path.rstrip("/") + scope["raw_path"].decode("latin-1")
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        connection = await Connection.open(self.target, self.timeout)
        try:
            framing = [("Content-Length", str(len(body))), ("Connection", "close")]
            start = head(scope["method"], path + query, [("Host", self.target.authority), *headers, *framing])
            connection.write(start + body)
            answer = await connection.answer(self.timeout)
        finally:
            connection.close()
        return answer.status, [(name, value) for name, value in answer.headers if name.lower() not in HOP], answer.body


async def _answer(send: Any, status: int, headers: Headers, body: bytes) -> None:
    shown = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    shown.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": shown})
    await send({"type": "http.response.body", "body": body})


async def serve(
    url: str, made: Seal, port: int, on_ready: Callable[[str], None], *, replace: bool, allowed: tuple[str, ...] = ()
) -> None:
    """Run the proxy on loopback until SIGINT or SIGTERM.

    Raises:
        TargetError: nothing may be sent there.
        UsageError: the port is in use.
    """
    import uvicorn

    target = await resolve(url, allowed)
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise UsageError(f"cannot listen on 127.0.0.1 port {port}: {error.strerror}") from error
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listening:
        app: Any = Proxy(target, made, replace=replace)
        config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, ws="none", server_header=False)
        server = uvicorn_server(config)
        with ended_by(lambda: setattr(server, "should_exit", True)):
            on_ready(f"http://127.0.0.1:{listening.getsockname()[1]}")
            await server.serve([listening])
