"""One matcher of Pact against one value, and against all values that a schema allows."""

from __future__ import annotations

import re
from typing import Any

Rule = dict[str, Any]
Schema = dict[str, Any]

NUMBERS = frozenset({"integer", "number"})
TYPES = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})


def kind(value: Any) -> str:
    """Return the type of a value, in the words of JSON Schema."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def types(schema: Schema) -> frozenset[str]:
    """Return the types that values can have; all where the schema does not say."""
    if "const" in schema or "enum" in schema:
        return frozenset(kind(value) for value in _choices(schema))
    given = schema.get("type", sorted(TYPES))
    return frozenset([given] if isinstance(given, str) else given)


def _choices(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema["enum"])


def satisfied(rule: Rule, example: Any, value: Any) -> bool | None:
    """Say whether a value satisfies a matcher; None where this cannot be said here."""
    match = rule.get("match", "type")
    if match in ("type", "min-type", "max-type", "min-max-type"):
        return _same_kind(example, value) and _limits(rule, value)
    if match in ("integer", "decimal", "number", "boolean", "null"):
        allowed = {"integer": {"integer"}, "decimal": {"number"}, "number": NUMBERS}.get(match, {match})
        return kind(value) in allowed
    if match == "notEmpty":
        return value not in ("", [], {}) and value is not None
    if match == "regex":
        return _found(rule.get("regex", ""), value)
    if match == "include":
        return isinstance(value, str) and str(rule.get("value", "")) in value
    if match == "equality":
        return bool(value == example and kind(value) == kind(example))
    return None


def proven(rule: Rule, example: Any, schema: Schema) -> bool:
    """Say whether every value that the schema allows surely satisfies a matcher."""
    if "const" in schema or "enum" in schema:
        return all(satisfied(rule, example, value) is True for value in _choices(schema))
    match, possible = rule.get("match", "type"), types(schema)
    if match in ("type", "min-type", "max-type", "min-max-type"):
        return all(_alike(kind(example), one) for one in possible) and _limited(rule, schema)
    if match in ("integer", "number", "boolean", "null"):
        return possible <= (NUMBERS if match == "number" else {match})
    if match == "notEmpty":
        return all(_never_empty(one, schema) for one in possible)
    if match == "regex":
        whole = _whole(schema.get("pattern", ""))
        return possible == {"string"} and whole is not None and rule.get("regex", "").strip("^$") == whole
    return False


def _whole(pattern: str) -> str | None:
    """Return what stands between the anchors of a pattern that describes whole texts; None where it does not."""
    if not pattern.startswith("^") or not pattern.endswith("$") or pattern.endswith("\\$"):
        return None
    depth = 0
    for character in re.sub(r"\\.|\[(?:\\.|[^\]])*\]", "", pattern):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            return None
    return pattern[1:-1]


def _same_kind(example: Any, value: Any) -> bool:
    return _alike(kind(example), kind(value))


def _alike(one: str, other: str) -> bool:
    return one == other or {one, other} <= NUMBERS


def _limits(rule: Rule, value: Any) -> bool:
    if not isinstance(value, list):
        return True
    return bool(rule.get("min", 0) <= len(value) <= rule.get("max", len(value)))


def _limited(rule: Rule, schema: Schema) -> bool:
    if "array" not in types(schema):
        return True
    enough = bool(schema.get("minItems", 0) >= rule.get("min", 0))
    return enough and bool("max" not in rule or schema.get("maxItems", rule["max"] + 1) <= rule["max"])


def _never_empty(possible: str, schema: Schema) -> bool:
    from hookproof.schemas import compile_pattern

    if possible == "string":
        pattern = schema.get("pattern")
        return bool(schema.get("minLength", 0) > 0 or (pattern and not compile_pattern(pattern).search("")))
    if possible == "array":
        return bool(schema.get("minItems", 0) > 0)
    if possible == "object":
        return bool(schema.get("required") or schema.get("minProperties", 0) > 0)
    return possible != "null"


def _found(pattern: str, value: Any) -> bool | None:
    """Say whether a text matches, as a whole: that is how the verifier of Pact looks at it."""
    if re.search(r"\(\?[a-zA-Z]", pattern):  # flags differ between the engines
        return None
    try:
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None
    except re.error:
        return None
