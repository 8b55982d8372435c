"""The receiver in aiohttp."""

from __future__ import annotations

import adapter
import aiohttp
from aiohttp import web

receiver, port = adapter.from_arguments()


async def hook(request: web.Request) -> web.Response:
    """What is announced too large is refused before it is read."""
    if (request.content_length or 0) > adapter.LIMIT:
        return web.Response(status=413, headers={"Connection": "close"})
    try:
        body = await request.read()
    except (aiohttp.ClientPayloadError, aiohttp.http.HttpProcessingError, web.RequestPayloadError):
        return web.Response(status=400)  # it is not compressed as it says
    status, answer, kind = adapter.decide(receiver, request.method, request.headers.items(), body)
    return web.Response(body=answer, status=status, content_type=kind)


async def events(request: web.Request) -> web.Response:  # noqa: ARG001 (aiohttp passes it)
    """What was stored."""
    return web.Response(text=adapter.events(receiver), content_type="application/json")


if __name__ == "__main__":
    app = web.Application(client_max_size=adapter.LIMIT)
    app.router.add_route("*", "/hook", hook)
    app.router.add_get("/events", events)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)
