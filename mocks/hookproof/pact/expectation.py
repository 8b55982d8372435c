"""What a consumer service relies on in a vendor's payload: message pacts of versions 3 and 4, whoever wrote them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hookproof.pact.document import MATCHERS, PactError, read

Rule = dict[str, Any]
Steps = tuple[str | int, ...]

ANY = "*"
"""A step to any member or item."""

CASCADING = frozenset({"type", "min-type", "max-type", "min-max-type"})
"""Matchers that also hold for everything below their place."""

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\*)\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")


@dataclass(frozen=True)
class Expectation:
    """One message that a consumer can handle.

    Attributes:
        name: its description.
        states: the names of provider states.
        example: what the pact shows of the message.
        rules: matchers by place; what has none must be as in the example.
        entry: the interaction as it stands in the file.
    """

    name: str
    states: tuple[str, ...]
    example: Any
    rules: Mapping[Steps, tuple[Rule, ...]]
    entry: Mapping[str, Any]

    def matchers(self, place: Steps) -> tuple[Rule, ...]:
        """Return what a value at a place has to satisfy besides being there; () where it must equal the example."""
        best: tuple[tuple[int, int], Steps] | None = None
        for steps, matchers in self.rules.items():
            weight = _weight(steps, place)
            below = len(steps) < len(place)
            if weight is None or (below and not any(rule.get("match", "type") in CASCADING for rule in matchers)):
                continue
            if best is None or (len(steps), weight) >= best[0]:
                best = ((len(steps), weight), steps)
        if best is None:
            return ()
        if len(best[1]) < len(place):
            return ({"match": "type"},)
        return self.rules[best[1]]


def expectations(path: Path) -> list[Expectation]:
    """Read a message pact.

    Raises:
        PactError: it cannot be read, is about something else than messages, or says something that is not known.
    """
    document = read(path)
    entries = document.get("messages") or document.get("interactions") or []
    return [_expectation(path, entry) for entry in entries]


def _expectation(path: Path, entry: Mapping[str, Any]) -> Expectation:
    kind = entry.get("type", "Asynchronous/Messages")
    name = str(entry.get("description", ""))
    if kind != "Asynchronous/Messages" or "request" in entry:
        raise PactError(
            f"{path}: {name!r} is {kind if 'type' in entry else 'an HTTP interaction'}; a consumer of webhooks"
            " publishes messages (Asynchronous/Messages)"
        )
    if "contents" not in entry:
        raise PactError(f"{path}: {name!r} has no contents")
    rules: dict[Steps, tuple[Rule, ...]] = {}
    for place, entry_rules in _body_rules(entry).items():
        found = entry_rules.get("matchers", [entry_rules]) if isinstance(entry_rules, dict) else entry_rules
        if entry_rules.get("combine", "AND") != "AND":
            raise PactError(f"{path}: {name!r}: rules at {place} are combined by OR, which nothing here can judge")
        for rule in found:
            if rule.get("match", "type") not in MATCHERS:
                raise PactError(f"{path}: {name!r}: the matcher {rule.get('match')!r} at {place} is not known")
        rules[_steps(path, place)] = tuple(found)
    states = tuple(str(state.get("name", "")) for state in entry.get("providerStates", []))
    return Expectation(name, states, _contents(path, name, entry["contents"]), rules, entry)


def _body_rules(entry: Mapping[str, Any]) -> dict[str, Any]:
    rules = entry.get("matchingRules", {})
    found: dict[str, Any] = rules.get("body", rules.get("content", {}))
    return found


def _contents(path: Path, name: str, contents: Any) -> Any:
    """Read the example: plain JSON in version 3, wrapped in version 4."""
    if not isinstance(contents, dict) or not {"content", "contentType"} & contents.keys() or "encoded" not in contents:
        return contents
    value, encoded = contents.get("content"), contents["encoded"]
    if encoded in (False, None) and not isinstance(value, str):
        return value
    try:
        text = str(value)
        return json.loads(base64.b64decode(text) if str(encoded).lower() in ("base64", "true") else text)
    except (ValueError, TypeError) as error:
        raise PactError(f"{path}: the contents of {name!r} are not JSON: {error}") from error


def _steps(path: Path, place: str) -> Steps:
    """Read a path such as ``$.a[0]['Reported At']``."""
    if not place.startswith("$"):
        raise PactError(f"{path}: {place!r} is not a path; expected one like $.Email or $['Reported At']")
    return tuple(_read_steps(path, place))


def _read_steps(path: Path, place: str) -> Iterator[str | int]:
    at = 1
    while at < len(place):
        found = _STEP.match(place, at)
        if found is None:
            raise PactError(f"{path}: the path {place!r} cannot be read from {place[at:]!r} on")
        plain, index, single, double = found.groups()
        quoted = single if single is not None else double
        if index is not None:
            yield ANY if index == "*" else int(index)
        else:
            yield plain if plain is not None else re.sub(r"\\(.)", r"\1", quoted)
        at = found.end()


def _weight(steps: Steps, place: Steps) -> int | None:
    """Return how exactly a path names a place or something above it; None where it does not."""
    if len(steps) > len(place):
        return None
    exact = 0
    for step, part in zip(steps, place, strict=False):
        if step == part:
            exact += 1
        elif step != ANY:
            return None
    return exact


def written(place: Steps) -> str:
    """Write a place as a path."""
    from hookproof.pact.matching import step

    return "$" + "".join(f"[{part}]" if isinstance(part, int) or part == ANY else step(part) for part in place)
