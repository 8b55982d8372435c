"""Looking at what a receiver has stored: a GET that returns a JSON array of records."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from hookproof.delivery.targets import Target
from hookproof.delivery.wire import Connection, WireError, head
from hookproof.verifier.model import VerifierError

FRESH = 0.05
"""For how many seconds a snapshot serves all who look."""


class Observer:
    """Reads the records of a receiver."""

    def __init__(self, target: Target, timeout: float) -> None:
        self._target = target
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._records: list[str] = []
        self._seen: list[tuple[Any, str]] = []
        self._read = 0.0

    async def records(self, since: float) -> list[str]:
        """Return the records, as JSON text each, read no earlier than ``since`` (``time.monotonic``).

        Raises:
            VerifierError: it does not answer with a JSON array.
        """
        async with self._lock:
            if self._read < since:
                began = time.monotonic()
                self._records = await self._fetch()
                self._read = began
        return self._records

    async def _fetch(self) -> list[str]:
        url = self._target.url
        try:
            connection = await Connection.open(self._target, self._timeout)
            connection.write(
                head("GET", self._target.path, [("Host", self._target.authority), ("Connection", "close")])
            )
            answer = await connection.answer(self._timeout, limit=None)
            connection.close()
        except WireError as error:
            raise VerifierError(f"--observe {url}: {error}") from error
        if answer.status != 200:
            raise VerifierError(f"--observe {url}: answered {answer.status}; expected 200 and a JSON array of records")
        try:
            records = json.loads(answer.body, parse_int=_integer)
        except (ValueError, RecursionError) as error:
            raise VerifierError(f"--observe {url}: the answer is not JSON ({error}); expected an array") from error
        if not isinstance(records, list):
            raise VerifierError(
                f"--observe {url}: the answer is {type(records).__name__}; expected a JSON array of records"
            )
        return self._flattened(records)

    def _flattened(self, records: list[Any]) -> list[str]:
        """Flatten records; those that stood at the same place before are not flattened again."""
        old = self._seen
        flat = [
            old[index][1] if index < len(old) and old[index][0] == record else _flat(record)
            for index, record in enumerate(records)
        ]
        self._seen = list(zip(records, flat, strict=True))
        return flat

    async def until(self, seen: Callable[[list[str]], bool], patience: float) -> list[str]:
        """Look until the records are as wanted, or patience ends; returns the records seen last."""
        ends = time.monotonic() + patience
        records = await self.records(time.monotonic())
        while not seen(records) and time.monotonic() < ends:
            await asyncio.sleep(FRESH)
            records = await self.records(time.monotonic())
        return records


def _integer(digits: str) -> int | str:
    """Read a whole number; one that is longer than Python reads stays text."""
    return int(digits) if len(digits) < 4000 else digits


def _flat(record: Any) -> str:
    """Write all names and values in a record as lines; JSON inside text is opened, so that raw bodies can be kept."""
    lines: list[str] = []
    waiting = [record]
    while waiting:  # a stack instead of recursion: records may be nested deeper than Python goes
        value = waiting.pop()
        if isinstance(value, dict):
            lines.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            lines.append(value)
            if value[:1] in ("{", "["):
                with contextlib.suppress(ValueError, RecursionError):
                    waiting.append(json.loads(value))
        else:
            lines.append(json.dumps(value))
    return "\n".join(lines)


def count(records: list[str], identity: Mapping[str, Any]) -> int:
    """Count the records that contain every part of an identity, each standing by itself."""
    texts = [str(value) for value in identity.values()]
    patterns = [re.compile(rf"(?<![0-9A-Za-z]){re.escape(text)}(?![0-9A-Za-z])") for text in texts]
    # Looking for plain text first is a hundred times as quick, and leaves next to nothing for the patterns.
    near = (record for record in records if all(text in record for text in texts))
    return sum(all(pattern.search(record) for pattern in patterns) for record in near)
