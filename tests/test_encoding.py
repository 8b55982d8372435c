"""Styles of JSON and forms: other bytes, the same meaning."""

from __future__ import annotations

import email
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.contracts import Library
from hookproof.encoding import STYLES, encode, fields, multipart, urlencoded
from hookproof.errors import UnknownNameError, UsageError
from hookproof.generator import Generator, Options

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
payloads = st.dictionaries(text, values, max_size=6)
pairs = st.lists(
    st.tuples(text.filter(lambda name: "\r" not in name and "\n" not in name), text), min_size=1, max_size=6
)


@pytest.mark.parametrize("name", STYLES)
@given(payload=payloads)
def test_every_style_says_the_same(name: str, payload: dict[str, Any]) -> None:
    """And is UTF-8."""
    assert json.loads(STYLES[name](payload).decode("utf-8")) == payload


def test_styles_differ_in_their_bytes() -> None:
    """Each shows receivers another thing they may trip over."""
    payload = {"b": 1, "a": ["é", "<b>&\u2028"], "c": {"y": 1.0, "x": None}}
    written = {name: style(payload) for name, style in STYLES.items()}

    assert written["compact"] == '{"b":1,"a":["é","<b>&\u2028"],"c":{"y":1.0,"x":null}}'.encode()
    assert written["spaced"] == b'{"b": 1, "a": ["\\u00e9", "<b>&\\u2028"], "c": {"y": 1.0, "x": null}}'
    assert written["rails"] == '{"b":1,"a":["é","\\u003cb\\u003e\\u0026\\u2028"],"c":{"y":1.0,"x":null}}'.encode()
    assert written["unusual"] == (
        b'{"c" : {"x" : null , "y" : 1.0} , "b" : 1 , "a" : ["\\u00e9" , "\\u003Cb\\u003E\\u0026\\u2028"]}'
    )
    assert written["pretty"].count(b"\n") == 11
    assert len(set(written.values())) == len(STYLES)


@given(pairs)
def test_urlencoded_forms_come_back(given: list[tuple[str, str]]) -> None:
    """As the standard library reads them."""
    assert parse_qsl(urlencoded(given).decode("ascii"), keep_blank_values=True, strict_parsing=True) == given


@given(st.lists(st.tuples(st.text("abcdefgh[]01", min_size=1), text), min_size=1, max_size=6))
def test_multipart_forms_come_back(given: list[tuple[str, str]]) -> None:
    """As the standard library reads them."""
    boundary = "hookproof-0123456789abcdef"
    head = f'Content-Type: multipart/form-data; boundary="{boundary}"\r\n\r\n'.encode()
    message = email.message_from_bytes(head + multipart(given, boundary))
    parts = message.get_payload()
    assert isinstance(parts, list)
    read = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
        for part in parts
        if not isinstance(part, str)
    ]

    assert [name for name, _ in read] == [name for name, _ in given]
    for (_, body), (_, value) in zip(read, given, strict=True):
        assert isinstance(body, bytes)
        assert len(body.splitlines()) == len(value.encode().splitlines())


def test_nested_values_as_json_or_in_brackets() -> None:
    """The contract's default is JSON text; brackets are the alternative."""
    payload = {"title": "T", "n": 1, "assignees": [{"email": "a@b"}], "custom": {"x": True}, "none": []}

    assert fields(payload) == [
        ("title", "T"), ("n", "1"), ("assignees", '[{"email":"a@b"}]'), ("custom", '{"x":true}'), ("none", "[]"),
    ]  # fmt: skip
    assert fields(payload, "brackets") == [
        ("title", "T"), ("n", "1"), ("assignees[0][email]", "a@b"), ("custom[x]", "true"),
    ]  # fmt: skip
    with pytest.raises(UnknownNameError):
        fields(payload, "dots")


def test_a_field_cannot_end_a_multipart_body() -> None:
    """A boundary that occurs in the text is an error, not a broken request."""
    with pytest.raises(UsageError, match="boundary"):
        encode({"a": "--xyz--"}, "multipart/form-data", "compact", "json", "xyz")


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("nesting", ["json", "brackets"])
def test_betterbugs_in_each_format(library: Library, content_type: str, nesting: str) -> None:
    """Every variant can be written, and the header says how."""
    contract, event = library.event("betterbugs.bug")
    for variant in ("typical", "minimal", "full", "edge", "coverage"):
        generator = Generator(contract, event, 3, Options(variant=variant, content_type=content_type, nesting=nesting))
        for request in generator.requests(generator.size or 30):
            assert (request.header("Content-Type") or "").startswith(content_type)
            assert request.body
