"""The functions that recipes can call. They are pure, small, and named after what they give."""

from __future__ import annotations

import html as _html
from collections.abc import Iterable, Mapping, Sized
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

_XML_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), 0xFFFD)


def utc(at: datetime) -> str:
    """Write a moment as ``2026-01-31 08:05:00 UTC``."""
    return str(at)[:19] + " UTC"


def iso(at: datetime) -> str:
    """Write a moment in ISO 8601 with seconds: ``2026-01-31T08:05:00Z``."""
    return at.isoformat()[:19] + "Z"


def iso_millis(at: datetime) -> str:
    """Write a moment in ISO 8601 with milliseconds: ``2026-01-31T08:05:00.123Z``."""
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def epoch(at: datetime) -> int:
    """Write a moment in whole seconds since 1970."""
    return int(at.timestamp())


def epoch_millis(at: datetime) -> int:
    """Write a moment in milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def object_id(at: datetime, token: str) -> str:
    """Make a document id of 24 hexadecimal digits: the first eight are the seconds of its creation."""
    return f"{int(at.timestamp()):08x}{token[:16]}"


def tenant(address: str, name: str) -> str:
    """Put a tenant's name into an address: where it has a place for it, else behind it."""
    return address.replace("{tenant}", name) if "{tenant}" in address else f"{address}/{name}"


def pairs(mapping: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the entries of a mapping as (name, value)."""
    return list(mapping.items())


def joined(items: Iterable[Any], separator: str) -> str:
    """Join the items as text."""
    return separator.join(map(str, items))


def count(items: Sized) -> int:
    """Return how many items there are."""
    return len(items)


def escaped(text: str) -> str:
    """Escape text for HTML."""
    return _html.escape(text, quote=False)


def text(value: Any) -> str:
    """Write a value as text."""
    return str(value)


def xml(tree: Mapping[str, Any]) -> str:
    """Write a tree as an XML document.

    The tree has one root. A mapping gives child elements, ``@name`` an attribute, ``#`` the text; a list gives
    elements of the same name. Characters that XML 1.0 cannot hold become U+FFFD.
    """
    (name, content), *more = tree.items()
    if more:
        raise ValueError("an XML document has one root element")
    return ElementTree.tostring(_element(name, content), encoding="unicode")


def _element(name: str, content: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if not isinstance(content, Mapping):
        element.text = _clean(content)
        return element
    for key, value in content.items():
        if key == "#":
            element.text = _clean(value)
        elif key.startswith("@"):
            element.set(key[1:], _clean(value))
        else:
            for item in value if isinstance(value, list) else [value]:
                element.append(_element(key, item))
    return element


def _clean(value: Any) -> str:
    return str(value).translate(_XML_FORBIDDEN)


FUNCTIONS = {
    function.__name__: function
    for function in (utc, iso, iso_millis, epoch, epoch_millis, object_id, tenant, pairs, joined, count, escaped, text)
}
"""What an expression can call, by name. ``xml`` has a form of its own, ``$xml``."""
