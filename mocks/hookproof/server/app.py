"""The server as an ASGI application: routes by the OpenAPI document, problems as RFC 9457 has them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match, Route

from hookproof.errors import HookproofError
from hookproof.server import guard, operations, problem
from hookproof.server.assets import asset
from hookproof.server.document import Operation
from hookproof.server.document import operations as every_operation
from hookproof.server.guard import Guard, Receive, Scope
from hookproof.server.host import DEFAULT, Host
from hookproof.server.operations.call import Call, Reply
from hookproof.server.problem import MEDIA_TYPE, Problem

log = logging.getLogger(__name__)

PREFIX = "/ns/"


class App:
    """The application.

    Args:
        host: the namespaces; guard: who may ask what.
    """

    def __init__(self, host: Host, rules: Guard) -> None:
        self.host, self.guard = host, rules
        self.routes = [
            Route(entry.path, _endpoint, methods=[entry.method], name=entry.name) for entry in every_operation()
        ]
        self.operations = {entry.name: entry for entry in every_operation()}

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            return await self._served(scope, receive)
        except HookproofError as error:
            return _told(problem.of(error))
        except Exception:
            log.exception("%s %s", scope["method"], scope["path"])
            return _told(Problem("internal", "the server has made a mistake; its log says which"))

    async def _served(self, scope: Scope, receive: Receive) -> Response:
        path: str = scope["path"]
        named = None
        if path.startswith(PREFIX):
            named, _, rest = path.removeprefix(PREFIX).partition("/")
            path = "/" + rest
        headers = self.guard.check(scope, path)
        if path.startswith("/pages/") and scope["method"] in ("GET", "HEAD"):
            return self._page(path)
        operation, arguments = self._find({**scope, "path": path, "root_path": ""})
        given = {"path": arguments, "query": _query(scope)}
        read = operation.arguments(given)
        body = operation.read(await self._body(receive, headers)) if operation.body else None
        name = named if named is not None else headers.get("hookproof-namespace", DEFAULT)
        call = Call(self.host, name, read, body, headers)
        return _response(await operations.find(operation.name)(call))

    def _find(self, scope: Scope) -> tuple[Operation, dict[str, str]]:
        allowed: set[str] = set()
        for route in self.routes:
            match, child = route.matches(scope)
            operation = self.operations[route.name]
            if match is not Match.NONE and operation.method == scope["method"]:
                return operation, dict(child["path_params"])
            if match is not Match.NONE:
                allowed.add(operation.method)
        if allowed:
            shown = ", ".join(sorted(allowed))
            raise Problem("method", f"{scope['method'][:20]} is not served here; {shown} is", allow=shown)
        raise Problem(
            "not-found", f"there is nothing at {scope['path'][:200]!r}; GET /openapi.json tells what there is"
        )

    async def _body(self, receive: Receive, headers: dict[str, str]) -> bytes:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem("media-type", "send JSON, and the header Content-Type: application/json")
        return await guard.read(receive, self.guard.max_body)

    def _page(self, path: str) -> Response:
        """Serve what a URL inside a payload leads to: ``/pages/<vendor>/<address>/<path>``."""
        vendor, _, rest = path.removeprefix("/pages/").partition("/")
        address, _, behind = rest.partition("/")
        library = self.host.setup.library
        known = {one.vendor: one for one in library.contracts()}
        if vendor not in known or address not in known[vendor].urls:
            raise Problem("not-found", "no vendor has such an address")
        found = asset(known[vendor].name, behind)
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        }
        return Response(found.body, media_type=found.media_type, headers=headers)


async def _endpoint() -> None:
    """Stand in a route; the application calls operations itself."""


def _query(scope: Scope) -> dict[str, str]:
    from urllib.parse import parse_qsl

    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Problem("invalid", f"the parameter {twice[:60]!r} stands there twice")
    return dict(pairs)


def _response(reply: Reply) -> Response:
    if isinstance(reply.content, AsyncIterator):
        return StreamingResponse(
            reply.content, reply.status, {"Cache-Control": "no-store", **reply.headers}, reply.media_type
        )
    if reply.status == 204:
        return Response(status_code=204, headers=reply.headers)
    raw = isinstance(reply.content, bytes)
    body = reply.content if raw else orjson.dumps(reply.content, default=_plain)
    return Response(body, reply.status, reply.headers, reply.media_type)


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "items") else str(value)


def _told(error: Problem) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if "allow" in error.more:
        headers["Allow"] = error.more["allow"]
    body = orjson.dumps(error.document(), default=_plain)
    return Response(body, error.status, headers, MEDIA_TYPE)
