"""Chance as an argument: a cursor over the bytes of SHAKE-128.

A draw is addressed by its key, so what it yields depends on nothing but that key: not on draws made before, not on
the platform, not on the Python or Faker release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from hashlib import shake_128
from struct import Struct
from typing import TypeVar

Item = TypeVar("Item")

_WORDS = 84
_BLOCK = Struct(f"<{_WORDS}H")  # 168 bytes: what SHAKE-128 gives for one permutation


@lru_cache(maxsize=256)
def _words(count: int) -> Struct:
    return Struct(f"<{count}H")


class Draw:
    """A stream of 16-bit numbers made from a key.

    Numbers below 257 take one word, larger ones two or three, so every draw is uniform to within half a percent.
    """

    __slots__ = ("_block", "_digits", "_key", "_next", "_streams")

    _next: Callable[[], int]

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._block = 0
        self._streams = 0
        self._digits = ""
        self._next = iter(_BLOCK.unpack(shake_128(key).digest(168))).__next__

    def word(self) -> int:
        """Return the next number from 0 to 65535."""
        try:
            return self._next()
        except StopIteration:
            self._block += 1
            block = shake_128(b"%b\0block%d" % (self._key, self._block)).digest(168)
            words: Iterator[int] = iter(_BLOCK.unpack(block))
            self._next = words.__next__
            return next(words)

    def fork(self, name: bytes) -> Draw:
        """Return a stream of its own that does not disturb this one."""
        return Draw(b"%b\0%b" % (self._key, name))

    def take(self, count: int) -> tuple[int, ...]:
        """Return ``count`` numbers from 0 to 65535 at once, from a stream of their own."""
        self._streams += 1
        return _words(count).unpack(shake_128(b"%b\0take%d" % (self._key, self._streams)).digest(2 * count))

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit - 1``; ``limit`` is at most 2**40."""
        if limit <= 256:
            try:
                return self._next() % limit
            except StopIteration:
                return self.word() % limit
        if limit <= 1 << 24:
            return (self.word() << 16 | self.word()) % limit
        return (self.word() << 32 | self.word() << 16 | self.word()) % limit

    def between(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        size = len(items)
        if size <= 256:
            try:
                return items[self._next() % size]
            except StopIteration:
                return items[self.word() % size]
        return items[self.below(size)]

    def chance(self, percent: int) -> bool:
        """Return true in ``percent`` of a hundred draws."""
        return self.word() * 100 < percent * 65536

    def hex(self, digits: int) -> str:
        """Return that many lower-case hexadecimal digits, at most 128."""
        if len(self._digits) < digits:
            self._streams += 1
            self._digits = shake_128(b"%b\0hex%d" % (self._key, self._streams)).hexdigest(84)
        result, self._digits = self._digits[:digits], self._digits[digits:]
        return result

    def uuid(self) -> str:
        """Return a UUID of version 4."""
        raw = self.hex(32)
        variant = "89ab"[int(raw[16], 16) & 3]
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{variant}{raw[17:20]}-{raw[20:]}"
