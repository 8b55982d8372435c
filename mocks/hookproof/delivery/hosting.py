"""Serving an application object of this process (WSGI or ASGI) on a free port, so that real requests can reach it."""

from __future__ import annotations

import inspect
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from hookproof.errors import UsageError


def load(name: str) -> Any:
    """Return the application that ``module:attribute`` names.

    Raises:
        UsageError: there is no such module or attribute.
    """
    module, colon, attribute = name.partition(":")
    if not colon:
        raise UsageError(f"{name!r} names no application; expected module:attribute, such as myservice.app:app")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{name!r} cannot be loaded: {error}") from error


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve a WSGI or ASGI application on loopback; yields the base URL.

    WSGI applications are served by Werkzeug where it is installed, else by the standard library, which does not read
    bodies in chunks. ASGI applications need uvicorn.

    Raises:
        UsageError: an ASGI application, and no uvicorn.
    """
    is_asgi = inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004
    with (_asgi if is_asgi else _wsgi)(app) as base:
        yield base


@contextmanager
def _wsgi(app: Any) -> Iterator[str]:
    server = _wsgi_server(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _wsgi_server(app: Any) -> Any:
    try:
        from werkzeug.serving import WSGIRequestHandler, make_server
    except ImportError:
        from socketserver import ThreadingMixIn
        from wsgiref import simple_server

        class Quiet(simple_server.WSGIRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep the terminal clean."""

        threaded = type("Threaded", (ThreadingMixIn, simple_server.WSGIServer), {"daemon_threads": True})
        return simple_server.make_server("127.0.0.1", 0, app, threaded, Quiet)
    quiet = type("Quiet", (WSGIRequestHandler,), {"log": lambda *_: None, "protocol_version": "HTTP/1.1"})
    return make_server("127.0.0.1", 0, app, threaded=True, request_handler=quiet)


@contextmanager
def _asgi(app: Any) -> Iterator[str]:
    try:
        import uvicorn
    except ImportError as error:
        raise UsageError("serving an ASGI application needs uvicorn: pip install uvicorn") from error
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does not set it on such a socket
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="auto"))
        run: Callable[..., None] = server.run
        thread = threading.Thread(target=run, args=([listening],), daemon=True)
        thread.start()
        ends = time.monotonic() + 20
        while not server.started and thread.is_alive() and time.monotonic() < ends:
            time.sleep(0.005)
        if not server.started:
            raise UsageError("the ASGI application did not start")
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
