"""Judging a contract folder: is everything there, does it fit together, and does every rule say what it rests on?"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hookproof import schemas
from hookproof.contracts.library import Home, builtin
from hookproof.contracts.model import Contract, Event
from hookproof.errors import ContractError, HookproofError, UsageError
from hookproof.generator import VARIANTS, Generator, Options
from hookproof.schemas import FACT
from hookproof.validation import validate

TRIES = 40
"""How many payloads of each variant are generated and validated."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is missing or inconsistent in a contract: in which file, and what."""

    path: Path
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


def folders(place: Path) -> list[Path]:
    """Find the revision folders in a home, a ``contracts/`` folder, a vendor's folder or a revision's.

    Raises:
        UsageError: there is no ``contract.toml`` anywhere in it.
    """
    if not place.is_dir():
        raise UsageError(f"{place} is not a folder")
    patterns = ("contract.toml", "*/contract.toml", "*/*/contract.toml", "contracts/*/*/contract.toml")
    found = next((paths for pattern in patterns if (paths := sorted(place.resolve().glob(pattern)))), [])
    if not found:
        raise UsageError(f"{place} holds no contract.toml; expected VENDOR/REVISION/contract.toml in it")
    return [path.parent for path in found]


def judge(folder: Path) -> list[Flaw]:
    """Judge one revision's folder, with its schemas, recipes and golden requests."""
    path = folder / "contract.toml"
    flaws = list(_document_flaws(path))
    if flaws:
        return flaws
    contracts = folder.parent.parent
    home = Home(contracts, contracts.parent / "fixtures")
    try:
        contract = home.load(folder.parent.name, folder.name)
    except ContractError as error:
        return [Flaw(error.path, error.problem)]
    flaws += _naming_flaws(contract, path)
    flaws += _source_flaws(path, tomllib.loads(path.read_text(encoding="utf-8")), contract)
    for event in contract.events.values():
        flaws += _event_flaws(contract, event)
    return flaws


def _document_flaws(path: Path) -> Iterator[Flaw]:
    from jsonschema import Draft202012Validator

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        yield Flaw(path, f"not valid TOML: {error}")
        return
    rules = json.loads((builtin("contracts") / "contract.schema.json").read_bytes())
    for broken in Draft202012Validator(rules).iter_errors(document):
        place = ".".join(str(part) for part in broken.absolute_path) or "(top)"
        yield Flaw(path, f"{place}: {broken.message[:200]}")


def _naming_flaws(contract: Contract, path: Path) -> Iterator[Flaw]:
    if contract.published.value != contract.revision:
        yield Flaw(path, f"published is {contract.published.value!r}, the folder is {contract.revision!r}")
    names = [f"{kind}.schema.json" for kind in contract.events]
    for schema in sorted(contract.folder.glob("*.schema.json")):
        if schema.name not in names:
            yield Flaw(schema, "belongs to no event of the contract")


def _source_flaws(path: Path, node: Any, contract: Contract, place: str = "") -> Iterator[Flaw]:
    """Walk through data and check that every fact names a source that the contract knows."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _source_flaws(path, item, contract, f"{place}/{index}")
    if not isinstance(node, dict):
        return
    if node.get("basis") in ("documented", "sampled", "inferred"):
        yield from _fact_flaws(path, node, contract, place)
    for key, item in node.items():
        yield from _source_flaws(path, item, contract, f"{place}/{key}")


def _fact_flaws(path: Path, fact: dict[str, Any], contract: Contract, place: str) -> Iterator[Flaw]:
    source = fact.get("source")
    if source is not None and source not in contract.sources:
        known = ", ".join(contract.sources)
        yield Flaw(path, f"{place}: the source {source!r} is not one of the contract's: {known}")
    if fact["basis"] == "inferred" and not fact.get("because"):
        yield Flaw(path, f"{place}: is inferred and does not say why (because)")
    if fact["basis"] != "inferred" and not source:
        yield Flaw(path, f"{place}: is {fact['basis']} and names no source")


def _event_flaws(contract: Contract, event: Event) -> Iterator[Flaw]:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        schema = schemas.read(event.schema_path)
        Draft202012Validator.check_schema(schema)
    except ContractError as error:
        yield Flaw(error.path, error.problem)
        return
    except SchemaError as error:
        yield Flaw(event.schema_path, f"not a valid JSON Schema: {error.message[:200]}")
        return
    path = event.schema_path
    yield from _source_flaws(path, schema, contract)
    yield from (Flaw(path, f"{place} does not say what it rests on ({FACT})") for place in _without_fact(schema))
    if not {"$id", "$schema"} <= schema.keys() or schema["$defs"]["generated"].get("$anchor") != "generated":
        yield Flaw(path, "needs $schema and $id, and $defs/generated the $anchor generated")
        return
    for pointer in event.identity.value:
        if pointer.split("/")[1] not in schema.get("properties", {}):
            yield Flaw(path, f"has no {pointer}, which identifies the event")
    flaws = list(_generated_flaws(contract, event))
    yield from flaws or _golden_flaws(contract, event)


def _without_fact(schema: Any, place: str = "") -> Iterator[str]:
    """Yield the places of properties and patterns that carry no fact."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _without_fact(item, f"{place}/{index}")
    if not isinstance(schema, dict):
        return
    for name, rule in (schema.get("properties") or {}).items():
        if isinstance(rule, dict) and FACT not in rule:
            yield f"{place}/properties/{name}"
    for key, item in schema.items():
        if key != FACT:
            yield from _without_fact(item, f"{place}/{key}")


def _generated_flaws(contract: Contract, event: Event) -> Iterator[Flaw]:
    """Generate every variant and validate it by both profiles; at most one flaw a variant is told."""
    for variant in VARIANTS:
        try:
            generator = Generator(contract, event, "check", Options(variant=variant))
            payloads = [generator.payload(index) for index in range(generator.size or TRIES)]
            if generator.size is not None and (missed := _missed(generator)):
                yield Flaw(event.recipe_path, f"the variant coverage does not reach {missed}")
        except HookproofError as error:
            problem = error.problem if isinstance(error, ContractError) else str(error)
            yield Flaw(event.recipe_path, problem)
            return
        broken = (
            (profile, finding)
            for payload in payloads
            for profile in ("accepted", "generated")
            for finding in validate(payload, event, profile)
        )
        for profile, finding in broken:
            yield Flaw(event.recipe_path, f"variant {variant} breaks the profile {profile}: {finding}")
            break


def _missed(generator: Generator) -> str:
    """Name the branches that are out of reach, but for members whose values are the story's alone."""
    places = [f"{place} {state}" for place, state in generator.coverage.missed]
    told = tuple(f"/{name} " for name in generator.recipe.told)
    return ", ".join(place for place in places if not place.replace("/*", "").startswith(told))


def _golden_flaws(contract: Contract, event: Event) -> Iterator[Flaw]:
    path = golden_path(event)
    if path.is_file() and path.read_bytes() != golden(contract, event):
        yield Flaw(path, "is not what the generator makes today; run `hookproof contracts golden`")


def golden_path(event: Event) -> Path:
    """Return where the golden request of an event is kept: ``fixtures/<vendor>/golden/<kind>.json``."""
    return event.recipe_path.parent / "golden" / f"{event.kind}.json"


def golden(contract: Contract, event: Event) -> bytes:
    """Make the golden request of an event: typical, seed ``golden``, signed with the sample secret."""
    secret = contract.signature.secret.sample.value if contract.signature else None
    request = Generator(contract, event, "golden", Options(secret=secret)).request(0)
    document = {"secret": secret, **request.as_dict()}
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
