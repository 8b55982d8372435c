"""Judging payloads: what is found, where, and what it rests on."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hookproof
from hookproof import schemas
from hookproof.contracts import Library, default_library
from hookproof.errors import InputError
from hookproof.validation import Finding, parse, validate

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


def found(payload: Any, event: str, strict: bool = False) -> list[tuple[str, str]]:
    """Return (pointer, rule) of each finding."""
    return [(finding.pointer, finding.rule) for finding in hookproof.validate(payload, event, strict=strict)]


def test_an_iso_date_where_luciqs_own_form_belongs_is_an_error() -> None:
    """The form was sampled, and the finding says so."""
    (finding,) = hookproof.validate({"Reported At": "2026-01-31T08:05:00Z"}, "luciq.crash")

    assert finding.pointer == "/Reported At"
    assert finding.rule == "pattern"
    assert '"2026-01-31T08:05:00Z"' in finding.problem
    assert finding.basis.startswith("sampled in forwarder")


@pytest.mark.parametrize("text", ["2026-01-31 08:05:00 UTC\n", "x2026-01-31 08:05:00 UTC", "２０26-01-31 08:05:00 UTC"])
def test_patterns_bite_at_both_ends(text: str) -> None:
    """Python's $ would let a newline pass, and its \\d digits of other scripts."""
    assert found({"Reported At": text}, "luciq.crash") == [("/Reported At", "pattern")]


def test_what_is_forwarded_is_the_customers_choice() -> None:
    """An empty object is a legal crash, and members of tomorrow are allowed; the strict profile wants more."""
    assert hookproof.validate({"Battery Health": 3}, "luciq.crash") == []
    assert ("/Exception", "required") in found({}, "luciq.crash", strict=True)
    assert ("/Battery Health", "unevaluatedProperties") in found({"Battery Health": 3}, "luciq.crash", strict=True)


def test_presence_counts_where_it_is_promised() -> None:
    """Backtrace's page gives the body; its display settings can hide three members."""
    missing = {pointer for pointer, rule in found({}, "backtrace.group") if rule == "required"}

    assert "/fingerprint" in missing
    assert not missing & {"/callstack", "/classifiers", "/attributes"}


def test_the_documents_own_sample_keeps_the_contract() -> None:
    """Backtrace's example, with the comments and commas mended, and BetterBugs' as it stands."""
    backtrace = {
        "universe": "my_universe", "project": "my_project", "application": "my_app.exe",
        "fingerprint": "8910551e27a339e542...", "href": "https://u.sp.backtrace.io/",
        "group_url": "https://u.sp.backtrace.io/dashboard/...", "callstack": ["printf", "my_fn", "main"],
        "occurrences": 35, "object_id": "2e6", "timestamp": [1502953926, 1502953926], "classifiers": ["exception"],
        "hosts": 4, "guids": 0,
        "attributes": {"version": [["1.2.3", 10], ["1.2.2", 1], ["1.1.0", 24]], "environment": [["production", 33]]},
    }  # fmt: skip

    assert hookproof.validate(backtrace, "backtrace.group") == []
    assert found(backtrace, "backtrace.group", strict=True) == [("/fingerprint", "pattern"), ("/universe", "pattern")]


def test_a_finding_points_into_nested_data() -> None:
    """JSON Pointers, with the names escaped."""
    payload = {"attributes": {"a/b": [["x"], ["y", "many"]]}}
    pointers = [pointer for pointer, _ in found(payload, "backtrace.group")]

    assert "/attributes/a~1b/0" in pointers
    assert "/attributes/a~1b/1/1" in pointers


def test_long_values_are_shortened_and_controls_escaped() -> None:
    """A finding fits on a line, whatever was sent."""
    (finding,) = hookproof.validate({"Reported At": "\x1b[31m\n" + "x" * 5000}, "luciq.crash")

    assert len(str(finding)) < 500
    assert "\x1b" not in str(finding)
    assert "\n" not in str(finding)
    assert "text of 5006 characters" in finding.problem


def test_a_finding_says_the_strongest_basis_once() -> None:
    """Where both profiles ask for the same, it is told once, by its better basis."""
    findings = hookproof.validate({}, "backtrace.group", strict=True)

    assert len({finding.pointer for finding in findings}) == len(findings)
    assert all(finding.basis.startswith("documented") for finding in findings)


@given(json_values)
def test_any_json_can_be_judged(payload: Any) -> None:
    """No payload makes the judge fail, and what it finds can be shown."""
    for name in ("luciq.crash", "backtrace.group", "betterbugs.bug"):
        _, event = default_library().event(name)
        for profile in ("accepted", "generated"):
            findings = validate(payload, event, profile)
            assert isinstance(payload, dict) or findings
            assert all(isinstance(finding, Finding) and str(finding) for finding in findings)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not valid JSON: .* at line 1, column 2"),
        (b'{"a": 1,}', "not valid JSON"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": "\xff"}', "not valid UTF-8: byte 0xff at offset 7"),
        (b"\xef\xbb\xbf{}", "not (valid|readable as) JSON"),
        (b"[" * 100000, "nested too deeply|not valid JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not readable as JSON"),
    ],
)
def test_a_body_that_is_no_json_says_why(body: bytes, problem: str) -> None:
    """Never a traceback of another kind."""
    with pytest.raises(InputError, match=problem):
        parse(body)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    """Only our own error leaves it."""
    with contextlib.suppress(InputError):
        parse(body)


def test_schemas_are_ordinary_json_schema(library: Library) -> None:
    """Another validator can use them as they are, both profiles."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    for name in library.event_names():
        schema = schemas.read(library.event(name)[1].schema_path)
        Draft202012Validator.check_schema(schema)
        registry = Registry().with_resource(schema["$id"], Resource.from_contents(schema))
        strict = Draft202012Validator({"$ref": schema["$id"] + "#generated"}, registry=registry)
        payload = hookproof.generate(name).payload
        assert Draft202012Validator(schema).is_valid(payload)
        assert strict.is_valid(json.loads(json.dumps(payload)))
        assert not strict.is_valid({**payload, "unknown": 1})
