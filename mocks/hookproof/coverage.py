"""The variant ``coverage``: few requests that take every branch of an event's schema.

A branch is a state that a place in the payload can be in: an optional member present or absent, each member of an
enumeration, a boundary, a container empty or not, text in ASCII or beyond the basic plane, each type of a union.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hookproof.schemas import Schema, compile_pattern

Goal = tuple[str, str]
"""A place, as a JSON Pointer in which ``*`` stands for any member, and the state that it should be in."""

BASES = 32
"""How many candidates are tried as the ground for one more payload."""

ASTRAL = "\U0001f41e"


@dataclass(frozen=True)
class Shape:
    """What coverage has to know of an event.

    Attributes:
        properties: the merged rules of the top-level members.
        required: the members that are always there.
        told: members that hang together with others: their values come from the story alone.
    """

    properties: dict[str, Schema]
    required: frozenset[str]
    told: frozenset[str]


@dataclass
class Coverage:
    """A set of payloads, and which branches they take."""

    payloads: list[dict[str, Any]]
    goals: list[Goal]
    missed: list[Goal] = field(default_factory=list)

    def __str__(self) -> str:
        taken = len(self.goals) - len(self.missed)
        text = f"coverage: {taken} of {len(self.goals)} branches in {len(self.payloads)} requests"
        missed = ", ".join(f"{place} {state}" for place, state in self.missed)
        return f"{text}; not reached: {missed}" if missed else text


def goals(shape: Shape) -> list[Goal]:
    """List every branch of an event's schema."""
    found: list[Goal] = []
    for name, rule in shape.properties.items():
        if name not in shape.required:
            found.append((f"/{name}", "absent"))
        found.extend(_states(f"/{name}", rule))
    return list(dict.fromkeys(found))


def reached(shape: Shape, payload: dict[str, Any]) -> set[Goal]:
    """Say which branches a payload takes."""
    found: set[Goal] = set()
    for name, rule in shape.properties.items():
        if name in payload:
            found.update(_taken(f"/{name}", rule, payload[name]))
        else:
            found.add((f"/{name}", "absent"))
    return found


def cover(shape: Shape, candidates: Iterable[dict[str, Any]], valid: Callable[[dict[str, Any]], bool]) -> Coverage:
    """Choose and change candidates until every branch is taken or nothing more can be reached.

    Args:
        shape: the event.
        candidates: payloads as stories told them.
        valid: whether a changed payload still keeps the schema; one that does not is not used.
    """
    wanted = goals(shape)
    pool = [(payload, reached(shape, payload)) for payload in candidates]
    left = set(wanted)
    rows: list[tuple[dict[str, Any], set[Goal]]] = []
    while left:
        best_first = sorted(pool, key=lambda entry: -len(entry[1] & left))
        changed = (_changed(shape, base, natural, left, wanted, valid) for base, natural in best_first[:BASES])
        found = ((row, reached(shape, row) & set(wanted)) for row in changed)
        row, taken = next(((row, taken) for row, taken in found if taken & left), (None, set()))
        if row is None:
            break
        rows.append((row, taken))
        left -= taken
    rows = _needed(rows)
    return Coverage([row for row, _ in rows], wanted, [goal for goal in wanted if goal in left])


def _needed(rows: list[tuple[dict[str, Any], set[Goal]]]) -> list[tuple[dict[str, Any], set[Goal]]]:
    """Leave out the rows whose branches the others take as well, later ones first."""
    kept = list(rows)
    for row in reversed(rows):
        others = [other for other in kept if other is not row]
        if others and row[1] <= set().union(*(taken for _, taken in others)):
            kept = others
    return kept


def _changed(
    shape: Shape,
    base: dict[str, Any],
    natural: set[Goal],
    left: set[Goal],
    wanted: list[Goal],
    valid: Callable[[dict[str, Any]], bool],
) -> dict[str, Any]:
    """Change each member that would add nothing new into a state that is still wanted."""
    row = copy.deepcopy(base)
    for name, rule in shape.properties.items():
        place = f"/{name}"
        open_goals = [goal for goal in wanted if goal in left and (goal[0] + "/").startswith(place + "/")]
        if not open_goals or any(goal in natural for goal in open_goals):
            continue
        for goal in open_goals:
            if goal[1] != "absent" and name in shape.told:
                continue
            changed = _forced(row, name, rule, goal)
            if changed is not None and valid(changed):
                row = changed
                break
    return row


def _forced(row: dict[str, Any], name: str, rule: Schema, goal: Goal) -> dict[str, Any] | None:
    place, state = goal
    changed = copy.deepcopy(row)
    if place == f"/{name}" and state == "absent":
        changed.pop(name, None)
        return changed
    if name not in changed:
        return None
    parts = place[len(name) + 2 :].split("/") if place != f"/{name}" else []
    holder: Any = changed
    key: Any = name
    for part in parts:
        holder, rule = holder[key], _inner(rule, part)
        members = (
            list(holder) if isinstance(holder, dict) else list(range(len(holder))) if isinstance(holder, list) else []
        )
        key = (
            members[0]
            if part == "*" and members
            else int(part)
            if part.isdigit() and isinstance(holder, list)
            else part
        )
        if key not in members:
            return None
    if state == "absent":
        del holder[key]
        return changed
    value = _value(rule, state, holder[key])
    if value is None:
        return None
    holder[key] = value
    return changed


def _inner(rule: Schema, part: str) -> Schema:
    if part == "*":
        inner = rule.get("items") or rule.get("additionalProperties") or {}
    elif part.isdigit() and "prefixItems" in rule:
        inner = rule["prefixItems"][int(part)]
    else:
        inner = rule.get("properties", {}).get(part, {})
    return inner if isinstance(inner, dict) else {}


def _value(rule: Schema, state: str, old: Any) -> Any:
    """Return a value that is in the state, or None where there is no way to make one."""
    if state.startswith("= "):
        return json.loads(state[2:])
    if state.startswith("type "):
        return {"string": "text", "number": 1.5, "integer": 3, "boolean": True}.get(state[5:])
    if state == "astral text":
        return f"{old}{ASTRAL}" if isinstance(old, str) else None
    if state == "longest" and isinstance(old, list) and old:
        return (old * rule["maxItems"])[: rule["maxItems"]]
    simple = {"empty text": "", "ASCII text": "text", "empty list": [], "empty object": {}}
    return simple.get(state, rule.get(state))


def _states(place: str, rule: Schema) -> Iterator[Goal]:
    """List the states that a value of this rule can be in, and those of its members."""
    yield place, "present"
    types = _types(rule)
    if len(types) > 1:
        yield from ((place, f"type {name}") for name in types)
    for member in rule.get("enum", [True, False] if types == ["boolean"] else []):
        yield place, f"= {json.dumps(member)}"
    if "string" in types and "enum" not in rule and len(types) == 1:
        yield from ((place, state) for state in _text_states(rule))
    yield from ((place, bound) for bound in ("minimum", "maximum") if bound in rule)
    if "array" in types:
        yield from _list_states(place, rule)
    if "object" in types:
        yield from _object_states(place, rule)


def _types(rule: Schema) -> list[str]:
    named = rule.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def _text_states(rule: Schema) -> list[str]:
    patterned = "pattern" in rule
    empty = not rule.get("minLength") and "format" not in rule
    if patterned:
        empty = empty and bool(compile_pattern(rule["pattern"]).search(""))
    states = ["empty text"] if empty else []
    if not patterned and "format" not in rule:
        states += ["ASCII text", "astral text"]
    return states


def _list_states(place: str, rule: Schema) -> Iterator[Goal]:
    if not rule.get("minItems"):
        yield place, "empty list"
    if rule.get("maxItems") and rule.get("maxItems") != rule.get("minItems"):
        yield place, "longest"
    for index, item in enumerate(rule.get("prefixItems", [])):
        yield from _states(f"{place}/{index}", item)
    if isinstance(rule.get("items"), dict):
        yield from _states(f"{place}/*", rule["items"])
    elif "prefixItems" not in rule:
        yield place, "filled"


def _object_states(place: str, rule: Schema) -> Iterator[Goal]:
    if not rule.get("required"):
        yield place, "empty object"
    for name, member in rule.get("properties", {}).items():
        if name not in rule.get("required", []):
            yield f"{place}/{name}", "absent"
        yield from _states(f"{place}/{name}", member)
    if isinstance(rule.get("additionalProperties"), dict):
        yield from _states(f"{place}/*", rule["additionalProperties"])


_KINDS = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}


def _is(value: Any, name: str) -> bool:
    if name in ("number", "integer"):
        numeric = (int,) if name == "integer" else (int, float)
        return isinstance(value, numeric) and not isinstance(value, bool)
    return isinstance(value, _KINDS[name])


def _taken(place: str, rule: Schema, value: Any) -> Iterator[Goal]:
    yield place, "present"
    yield from ((place, f"type {name}") for name in _types(rule) if _is(value, name))
    if "enum" in rule or isinstance(value, bool):
        yield place, f"= {json.dumps(value)}"
    if isinstance(value, str):
        yield place, _text_state(value)
    yield from ((place, bound) for bound in ("minimum", "maximum") if bound in rule and value == rule[bound])
    if isinstance(value, list):
        yield from _list_taken(place, rule, value)
    elif isinstance(value, dict):
        yield from _object_taken(place, rule, value)


def _text_state(value: str) -> str:
    if not value:
        return "empty text"
    if any(character > "\uffff" for character in value):
        return "astral text"
    return "ASCII text" if value.isascii() else "other text"


def _list_taken(place: str, rule: Schema, value: list[Any]) -> Iterator[Goal]:
    yield place, "filled" if value else "empty list"
    if len(value) == rule.get("maxItems"):
        yield place, "longest"
    for index, item in enumerate(rule.get("prefixItems", [])[: len(value)]):
        yield from _taken(f"{place}/{index}", item, value[index])
    if isinstance(rule.get("items"), dict):
        for item in value:
            yield from _taken(f"{place}/*", rule["items"], item)


def _object_taken(place: str, rule: Schema, value: dict[str, Any]) -> Iterator[Goal]:
    if not value:
        yield place, "empty object"
    known = rule.get("properties", {})
    for name, member in known.items():
        if name in value:
            yield from _taken(f"{place}/{name}", member, value[name])
        else:
            yield f"{place}/{name}", "absent"
    if isinstance(rule.get("additionalProperties"), dict):
        for name in value.keys() - known.keys():
            yield from _taken(f"{place}/*", rule["additionalProperties"], value[name])
