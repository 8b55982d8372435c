"""What broke: an exception, where it was raised, and the stack that belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import md5, sha256
from typing import Any

from hookproof.story import words
from hookproof.story.draw import Draw
from hookproof.story.world import App

MOBILE = ("ios", "android")
DESKTOP = ("windows", "linux", "dotnet", "unity", "macos", "python")


@dataclass(slots=True)
class Frame:
    """One call on a stack. ``file`` is empty and ``line`` 0 where there are no symbols; ``offset`` is in bytes."""

    function: str
    file: str
    line: int
    module: str
    offset: int


@dataclass(slots=True)
class Crash:
    """An exception and its stack.

    Attributes:
        runtime: ``ios``, ``android``, ``windows``, ``linux``, ``dotnet``, ``unity``, ``macos`` or ``python``.
        code: the exception's code in hexadecimal, or its type where the runtime has no codes.
        site: the innermost frame of the app: where the exception was raised.
        number: the sequence number of the report.
        id: a UUID.
        status: where it stands: ``open``, ``in-progress`` or ``closed``.
    """

    runtime: str
    os: str
    name: str
    message: str
    code: str
    classifiers: list[str]
    site: Frame
    number: int
    id: str
    status: str
    _frames: Callable[[Frame], list[Frame]]
    _made: list[Frame] | None = None

    @property
    def frames(self) -> list[Frame]:
        """The stack, innermost first: the runtime's own calls, the app's, the runtime's again. Made when asked for."""
        if self._made is None:
            self._made = self._frames(self.site)
        return self._made

    @frames.setter
    def frames(self, frames: list[Frame]) -> None:
        self._made = frames

    @property
    def functions(self) -> list[str]:
        """The names on the stack, innermost first."""
        return [frame.function for frame in self.frames]

    @property
    def fingerprint(self) -> str:
        """A SHA-256 in hexadecimal that depends on the stack alone."""
        return sha256("\n".join(self.functions).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def digest(self) -> str:
        """A hash of 32 hexadecimal digits that depends on the stack alone."""
        return md5("\n".join(self.functions).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


@lru_cache(maxsize=16)
def _tables(runtime: str) -> tuple[Any, ...]:
    code = words.table("code")
    classes = [noun + suffix for noun in code["nouns"] for suffix in code["suffixes"]]
    methods = [verb + noun for verb in code["verbs"] for noun in code["nouns"]]
    if runtime in ("linux", "python"):
        methods = [f"{verb}_{noun.lower()}" for verb in code["verbs"] for noun in code["nouns"]]
    entry = words.table("crashes")[runtime]
    bottom = [Frame(name, "", 0, "", 0) for name in entry["bottom"]]
    tops = {
        exception["name"]: [Frame(name, "", 0, "", 0) for name in exception["top"]] for exception in entry["exceptions"]
    }
    return entry, classes, methods, bottom, tops


def crash(draw: Draw, app: App, runtimes: tuple[str, ...] = MOBILE) -> Crash:
    """Draw a crash of an app on one of the runtimes."""
    runtime = draw.pick(runtimes)
    entry, classes, _, bottom, tops = _tables(runtime)
    exception = draw.pick(entry["exceptions"])
    name, message = exception["name"], exception["message"]
    if "{" in message:
        message = message.replace("{symbol}", draw.pick(classes)).replace("{address}", draw.hex(10))

    def frames(site: Frame) -> list[Frame]:
        stack = draw.fork(b"stack")
        below = [_frame(stack, app, runtime) for _ in range(2 + stack.below(9))]
        return [*tops[name], site, *below, *bottom]

    site, number = _frame(draw, app, runtime), draw.between(1, 9999)
    return Crash(
        runtime=runtime,
        os=entry.get("os", ""),
        name=name,
        message=message,
        code=exception.get("code", ""),
        classifiers=[exception.get("classifier", name)],
        site=site,
        number=number,
        id=draw.uuid(),
        status="open" if number % 4 else "in-progress",
        _frames=frames,
    )


def _frame(draw: Draw, app: App, runtime: str) -> Frame:
    entry, classes, methods, _, _ = _tables(runtime)
    parts = {"class": draw.pick(classes), "method": draw.pick(methods), "package": app.package}
    name, file = entry["method"].format_map(parts), entry["file"].format_map(parts)
    return Frame(name, file, 1 + draw.below(900), app.binary, draw.word())
