"""Judging a payload by its contract: a list of findings, empty where the payload keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hookproof import pointers, schemas
from hookproof.contracts.model import Event, describe
from hookproof.errors import InputError
from hookproof.schemas import FACT, Profile

if TYPE_CHECKING:
    from jsonschema import ValidationError

SHOWN = 60
"""How many characters of an offending value are shown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a payload breaks its contract.

    Attributes:
        pointer: JSON Pointer to the offending place; for a missing member, to where it should be.
        problem: what was expected and what was found, with the value shortened.
        rule: the JSON Schema keyword that was broken.
        basis: what the rule rests on, such as ``documented in webhook``.
    """

    pointer: str
    problem: str
    rule: str
    basis: str

    def __str__(self) -> str:
        return f"{self.pointer or '(the whole payload)'}: {self.problem} [{self.basis}]"

    def as_dict(self) -> dict[str, str]:
        """Return the finding as JSON data."""
        return asdict(self)


def parse(body: bytes) -> Any:
    """Read a JSON body as a strict receiver would: UTF-8, no NaN, no duplicate members.

    Raises:
        InputError: the body is not JSON; the text says where.
    """
    if not body.strip():
        raise InputError("empty: expected a JSON payload")
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError as error:
        raise InputError(f"not valid UTF-8: byte 0x{body[error.start]:02x} at offset {error.start}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise InputError("not readable as JSON: nested too deeply") from error
    except ValueError as error:
        raise InputError(f"not readable as JSON: {error}") from error


def validate(payload: Any, event: Event, profile: Profile = "accepted") -> list[Finding]:
    """Return every way in which a payload breaks a profile of its event's schema, in order of place.

    The profile ``accepted`` counts types and formats that documents or samples show, presence only where it is
    promised, and allows unknown members; ``generated`` is what the generator keeps to.

    Raises:
        ContractError: the event's schema cannot be read.
    """
    path = event.schema_path
    errors = schemas.validator(path, profile).iter_errors(payload)
    found = sorted((finding for error in errors for finding in _findings(error, path)), key=_order)
    return list({(finding.pointer, finding.problem): finding for finding in reversed(found)}.values())[::-1]


def _order(finding: Finding) -> tuple[str, str, int]:
    strength = ("documented", "sampled", "inferred", "no").index(finding.basis.split(" ")[0].rstrip(":"))
    return finding.pointer, finding.rule, strength


def is_valid(payload: Any, event: Event, profile: Profile = "accepted") -> bool:
    """Say whether a payload keeps a profile; quicker than listing findings."""
    return bool(schemas.validator(event.schema_path, profile).is_valid(payload))


def _findings(error: ValidationError, path: Path) -> Iterator[Finding]:
    keyword, rule, instance = str(error.validator), cast(Any, error.validator_value), cast(Any, error.instance)
    basis = _basis(error, path)
    place = list(error.absolute_path)
    if keyword == "required":
        for name in rule:
            if name not in instance and f"{name!r} is a required" in error.message:
                yield Finding(pointers.join([*place, name]), "is missing", keyword, basis)
    elif keyword in ("unevaluatedProperties", "additionalProperties") and isinstance(instance, dict):
        for name in instance:
            if f"{name!r}" in error.message:
                yield Finding(pointers.join([*place, name]), "is not a member the contract knows", keyword, basis)
    else:
        yield Finding(pointers.join(place), _problem(error, keyword), keyword, basis)


_PROBLEMS: dict[str, Callable[[Any], str]] = {
    "type": lambda rule: f"expected {' or '.join(rule) if isinstance(rule, list) else rule}",
    "pattern": lambda rule: f"expected text that matches {rule}",
    "format": lambda rule: f"expected the format {rule}",
    "enum": lambda rule: f"expected one of {', '.join(map(str, rule))}",
    "const": lambda rule: f"expected {rule!r}",
    "minimum": lambda rule: f"expected at least {rule}",
    "maximum": lambda rule: f"expected at most {rule}",
    "minLength": lambda rule: f"expected at least {rule} characters",
    "maxLength": lambda rule: f"expected at most {rule} characters",
    "minItems": lambda rule: f"expected at least {rule} items",
    "maxItems": lambda rule: f"expected at most {rule} items",
}


def _problem(error: ValidationError, keyword: str) -> str:
    if keyword in _PROBLEMS:
        return f"{_PROBLEMS[keyword](error.validator_value)}, got {shortened(error.instance)}"
    return f"{keyword}: {error.message[: 2 * SHOWN]}"


def shortened(value: Any) -> str:
    """Show a value on one line: its JSON type and at most 60 characters of it; control characters are escaped."""
    if isinstance(value, str) and len(value) > SHOWN:
        return f"text of {len(value)} characters {json.dumps(value[:SHOWN])}..."
    if isinstance(value, (list, dict)):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    return json.dumps(value)[: 2 * SHOWN]


def _basis(error: ValidationError, path: Path) -> str:
    """Find the fact nearest above the broken keyword."""
    fact = next((level[FACT] for level in _levels(error, path) if isinstance(level, dict) and FACT in level), None)
    return describe(fact) if fact else "no basis given"


def _levels(error: ValidationError, path: Path) -> Iterator[Any]:
    """Yield the sub-schemas around an error, innermost first."""
    yield error.schema
    node: Any = _root(path, error)
    above = []
    for part in error.absolute_schema_path:
        if part == "$ref" and isinstance(node, dict):
            node = schemas.merged({"$ref": node["$ref"]}, {}, schemas.read(path))
            continue
        above.append(node)
        node = cast(Any, node)[part] if isinstance(node, (dict, list)) else None
    yield from reversed(above)


def _root(path: Path, error: ValidationError) -> Any:
    schema = schemas.read(path)
    first = next(iter(error.absolute_schema_path), None)
    return {"$ref": "#/$defs/generated"} if first == "$ref" else schema


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member {twice!r} stands twice")
    return result
