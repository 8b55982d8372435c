"""A server of the verifier's own, that nobody should visit."""

from __future__ import annotations

import asyncio
import contextlib


class Canary:
    """Listens on a free loopback port and writes down what is asked of it.

    Attributes:
        visits: the request lines that arrived.
    """

    def __init__(self) -> None:
        self.visits: list[str] = []
        self.url = ""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Canary:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            line = await reader.readline()
            self.visits.append(line.decode("latin-1").strip())
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()
