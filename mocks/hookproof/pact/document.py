"""Pact files: written from the contracts, read, and checked for what the tools of Pact silently accept."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hookproof.contracts.library import Library
from hookproof.contracts.model import Contract
from hookproof.errors import HookproofError, UnknownNameError
from hookproof.pact.interactions import KINDS, SECRET_STATE, Maker
from hookproof.signing import Scheme

PROVIDER = "webhook-receiver"
Document = dict[str, Any]

MATCHERS = frozenset({
    "equality", "regex", "type", "include", "integer", "decimal", "number", "timestamp", "date", "time", "datetime",
    "null", "boolean", "contentType", "values", "arrayContains", "notEmpty", "semver", "eachKey", "eachValue",
    "statusCode", "min-type", "max-type", "min-max-type",
})  # fmt: skip


class PactError(HookproofError):
    """A pact file cannot be used."""


def path_of(contract: Contract) -> str:
    """Return the path that the receivers of a vendor have in the committed pacts."""
    return f"/hooks/{contract.vendor}"


def name_of(contract: Contract) -> str:
    """Return the name of the file that holds the pact of a contract."""
    return f"{contract.vendor}-{contract.revision}.json"


def pact(contract: Contract, path: str = "", secret: str | None = None, basic: str | None = None) -> Document:
    """Make the pact of a contract."""
    maker = Maker(contract, path or path_of(contract), secret, basic)
    return {
        "consumer": {"name": contract.vendor},
        "provider": {"name": PROVIDER},
        "interactions": list(maker.all()),
        "metadata": {
            "pactSpecification": {"version": "4.0"},
            "hookproof": {"vendor": contract.vendor, "revision": contract.revision},
        },
    }


def written(document: Document) -> bytes:
    """Write a pact; the same pact is the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def read(path: Path) -> Document:
    """Read a pact file.

    Raises:
        PactError: it cannot be read, is not JSON, or holds no interactions.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise PactError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PactError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict) or not ({"interactions", "messages"} & document.keys()):
        raise PactError(f"{path}: this is no pact; expected an object with interactions")
    entries = document.get("interactions", document.get("messages"))
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PactError(f"{path}: the interactions are not a list of objects")
    if not entries:
        raise PactError(f"{path}: the pact has no interactions, so nothing would be verified")
    return document


def flaws(document: Document, library: Library) -> Iterator[str]:
    """Say what is wrong with an HTTP pact of ours; the tools of Pact would not: they skip what they do not know."""
    if not document.get("interactions"):
        yield "there are no interactions"
    if document.get("metadata", {}).get("pactSpecification", {}).get("version") != "4.0":
        yield "it does not say that it follows version 4.0 of the specification"
    keys = [entry.get("key") for entry in document.get("interactions", [])]
    yield from (f"the key {key!r} stands there twice" for key in sorted({key for key in keys if keys.count(key) > 1}))
    for entry in document.get("interactions", []):
        for flaw in _interaction_flaws(entry, document, library):
            yield f"{entry.get('key') or entry.get('description')}: {flaw}"


def _interaction_flaws(entry: Document, document: Document, library: Library) -> Iterator[str]:
    if entry.get("type") != "Synchronous/HTTP":
        yield f"is {entry.get('type')!r}, not Synchronous/HTTP"
        return
    kind = entry.get("comments", {}).get("hookproof", {}).get("kind")
    if kind not in KINDS:
        yield str(UnknownNameError("kind", str(kind), KINDS))
    for rule in _rules(entry):
        if rule.get("match") not in MATCHERS:
            yield f"the matcher {rule.get('match')!r} is not known, so it would be ignored"
    body = entry["request"].get("body", {})
    if body.get("encoded") not in ("JSON", "base64", False) or "content" not in body:
        yield f"the body says encoded: {body.get('encoded')!r}; only JSON, base64 and false keep its bytes"
        return
    yield from _signature_flaws(entry, kind, document, library)


def _signature_flaws(entry: Document, kind: str | None, document: Document, library: Library) -> Iterator[str]:
    """Check that what should be accepted is signed over its very bytes, and what should be refused is not."""
    source = document.get("metadata", {}).get("hookproof", {})
    try:
        contract = library.contract(source.get("vendor", ""), source.get("revision"))
    except HookproofError as error:
        yield str(error)
        return
    if contract.signature is None:
        return
    secrets = [
        state["params"]["secret"] for state in entry.get("providerStates", []) if state.get("name") == SECRET_STATE
    ]
    headers = [(name, value) for name, values in entry["request"]["headers"].items() for value in values]
    problem = Scheme.of(contract.signature).check(body_of(entry), headers, secrets)
    if kind == "accepted" and problem:
        yield f"the signature does not fit the body ({problem})"
    if kind == "rejected" and not problem:
        yield "the signature fits the body, and should not"


def body_of(entry: Document) -> bytes:
    """Return the bytes of a request's body."""
    body = entry["request"].get("body", {})
    text: str = body.get("content", "")
    return base64.b64decode(text) if body.get("encoded") == "base64" else text.encode("utf-8")


def _rules(node: Any) -> Iterator[Document]:
    if isinstance(node, dict):
        if isinstance(node.get("matchers"), list):
            yield from node["matchers"]
        for key, value in node.items():
            if key != "matchers":
                yield from _rules(value)
    elif isinstance(node, list):
        for value in node:
            yield from _rules(value)
