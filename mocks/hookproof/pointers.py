"""JSON Pointers (RFC 6901): reading, setting and dropping one place in a payload."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hookproof.errors import PointerError, UnknownNameError


def join(parts: Iterable[str | int]) -> str:
    """Write the parts as a pointer: ``["a/b", 0]`` gives ``/a~1b/0``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def split(pointer: str) -> list[str]:
    """Read a pointer; a name without a leading slash stands for a member at the top.

    Raises:
        PointerError: the pointer is empty: the whole payload cannot be set or dropped.
    """
    if pointer in ("", "/"):
        raise PointerError("an empty path names the whole payload; name a member, such as /Email")
    if not pointer.startswith("/"):
        return [pointer]
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def get(document: Any, pointer: str) -> Any:
    """Return the value at the pointer.

    Raises:
        PointerError: there is no such place.
    """
    for depth, part in enumerate(parts := split(pointer)):
        document = _step(document, part, join(parts[: depth + 1]))
    return document


def put(document: Any, pointer: str, value: Any, new: bool = False) -> None:
    """Set the value at the pointer, in place; with ``new`` the last member may be one that is not there yet.

    Raises:
        PointerError: there is no such place.
    """
    *above, last = parts = split(pointer)
    holder = get(document, join(above)) if above else document
    if not (new and isinstance(holder, dict)):
        _step(holder, last, join(parts))
    holder[_key(holder, last)] = value


def drop(document: Any, pointer: str) -> None:
    """Remove the place that the pointer names, in place.

    Raises:
        PointerError: there is no such place.
    """
    *above, last = parts = split(pointer)
    holder = get(document, join(above)) if above else document
    _step(holder, last, join(parts))
    del holder[_key(holder, last)]


def _key(holder: Any, part: str) -> str | int:
    return int(part) if isinstance(holder, list) else part


def _step(holder: Any, part: str, pointer: str) -> Any:
    if isinstance(holder, dict):
        if part in holder:
            return holder[part]
        raise PointerError(str(UnknownNameError("path", pointer, [join([key]) for key in holder])))
    if isinstance(holder, list) and part.isascii() and part.isdigit() and int(part) < len(holder):
        return holder[int(part)]
    what = f"a list of {len(holder)}" if isinstance(holder, list) else f"a {type(holder).__name__}"
    raise PointerError(f"no path {pointer!r} in the payload: above it is {what}")
