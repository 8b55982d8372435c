"""News of a namespace: for those who wait, and as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

READERS = 100
"""How many may read the news of a namespace at once."""

KEPT = 1000
"""How many pieces of news a reader that comes back can still get."""

HEARTBEAT = 15.0
"""Seconds after which a silent stream shows that it is alive."""

PAUSE = 0.005
"""Seconds between two looks of one who waits, at least."""


class Feed:
    """What happens in a namespace, numbered.

    Attributes:
        readers: how many streams are being read.
    """

    def __init__(self) -> None:
        self._news: deque[tuple[int, str, dict[str, Any]]] = deque(maxlen=KEPT)
        self._number = 0
        self._changed = asyncio.Event()
        self._closed = False
        self.readers = 0

    def tell(self, kind: str, **data: Any) -> None:
        """Add a piece of news."""
        self._number += 1
        self._news.append((self._number, kind, data))
        self._wake()

    def close(self) -> None:
        """Let all readers go."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        if not self._changed.is_set():
            self._changed.set()

    async def change(self, seconds: float) -> bool:
        """Wait for the next piece of news; false when none came in time."""
        if self._closed:
            return False
        event = self._changed
        if event.is_set():
            event = self._changed = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return not self._closed

    async def until(self, satisfied: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so, at most so many seconds of real time; returns whether it is."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while not satisfied():
            left = ends - loop.time()
            if left <= 0 or not await self.change(left):
                return satisfied()
            await asyncio.sleep(min(PAUSE, max(left, 0)))
        return True

    async def stream(self, after: int | None) -> AsyncIterator[bytes]:
        """Yield news as server-sent events: those after a number that are still known, then what comes."""
        last = self._number if after is None else min(after, self._number)
        self.readers += 1
        try:
            yield b"retry: 1000\n\n"
            while not self._closed:
                fresh = [entry for entry in self._news if entry[0] > last]
                for number, kind, data in fresh:
                    yield b"id: %d\nevent: %b\ndata: %b\n\n" % (number, kind.encode(), orjson.dumps(data))
                    last = number
                if not fresh and not await self.change(HEARTBEAT):
                    yield b": still here\n\n"
        finally:
            self.readers -= 1
