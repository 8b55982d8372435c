"""The JSON Schema of an event, and its two profiles.

``accepted`` (the root of the schema) is what a receiver must accept: what the vendor's documents and records show.
``generated`` (the anchor ``#generated``) is what hookproof's generator produces: the same and more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hookproof.errors import ContractError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Profile = Literal["accepted", "generated"]
Schema = dict[str, Any]

FACT = "x-fact"


@lru_cache(maxsize=256)
def read(path: Path) -> Schema:
    """Read a schema file. The result is shared: do not change it.

    Raises:
        ContractError: the file is missing, not JSON, or has no profile ``generated``.
    """
    try:
        schema = json.loads(path.read_bytes())
    except OSError as error:
        raise ContractError(path, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ContractError(path, f"not valid JSON: {error}") from error
    if not isinstance(schema, dict) or "generated" not in schema.get("$defs", {}):
        raise ContractError(path, "has no $defs/generated, the profile of what the generator produces")
    return schema


@lru_cache(maxsize=256)
def validator(path: Path, profile: Profile) -> Validator:
    """Return a validator of one profile of a schema, with formats checked."""
    make: Callable[..., Validator] = _validator_class()
    schema = read(path)
    if profile == "accepted":
        return make(schema, format_checker=_formats())
    from referencing import Registry, Resource

    resource = Resource.from_contents(schema)
    registry = Registry().with_resource(schema["$id"], resource)
    root = {"$schema": schema["$schema"], "$ref": f"{schema['$id']}#generated"}
    return make(root, registry=registry, format_checker=_formats())


@lru_cache(maxsize=1)
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend
    return extend(Draft202012Validator, {"pattern": _pattern})


@lru_cache(maxsize=1)
def _formats() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator.FORMAT_CHECKER


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern as JSON Schema means it: ``$`` is the very end, ``\\d`` is 0 to 9."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern), re.ASCII)


def _pattern(_: Any, pattern: str, instance: Any, schema: Schema) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not compile_pattern(pattern).search(instance):
        yield ValidationError(f"does not match {pattern}", schema=schema)


def properties(path: Path) -> dict[str, Schema]:
    """Return the top-level properties of an event, each with the rules of both profiles merged for reading."""
    schema = read(path)
    named, ours = schema.get("properties", {}), schema["$defs"]["generated"].get("properties", {})
    return {name: merged(named.get(name, {}), ours.get(name, {}), schema) for name in named | ours}


def required(path: Path, profile: Profile) -> list[str]:
    """Return the top-level members that are always there in that profile."""
    schema = read(path)
    parts = [schema, *schema.get("allOf", [])]
    if profile == "generated":
        parts.append(schema["$defs"]["generated"])
    return list(dict.fromkeys(name for part in parts for name in part.get("required", [])))


def merged(base: Schema, extra: Schema, root: Schema) -> Schema:
    """Merge two rules for the same value into one, as far as generating needs it: a plain union of keywords.

    Local references and ``allOf`` are resolved; for keywords in both, ``extra`` wins, and sub-schemas are merged.
    """
    result: Schema = {}
    for part in (*_flat(base, root), *_flat(extra, root)):
        for keyword, value in part.items():
            old = result.get(keyword)
            if isinstance(old, dict) and isinstance(value, dict) and keyword != FACT:
                result[keyword] = merged(old, value, root) if keyword != "properties" else _each(old, value, root)
            else:
                result[keyword] = value
    return result


def _each(old: Schema, new: Schema, root: Schema) -> Schema:
    return {name: merged(old.get(name, {}), new.get(name, {}), root) for name in old | new}


def _flat(schema: Schema, root: Schema) -> Iterator[Schema]:
    if reference := schema.get("$ref"):
        yield from _flat(_local(reference, root), root)
    yield {keyword: value for keyword, value in schema.items() if keyword not in ("allOf", "$ref")}
    for part in schema.get("allOf", []):
        yield from _flat(part, root)


def _local(reference: str, root: Schema) -> Schema:
    node: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        node = node[part] if part else node
    return node if isinstance(node, dict) else {}
