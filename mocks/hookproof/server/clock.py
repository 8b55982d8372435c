"""The time of a namespace: the real one, or one that stands still until it is told to go on."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count

from hookproof.server.problem import Problem

MAX_JOBS = 1_000_000
"""How many jobs one step of time runs at most; a circle of jobs would never end."""

YEAR_10000 = 253402300799.0


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as a moment, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def text(seconds: float) -> str:
    """Write seconds since 1970 as ``2026-01-31T08:05:00.123Z``."""
    return moment(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """Tells the time, and runs jobs when it has come.

    Under frozen time nothing happens by itself: :meth:`advance` goes from job to job and lets each do its work,
    deliveries included, before it goes on.

    Args:
        settled: waits until the work that jobs have started is done.
    """

    def __init__(self, settled: Callable[[], Awaitable[None]]) -> None:
        self._settled = settled
        self._frozen: float | None = None
        self._jobs: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._advancing = asyncio.Lock()

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen is not None

    @property
    def waiting(self) -> int:
        """How many jobs wait for their time."""
        return len(self._jobs)

    @property
    def next(self) -> float | None:
        """When the next job is due."""
        return self._jobs[0][0] if self._jobs else None

    def now(self) -> float:
        """Return the time, in seconds since 1970."""
        return time.time() if self._frozen is None else self._frozen

    def freeze(self, at: float | None = None) -> None:
        """Let time stand still, at a moment or where it is; what is due by then happens."""
        self._frozen = self.now() if at is None else at
        self._ring()

    def release(self) -> None:
        """Go on with real time."""
        self._frozen = None
        self._ring()

    def at(self, due: float, job: Callable[[], None]) -> None:
        """Run a job when its time has come; at once where it has."""
        if due <= self.now():
            job()
            return
        heapq.heappush(self._jobs, (due, next(self._numbers), job))
        self._set_timer()

    def clear(self) -> None:
        """Forget all jobs."""
        self._jobs.clear()
        self._set_timer()

    async def advance(self, to: float | None) -> None:
        """Let frozen time go on to a moment, or (None) until nothing is left to happen.

        Raises:
            Problem: time is not frozen, goes backwards, or does not end.
        """
        if self._frozen is None:
            raise Problem("conflict", "the clock runs in real time; freeze it first: PUT /v1/clock")
        if to is not None and not self._frozen <= to <= YEAR_10000:
            raise Problem("invalid", f"time goes from {text(self._frozen)} on, up to the year 9999")
        async with self._advancing:
            await self._settled()
            for _ in range(MAX_JOBS):
                if self._frozen is None or not self._jobs or (to is not None and self._jobs[0][0] > to):
                    break
                self._frozen = max(self._frozen, self._jobs[0][0])
                self._run_due()
                await self._settled()
            else:
                raise Problem("conflict", f"after {MAX_JOBS} jobs there are still more")
            if self._frozen is not None and to is not None:
                self._frozen = max(self._frozen, to)

    def _ring(self) -> None:
        self._run_due()
        self._set_timer()

    def _run_due(self) -> None:
        while self._jobs and self._jobs[0][0] <= self.now():
            heapq.heappop(self._jobs)[2]()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._frozen is None and self._jobs:
            # A timer may ring a little early; never sleep longer than a day, as clocks of machines are set.
            wait = min(max(self._jobs[0][0] - self.now(), 0.001), 86400)
            self._timer = asyncio.get_running_loop().call_later(wait, self._ring)
