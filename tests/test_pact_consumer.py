"""What consumers rely on: judged by the schema and by messages, and both come to the same answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookproof.contracts import default_library
from hookproof.contracts.model import Event
from hookproof.pact import consumer
from hookproof.pact.document import PactError
from hookproof.pact.expectation import Expectation, expectations
from hookproof.pact.matcher import proven, satisfied
from hookproof.pact.promise import Judge

PACTS = Path(__file__).parent / "data/pacts"
URL = "https://insta.co/crashes/1"


def message(example: Any, rules: dict[str, Any] | None = None, description: str = "a crash") -> dict[str, Any]:
    """A message pact: ``rules`` by top-level member, a matcher or several."""
    listed = {name: rule if isinstance(rule, list) else [rule] for name, rule in (rules or {}).items()}
    return {
        "consumer": {"name": "triage"},
        "provider": {"name": "luciq"},
        "interactions": [
            {
                "type": "Asynchronous/Messages",
                "description": description,
                "contents": {"content": example, "contentType": "application/json", "encoded": False},
                "matchingRules": {
                    "body": {
                        f"$['{name}']": {"combine": "AND", "matchers": matchers} for name, matchers in listed.items()
                    }
                },
            }
        ],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }


def written(document: Any, folder: Path) -> Path:
    path = folder / "pact.json"
    path.write_text(json.dumps(document))
    return path


TYPE, FILLED = {"match": "type"}, {"match": "notEmpty"}


def regex(pattern: str) -> dict[str, str]:
    return {"match": "regex", "regex": pattern}


UUID = "[0-9a-f-]{36}"
CASES: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "types": (message({"Exception": "x", "URL": URL}, {"Exception": TYPE, "URL": TYPE}), (), "promised"),
    "filled": (message({"Exception": "x"}, {"Exception": FILLED}), (), "promised"),
    "the same pattern": (message({"URL": URL}, {"URL": regex(rf"^https?://\S+/crashes/{UUID}$")}), (), "promised"),
    "one's own pattern": (message({"URL": URL}, {"URL": regex("http.*")}), (), "not broken"),
    "a pattern for a part": (message({"URL": URL}, {"URL": regex("/crashes/")}), (), "not promised"),
    "an address": (message({"Email": "a@b"}, {"Email": regex(".+@.+")}), ("Email",), "not promised"),
    "a filled address": (message({"Email": "a@b"}, {"Email": FILLED}), ("Email",), "not promised"),
    "an address or nothing": (message({"Email": "a@b"}, {"Email": TYPE}), ("Email",), "promised"),
    "an optional member": (message({"Email": "a@b"}, {"Email": TYPE}), (), "not promised"),
    "a number": (message({"Number": 3}, {"Number": {"match": "integer"}}), ("Number",), "promised"),
    "a decimal": (message({"Number": 3.5}, {"Number": {"match": "decimal"}}), ("Number",), "not promised"),
    "a text for a number": (message({"Number": "3"}, {"Number": TYPE}), ("Number",), "not promised"),
    "a value": (message({"Status": "New"}), ("Status",), "not promised"),
    "any value": (message({"Status": "New"}, {"Status": regex("New|In-progress|Closed")}), ("Status",), "promised"),
    "some of the values": (message({"Status": "New"}, {"Status": regex("New|Closed")}), ("Status",), "not promised"),
    "a list": (message({"Image Attachments": ["x"]}, {"Image Attachments": TYPE}), ("Image Attachments",), "promised"),
    "a filled list": (
        message({"Image Attachments": ["x"]}, {"Image Attachments": {"match": "type", "min": 1}}),
        ("Image Attachments",),
        "not promised",
    ),
    "an unknown member": (message({"Emial": "a@b", "URL": URL}, {"Emial": TYPE, "URL": TYPE}), (), "not promised"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_schema_and_messages_agree(name: str, tmp_path: Path) -> None:
    """What the one promises no payload breaks; what the one does not, some payload breaks."""
    document, present, verdict = CASES[name]
    contract = default_library().contract("luciq")
    found = expectations(written(document, tmp_path))
    (answer,) = answers = consumer.judge(found, contract, "crash", present=present)
    static = {finding.verdict for finding in answer.findings}
    consumer.send(found, contract, answers, "luciq", present)

    assert answer.verdict == verdict, list(answer.lines())
    assert bool(answer.broken) == (verdict == "not promised")
    assert ("not promised" in static) == bool(answer.broken) or static == {"promised", "not shown"}
    assert (static == {"promised"}) == (verdict == "promised")


def test_the_answer_names_a_counterexample(hookproof: Any, tmp_path: Path) -> None:
    """And what the rule there rests on; the report in JSON says the same."""
    path = written(CASES["an address"][0], tmp_path)
    result = hookproof(
        "pact", "consumer", path, "--vendor", "luciq", "--present", "Email", "--json", tmp_path / "r.json"
    )

    assert result.status == 1
    assert """$.Email: not promised: not always a match of '.+@.+' (such as "")""" in result.text
    assert "Expected '' to match '.+@.+'" in result.text
    (report,) = json.loads((tmp_path / "r.json").read_text())
    assert report["places"][0]["counterexample"] == '""'
    assert report["messages"]["broken"]


def test_by_the_schema_alone(hookproof: Any, tmp_path: Path) -> None:
    """Also by the profile of what documents promise, which is little: any field can be left out."""
    path = written(CASES["types"][0], tmp_path)

    assert hookproof("pact", "consumer", path, "--vendor", "luciq", "--static").status == 0
    result = hookproof("pact", "consumer", path, "--vendor", "luciq", "--static", "--profile", "accepted")
    assert result.status == 1
    assert "it may be missing; nothing is always there" in result.text


@pytest.mark.parametrize(("file", "vendor", "event", "verdict"), [
    ("pact-js", "luciq", "luciq.crash", "not promised"),
    ("pact-jvm-v3", "luciq", "luciq.apm", "not promised"),
    ("pact-jvm-v4", "backtrace", "backtrace.group", "not promised"),
])  # fmt: skip
def test_pacts_of_other_languages(file: str, vendor: str, event: str, verdict: str) -> None:
    """Written by pact-js, and as pact-jvm writes them: the event is recognised, every place is judged both ways."""
    contract = default_library().contract(vendor)
    found = expectations(PACTS / f"{file}.json")
    (answer,) = answers = consumer.judge(found, contract)
    consumer.send(found, contract, answers, vendor)

    assert answer.event == event
    assert answer.verdict == verdict
    assert bool(answer.broken) == any(finding.verdict == "not promised" for finding in answer.findings)


BAD: dict[str, tuple[Any, str]] = {
    "http": ({"interactions": [{"description": "x", "request": {}, "response": {}}]}, "an HTTP interaction"),
    "synchronous": ({"interactions": [{"type": "Synchronous/HTTP", "description": "x"}]}, "publishes messages"),
    "contents": ({"messages": [{"description": "x"}]}, "has no contents"),
    "matcher": (message({"a": 1}, {"a": {"match": "regx"}}), "the matcher 'regx'"),
    "text": (message("{broken"), "not JSON"),
    "path": (
        {"messages": [{"description": "x", "contents": {}, "matchingRules": {"body": {"$.a[": {"matchers": []}}}}]},
        "cannot be read from",
    ),
    "unclear": ({"messages": [{"description": "x", "contents": {"nothing": 1}}]}, "--event"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_judged(name: str, hookproof: Any, tmp_path: Path) -> None:
    """One sentence, and the status of trouble."""
    document, told = BAD[name]
    result = hookproof("pact", "consumer", written(document, tmp_path), "--vendor", "luciq")

    assert result.status == 2, result.text
    assert told in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_unknown_names(hookproof: Any, tmp_path: Path) -> None:
    """The nearest one is told."""
    path = written(CASES["types"][0], tmp_path)
    for options, told in ((("--vendor", "lucik"), "luciq"), (("--vendor", "luciq", "--present", "Emial"), "Email"),
                          (("--vendor", "luciq", "--event", "luciq.crsh"), "luciq.crash")):  # fmt: skip
        result = hookproof("pact", "consumer", path, *options)
        assert result.status == 2
        assert f"did you mean {told}" in result.err


def test_messages_without_any_judgement_are_no_success(tmp_path: Path) -> None:
    """A pact without messages promises nothing."""
    with pytest.raises(PactError, match="no interactions"):
        expectations(written({"messages": []}, tmp_path))


LEAVES = st.one_of(
    st.builds(lambda least: {"type": "string", "minLength": least}, st.integers(0, 2)),
    st.builds(lambda pattern: {"type": "string", "pattern": pattern}, st.sampled_from(
        ["^[0-9a-f]{4}$", "^$|^[^@\\s]+@[^@\\s]+$", "^\\d{4}-\\d{2}$", "^(iOS|Android)$", "x"])),
    st.builds(lambda choices: {"enum": choices},
              st.lists(st.sampled_from(["New", "", "X", 1, 2.5, True, None]), min_size=1, max_size=3, unique_by=repr)),
    st.builds(lambda least: {"type": "integer", "minimum": least}, st.integers(-1, 1)),
    st.sampled_from([{"type": "number"}, {"type": "boolean"}, {}, {"type": ["string", "null"]}]),
)  # fmt: skip
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2)),
        st.builds(lambda free: {"type": "object", "additionalProperties": free}, inner),
        st.builds(
            lambda members, always: {
                "type": "object",
                "properties": members,
                "required": [name for name in members if name in always],
            },
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            st.sets(st.sampled_from("abc")),
        ),
    ),
    max_leaves=6,
)
NAMES = ("integer", "decimal", "number", "boolean", "null", "equality", "values")
MATCHERS = st.lists(
    st.one_of(
        st.sampled_from([TYPE, FILLED, *({"match": name} for name in NAMES)]),
        st.builds(regex, st.sampled_from([".+", "[0-9a-f]{4}", "^[0-9a-f]{4}$", "iOS|Android", "x", ".*", "New|X"])),
        st.builds(lambda least: {"match": "type", "min": least}, st.integers(0, 3)),
        st.builds(lambda most: {"match": "type", "max": most}, st.integers(0, 3)),
    ),
    min_size=1,
    max_size=2,
)


def values(schema: Any) -> st.SearchStrategy[Any]:
    """Payloads that a schema allows: as the generator would make them, boundaries included."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of(st.text(max_size=3), st.none())
    if kind is None:
        return st.one_of(st.text(max_size=3), st.none(), st.integers(), st.lists(st.none(), max_size=1))
    if kind == "string":
        pattern = schema.get("pattern")
        if pattern:
            return st.from_regex(pattern.replace("$", "\\Z").replace("\\d", "[0-9]"))
        return st.text(min_size=schema.get("minLength", 0), max_size=5)
    if kind == "array":
        return st.lists(values(schema["items"]), min_size=schema["minItems"], max_size=4)
    if kind == "object":
        if "additionalProperties" in schema:
            return st.dictionaries(st.text(max_size=2), values(schema["additionalProperties"]), max_size=3)
        members = {name: values(sub) for name, sub in schema["properties"].items()}
        always = {name: members.pop(name) for name in schema["required"]}
        return st.fixed_dictionaries(always, optional=members)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.integers(schema.get("minimum", -5), 10),
        "number": st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
        "boolean": st.booleans(),
    }
    return simple[kind]


def broken(expected: Expectation, place: Any, example: Any, value: Any) -> bool:
    """Whether a payload breaks an expectation, as the verifier of Pact looks at it."""
    rules = expected.matchers(place)
    if any(satisfied(rule, example, value) is False for rule in rules or [{"match": "equality"}]) and (
        rules or not isinstance(example, (dict, list))
    ):
        return True
    if isinstance(example, dict) and isinstance(value, dict):
        if any(rule["match"] == "values" for rule in rules):
            return any(
                broken(expected, (*place, "*"), one, other)
                for one in list(example.values())[:1]
                for other in value.values()
            )
        if not rules and not example and place and value:
            return True
        return any(
            name not in value or broken(expected, (*place, name), one, value[name]) for name, one in example.items()
        )
    if isinstance(example, list) and isinstance(value, list):
        if not rules and len(example) != len(value):
            return True
        return (
            any(broken(expected, (*place, 0), example[0], one) for one in value)
            if rules and example
            else any(
                broken(expected, (*place, index), one, other)
                for index, (one, other) in enumerate(zip(example, value, strict=False))
                if not rules
            )
        )
    return False


@settings(max_examples=400)
@given(data=st.data())
def test_what_is_promised_no_payload_breaks(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """For any schema of the kinds that contracts use, and any expectation."""
    schema = {"type": "object", "properties": {"a": data.draw(SCHEMAS), "b": data.draw(SCHEMAS)}, "required": ["a"]}
    folder = tmp_path_factory.mktemp("schema")
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:test:{folder.name}", **schema,
                "$defs": {"generated": {"$anchor": "generated", "$ref": "#"}}}  # fmt: skip
    (folder / "x.schema.json").write_text(json.dumps(document))
    event = Event("v", "1", "x", "t", None, folder / "x.schema.json", folder)  # type: ignore[arg-type]
    example = data.draw(values(schema))
    places = [("a",), ("a", "a"), ("a", 0), ("a", "*"), ("b",)]
    rules = data.draw(st.dictionaries(st.sampled_from(places), MATCHERS.map(tuple), max_size=4))
    expected = Expectation("x", (), example, rules, {})
    samples = [data.draw(values(schema)) for _ in range(3)]

    findings = Judge(event, "generated", samples).judge(expected)
    if all(finding.verdict == "promised" for finding in findings):
        for _ in range(10):
            assert not broken(expected, (), example, data.draw(values(schema)))


@settings(max_examples=300)
@given(st.data())
def test_a_proof_holds_for_every_value(data: st.DataObject) -> None:
    """One matcher, one schema: what is proven no value contradicts."""
    schema, (rule, *_) = data.draw(SCHEMAS), data.draw(MATCHERS)
    example = data.draw(values(schema))
    if proven(rule, example, schema):
        for _ in range(5):
            assert satisfied(rule, example, data.draw(values(schema))) is not False
