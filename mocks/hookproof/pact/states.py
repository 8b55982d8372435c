"""Provider states: a small server of ours that sets them, by a function or at a URL, and never raises.

The verifier of Pact asks again and again, for two minutes, when setting a state fails with a server error. So it asks
us: we answer 4xx when it fails, remember why, and do not try again.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Params = dict[str, Any]
Handler = Callable[[str, Params], None]
States = str | Handler | Mapping[str, Callable[[Params], None]]
"""Where or how states are set: a URL; a function of the state's name and parameters; one function for each name."""


@dataclass
class Switch:
    """Sets states.

    Attributes:
        failures: what went wrong, in sentences.
    """

    states: States
    timeout: float
    failures: list[str] = field(default_factory=list)
    url: str = ""

    def set(self, name: str, params: Params) -> bool:
        """Set a state; returns whether that worked. After a failure nothing is tried any more."""
        if self.failures:
            return False
        try:
            self._set(name, params)
        except Exception as error:  # a handler is anybody's code, and must not cost minutes
            self.failures.append(f"the state {name!r} could not be set: {_told(error)}")
        return not self.failures

    def _set(self, name: str, params: Params) -> None:
        if isinstance(self.states, str):
            _post(self.states, {"action": "setup", "state": name, "params": params}, self.timeout)
        elif callable(self.states):
            self.states(name, params)
        elif name in self.states:
            self.states[name](params)
        else:
            raise KeyError(f"there is no handler for it; there are handlers for {', '.join(self.states) or 'nothing'}")


@contextmanager
def switching(states: States, timeout: float) -> Iterator[Switch]:
    """Run the server; the ``url`` of what is yielded is where it is."""
    switch = Switch(states, timeout)

    class Setter(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
            done = asked.get("action") == "teardown" or switch.set(asked.get("state", ""), asked.get("params", {}))
            self.send_response(200 if done else 422)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the standard library's name)
            """Keep the terminal clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Setter)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    switch.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield switch
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _post(url: str, document: Params, timeout: float) -> None:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, json.dumps(document), {"Content-Type": "application/json"})
        status = connection.getresponse().status
    except TimeoutError as error:
        raise TimeoutError(f"{url} did not answer within {timeout:g} seconds") from error
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(f"{url} cannot be reached: {error}") from error
    finally:
        connection.close()
    if not 200 <= status <= 299:
        raise ValueError(f"{url} answered {status}")


def _told(error: Exception) -> str:
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    return text or type(error).__name__
