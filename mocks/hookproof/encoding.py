"""Turning a payload into the bytes of a body: once, in a chosen style. Nothing parses and dumps them again.

Receivers that sign what they serialised anew are the most common bug of all; a body that is legal JSON, but not as
their own serialiser would write it, shows them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus

import orjson

from hookproof.errors import UnknownNameError, UsageError

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def compact(payload: Any) -> bytes:
    """No blanks, text as it is: what most serialisers write."""
    try:
        return orjson.dumps(payload)
    except TypeError:  # numbers beyond 64 bits, lone surrogates
        return _dumps(payload, separators=(",", ":"))


def spaced(payload: Any) -> bytes:
    """A blank after each colon and comma, everything beyond ASCII escaped: what Python's json writes."""
    return json.dumps(payload).encode("ascii")


def rails(payload: Any) -> bytes:
    """No blanks; ``<``, ``>``, ``&``, U+2028 and U+2029 escaped: what Ruby on Rails writes."""
    text = _dumps(payload, separators=(",", ":")).decode("utf-8", "surrogatepass")
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "surrogatepass")


def shuffled(payload: Any) -> bytes:
    """No blanks, members in another order at every level, decided by their names."""
    return compact(_shuffle(payload))


def pretty(payload: Any) -> bytes:
    """Indented by two blanks, with a newline at the end."""
    return _dumps(payload, indent=2) + b"\n"


def unusual(payload: Any) -> bytes:
    """Legal, and as no serialiser writes it: blanks around colons and commas, ``/`` and all beyond ASCII escaped."""
    text = json.dumps(_shuffle(payload), separators=(" , ", " : "))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04X}")
    return text.replace("/", "\\/").encode("ascii")


STYLES: dict[str, Callable[[Any], bytes]] = {
    style.__name__: style for style in (compact, spaced, rails, shuffled, pretty, unusual)
}
"""The styles of JSON by name."""


def _dumps(payload: Any, **options: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False, **options).encode("utf-8", "surrogatepass")


def _shuffle(value: Any) -> Any:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: sha256(name.encode("utf-8", "surrogatepass")).digest())
        return {name: _shuffle(value[name]) for name in names}
    return [_shuffle(item) for item in value] if isinstance(value, list) else value


def style(name: str) -> Callable[[Any], bytes]:
    """Return a style of JSON by its name.

    Raises:
        UnknownNameError: there is no such style.
    """
    if name not in STYLES:
        raise UnknownNameError("style", name, STYLES)
    return STYLES[name]


def fields(payload: Mapping[str, Any], nesting: str = "json") -> list[tuple[str, str]]:
    """Flatten a payload into form fields.

    Args:
        payload: the members become fields, in their order.
        nesting: ``json`` writes objects and lists as JSON text, ``brackets`` as ``assignees[0][email]``.

    Raises:
        UnknownNameError: there is no such nesting.
    """
    if nesting not in ("json", "brackets"):
        raise UnknownNameError("nesting", nesting, ("json", "brackets"))
    if nesting == "brackets":
        return [pair for name, value in payload.items() for pair in _bracketed(name, value)]
    return [(name, _field(value)) for name, value in payload.items()]


def _field(value: Any) -> str:
    return value if isinstance(value, str) else compact(value).decode()


def _bracketed(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _bracketed(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _bracketed(f"{name}[{index}]", item)
    else:
        yield name, _field(value)


def urlencoded(pairs: list[tuple[str, str]]) -> bytes:
    """Write form fields as browsers do: blanks as plus signs, UTF-8 in percent escapes."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode("ascii")


def multipart(pairs: list[tuple[str, str]], boundary: str) -> bytes:
    """Write form fields as multipart/form-data; names are escaped as browsers do."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode("utf-8", "surrogatepass")


def _quoted(name: str) -> str:
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def encode(
    payload: Mapping[str, Any], content_type: str, json_style: str, nesting: str, boundary: str
) -> tuple[str, bytes]:
    """Write a payload as one of the content types; returns the full ``Content-Type`` and the body.

    Raises:
        UnknownNameError: there is no such content type, style or nesting.
        UsageError: the boundary occurs in a field.
    """
    if content_type == JSON:
        return JSON, style(json_style)(payload)
    if content_type == URLENCODED:
        return URLENCODED, urlencoded(fields(payload, nesting))
    if content_type == MULTIPART:
        pairs = fields(payload, nesting)
        if any(boundary in value or boundary in name for name, value in pairs):
            raise UsageError("a field contains the boundary of the multipart body; choose another seed")
        return f"{MULTIPART}; boundary={boundary}", multipart(pairs, boundary)
    raise UnknownNameError("content type", content_type, (JSON, URLENCODED, MULTIPART))
