"""Matching rules of Pact from a JSON Schema and an example: for mock and stub servers, which answer what matches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hookproof import schemas
from hookproof.contracts.model import Event

Rule = dict[str, Any]
Schema = dict[str, Any]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def rules(event: Event, payload: Any) -> dict[str, Rule]:
    """Return the matching rules of a body, by path, for those members of a payload that the schema tells of.

    They say what the profile ``accepted`` says, as far as Pact has words for it: it has none for alternatives.
    """
    found: dict[str, Rule] = {}
    for name, schema in schemas.properties(event.schema_path).items():
        if name in payload:
            for path, matchers in _rules(schema, payload[name], f"${step(name)}"):
                found[path] = {"combine": "AND", "matchers": matchers}
    return found


def step(name: str) -> str:
    """Write the name of a member as a step of a path: ``.title``, ``['Reported At']``."""
    return f".{name}" if _PLAIN.fullmatch(name) else "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"


def _rules(schema: Schema, example: Any, path: str) -> Iterator[tuple[str, list[Rule]]]:
    if "const" in schema or "enum" in schema:
        choices = [schema["const"]] if "const" in schema else schema["enum"]
        yield path, [_choice(choices)]
    elif isinstance(example, bool):
        yield path, [{"match": "boolean"}]
    elif isinstance(example, int):
        yield path, [{"match": "integer" if schema.get("type") == "integer" else "number"}]
    elif isinstance(example, float):
        yield path, [{"match": "number"}]
    elif isinstance(example, str):
        yield path, _text(schema, example)
    elif isinstance(example, list):
        yield from _list(schema, example, path)
    elif isinstance(example, dict):
        yield from _object(schema, example, path)


def _text(schema: Schema, example: str) -> list[Rule]:
    pattern = schema.get("pattern")
    if pattern and re.search(pattern, example):
        return [{"match": "regex", "regex": pattern}]
    return [{"match": "type"}, *([{"match": "notEmpty"}] if schema.get("minLength") else [])]


def _choice(choices: list[Any]) -> Rule:
    if len(choices) == 1 or not all(isinstance(choice, str) for choice in choices):
        return {"match": "equality"} if len(choices) == 1 else {"match": "type"}
    return {"match": "regex", "regex": "^(" + "|".join(re.escape(choice) for choice in choices) + ")$"}


def _list(schema: Schema, example: list[Any], path: str) -> Iterator[tuple[str, list[Rule]]]:
    places = schema.get("prefixItems", [])
    for index, (place, item) in enumerate(zip(places, example, strict=False)):
        yield from _rules(place, item, f"{path}[{index}]")
    if places:
        return
    limits = {"min": schema["minItems"]} if schema.get("minItems") else {}
    yield path, [{"match": "type", **limits}]
    items = schema.get("items")
    if isinstance(items, dict) and example:
        yield from _rules(items, example[0], f"{path}[*]")


def _object(schema: Schema, example: dict[str, Any], path: str) -> Iterator[tuple[str, list[Rule]]]:
    known = schema.get("properties", {})
    if not known:
        yield path, [{"match": "type"}]
    for name, value in example.items():
        if name in known:
            yield from _rules(known[name], value, path + step(name))
