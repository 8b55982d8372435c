"""The OpenAPI document of the server: its operations, and the check of what they are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import orjson

from hookproof.pointers import join
from hookproof.server.problem import Problem

Document = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> Document:
    """Return the document. The result is shared: do not change it."""
    loaded: Document = orjson.loads(Path(__file__).with_name("openapi.json").read_bytes())
    return loaded


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: its ``operationId``, which is the name of the function that does it.
        parameters: name, place, schema and the rest of each parameter.
        body: the name of the schema of its body, or "".
    """

    name: str
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: str

    def arguments(self, given: Mapping[str, Mapping[str, str]]) -> Document:
        """Read the parameters of a request, which are given by place: ``path``, ``query``.

        Raises:
            Problem: one is unknown, or not what the document says.
        """
        rules = {rule["name"]: rule for rule in self.parameters if rule["in"] in ("path", "query")}
        values = {name: value for place in ("path", "query") for name, value in given[place].items()}
        unknown = [name for name in values if name not in rules]
        if unknown:
            expected = f"; expected one of {', '.join(rules)}" if rules else ""
            raise Problem("invalid", f"there is no parameter {unknown[0][:60]!r}{expected}")
        read = {name: _value(rules[name], value) for name, value in values.items()}
        defaults = {name: rule["schema"]["default"] for name, rule in rules.items() if "default" in rule["schema"]}
        for name, value in read.items():
            _check(rules[name]["schema"], value, name)
        return {**defaults, **read}

    @cached_property
    def validator(self) -> Any:
        """What checks the body."""
        from jsonschema import Draft202012Validator, FormatChecker

        schema = {"$ref": f"#/components/schemas/{self.body}", "components": document()["components"]}
        return Draft202012Validator(schema, format_checker=FormatChecker(["date-time"]))

    def read(self, body: bytes) -> Any:
        """Read and check a body.

        Raises:
            Problem: it is not JSON, or not what the document says.
        """
        import json

        try:
            value = json.loads(body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Problem("bad-request", f"the body is not JSON: {error}") from error
        _conclude(self.validator.iter_errors(value), "the body")
        return value


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation of the document."""
    return tuple(_operations(document()))


def _operations(whole: Document) -> Iterator[Operation]:
    for path, item in whole["paths"].items():
        for method in METHODS:
            if method in item:
                entry = item[method]
                parameters = [
                    _followed(whole, one) for one in (*item.get("parameters", ()), *entry.get("parameters", ()))
                ]
                body = ""
                if "requestBody" in entry:
                    reference: str = entry["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                    body = reference.rpartition("/")[2]
                yield Operation(entry["operationId"], method.upper(), path, tuple(parameters), body)


def _followed(whole: Document, entry: Document) -> Document:
    if "$ref" not in entry:
        return entry
    found: Document = whole["components"]["parameters"][entry["$ref"].rpartition("/")[2]]
    return found


def _value(rule: Mapping[str, Any], text: str) -> Any:
    """Read the text of a parameter as what its schema says it is."""
    kind = rule["schema"].get("type")
    try:
        return {"integer": int, "number": float}.get(kind, str)(text)
    except ValueError as error:
        raise Problem("invalid", f"{rule['name']}: {text[:60]!r} is not a number") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check(schema: Document, value: Any, name: str) -> None:
    from jsonschema import Draft202012Validator

    _conclude(Draft202012Validator(schema).iter_errors(value), name)


def _conclude(errors: Iterable[Any], what: str) -> None:
    found = [{"pointer": join(error.absolute_path), "detail": _told(error)} for error in errors]
    if found:
        first = found[0]
        place = f" at {first['pointer']}" if first["pointer"] else ""
        raise Problem("invalid", f"{what} does not fit{place}: {first['detail']}", found[:20])


def _told(error: Any) -> str:
    """Say what is wrong in a sentence that does not show all of what was given: there may be a secret in it."""
    from difflib import get_close_matches

    value, rule = error.instance, error.validator_value
    if error.validator == "required":
        return str(error.message)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", ()))
        extra = next(name for name in value if name not in known)
        near = get_close_matches(extra, known, 1)
        return f"{extra[:60]!r} is not known; " + (
            f"did you mean {near[0]!r}?" if near else f"expected {', '.join(known)}"
        )
    if error.validator == "enum":
        return f"expected one of {', '.join(str(choice) for choice in rule)}"
    if error.validator == "type":
        return f"expected {' or '.join([rule] if isinstance(rule, str) else rule)}, got {type(value).__name__}"
    return f"breaks the rule {error.validator} {str(rule)[:60]}"
