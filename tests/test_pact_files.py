"""The pact files: current, exact to the byte, and checked for what the tools of Pact silently accept."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hookproof.contracts import Contract, Library, default_library
from hookproof.encoding import STYLES
from hookproof.pact.document import body_of, flaws, name_of, pact, read, written

PACTS = Path(__file__).parents[1] / "contracts/pacts"
CONTRACTS = {str(contract): contract for contract in default_library().contracts()}


@pytest.fixture(params=CONTRACTS)
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each contract in turn."""
    return CONTRACTS[request.param]


def test_the_committed_files_are_current(contract: Contract) -> None:
    """And made the same, byte for byte, each time."""
    made = written(pact(contract))

    assert made == written(pact(contract))
    assert (PACTS / name_of(contract)).read_bytes() == made


def test_the_command_writes_them_and_says_when_they_are_not_current(hookproof: Any, tmp_path: Path) -> None:
    """Into any folder."""
    assert hookproof("pact", "write", "-o", tmp_path, "--vendor", "bugsplat").status == 0
    assert hookproof("pact", "write", "-o", tmp_path, "--vendor", "bugsplat", "--check").status == 0
    assert hookproof("pact", "write", "-o", tmp_path, "--check").status == 1
    (tmp_path / "bugsplat-2023-08.json").write_text("{}")
    assert hookproof("pact", "write", "-o", tmp_path, "--vendor", "bugsplat", "--check").status == 1
    assert hookproof("pact", "write", "-o", PACTS, "--check").status == 0


def test_they_pass_our_linter(contract: Contract, library: Library, hookproof: Any) -> None:
    """By the library and by the command."""
    assert list(flaws(read(PACTS / name_of(contract)), library)) == []
    assert hookproof("pact", "lint", PACTS / name_of(contract)).status == 0


def test_every_event_is_accepted_and_refused_as_its_contract_says(contract: Contract) -> None:
    """Three variants accepted; four wrong signatures, or two wrong credentials, refused; forms, the verify request."""
    entries = pact(contract)["interactions"]
    for event in contract.events.values():
        own = [entry["comments"]["hookproof"]["kind"] for entry in entries
               if entry["comments"]["hookproof"]["event"] == event.name]  # fmt: skip
        assert own.count("accepted") == 2 + len(contract.content_types)
        assert own.count("rejected") == (4 if contract.signature else 2 if contract.credentials else 0)
    kinds = [entry["comments"]["hookproof"]["kind"] for entry in entries]
    assert ("handshake" in kinds) == ("handshake" in contract.delivery)


def test_bodies_are_as_no_serialiser_writes_them(contract: Contract) -> None:
    """So that whoever signs what was parsed and written again is found out, however it was written."""
    for entry in pact(contract)["interactions"]:
        body = body_of(entry)
        if entry["request"]["body"]["encoded"] != "JSON" or body == b"{}":
            continue
        parsed = json.loads(body)
        again = [style(parsed) for name, style in STYLES.items() if name != "unusual"]
        again += [json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode()]
        assert body not in again


def test_what_is_accepted_keeps_the_schema(contract: Contract) -> None:
    """Also after it went through the file."""
    from hookproof import validate

    for entry in read(PACTS / name_of(contract))["interactions"]:
        about = entry["comments"]["hookproof"]
        if about["kind"] == "accepted" and entry["request"]["body"]["encoded"] == "JSON":
            assert validate(body_of(entry), about["event"], strict=True) == []


def test_matching_rules_say_what_the_schema_says(contract: Contract) -> None:
    """Regular expressions where it has patterns, types elsewhere; every rule is about something that is there."""
    for entry in pact(contract)["interactions"]:
        rules = entry["request"].get("matchingRules", {}).get("body", {})
        if entry["comments"]["hookproof"]["kind"] == "accepted" and entry["request"]["body"]["encoded"] == "JSON":
            members = {re.match(r"\$(\.\w+|\['.*?'\])", path)[1] for path in rules}  # type: ignore[index]
            assert len(members) == len(json.loads(body_of(entry)))


def test_the_files_are_json_that_the_specification_describes(contract: Contract) -> None:
    """As far as its fields go that we use."""
    schema = {
        "type": "object",
        "required": ["consumer", "provider", "interactions", "metadata"],
        "properties": {
            "interactions": {
                "minItems": 1,
                "items": {
                    "required": ["type", "key", "description", "request", "response"],
                    "properties": {
                        "type": {"const": "Synchronous/HTTP"},
                        "pending": {"type": "boolean"},
                        "request": {
                            "required": ["method", "path", "headers", "body"],
                            "properties": {
                                "headers": {"additionalProperties": {"type": "array", "items": {"type": "string"}}},
                                "body": {"required": ["content", "contentType", "encoded"]},
                            },
                        },
                        "response": {"required": ["status"]},
                    },
                },
            }
        },
    }

    assert list(Draft202012Validator(schema).iter_errors(pact(contract))) == []


FLAWS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "nothing": (lambda document: document.update(interactions=[]), "there are no interactions"),
    "version": (lambda document: document["metadata"].update(pactSpecification={"version": "3.0.0"}), "version 4.0"),
    "matcher": (
        lambda document: document["interactions"][0]["request"]["matchingRules"]["body"].update(
            {"$.x": {"matchers": [{"match": "regx"}]}}
        ),
        "the matcher 'regx' is not known",
    ),
    "encoded": (
        lambda document: document["interactions"][0]["request"]["body"].update(encoded="raw"),
        "the body says encoded: 'raw'",
    ),
    "changed": (
        lambda document: document["interactions"][0]["request"]["body"].update(content="{}"),
        "the signature does not fit the body (mismatch)",
    ),
    "fits": (
        lambda document: document["interactions"][3]["request"].update(document["interactions"][0]["request"]),
        "the signature fits the body, and should not",
    ),
    "kind": (lambda document: document["interactions"][0]["comments"].clear(), "unknown kind"),
    "twice": (lambda document: document["interactions"].append(document["interactions"][0]), "stands there twice"),
    "type": (lambda document: document["interactions"][0].update(type="Async"), "not Synchronous/HTTP"),
    "vendor": (lambda document: document["metadata"]["hookproof"].update(vendor="lucik"), "did you mean luciq?"),
}


@pytest.mark.parametrize("name", FLAWS)
def test_the_linter_finds_what_is_wrong(name: str, library: Library) -> None:
    """One planted flaw each."""
    change, told = FLAWS[name]
    document = copy.deepcopy(pact(CONTRACTS["luciq@2025-09"]))
    change(document)

    assert any(told in flaw for flaw in flaws(document, library))


@pytest.mark.parametrize(("content", "told"), [
    (b"", "not JSON"), (b"[]", "this is no pact"), (b"{}", "this is no pact"), (b'{"interactions": {}}', "not a list"),
    (b'{"interactions": []}', "nothing would be verified"), (b"\xff", "not JSON"), (b"[" * 100_000, "not JSON"),
])  # fmt: skip
def test_files_that_are_no_pacts(content: bytes, told: str, tmp_path: Path, hookproof: Any) -> None:
    """One sentence, and the status of trouble."""
    (tmp_path / "pact.json").write_bytes(content)
    for command in (("lint",), ("consumer", "--vendor", "luciq")):
        result = hookproof("pact", command[0], tmp_path / "pact.json", *command[1:])

        assert result.status == 2
        assert told in result.err
        assert len(result.err.strip().splitlines()) == 1
    assert hookproof("pact", "lint", tmp_path / "none.json").status == 2
