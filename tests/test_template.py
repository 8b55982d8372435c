"""What recipes can say, and what they cannot."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.recipes import functions
from hookproof.recipes.template import TemplateError, compile_template


def told(node: Any, **values: Any) -> Any:
    return compile_template(node, tuple(values), {})(**values)


THING = SimpleNamespace(name="n", number=3, items=[("a", 1), ("b", 2)], table={"k": "v"})


@pytest.mark.parametrize(
    ("node", "result"),
    [
        ("plain", "plain"),
        (7, 7),
        (None, None),
        ("{thing.number}", 3),
        ("{thing.number} ", "3 "),
        (" {thing.number}", " 3"),
        ("{thing.number!s}", "3"),
        ("{thing.number:03}", "003"),
        ("{thing.name}{thing.number}", "n3"),
        ("{{{thing.number}}}", "{3}"),
        ('it\'s "{thing.name}"', 'it\'s "n"'),
        ("ends with '{thing.name}'", "ends with 'n'"),
        ("back\\slash {thing.name}\\", "back\\slash n\\"),
        ("two\nlines {thing.name}\n", "two\nlines n\n"),
        ("{'x' if thing.number > 2 else 'y'}", "x"),
        ("{thing.table['k']}", "v"),
        ("{thing.number % 2 + 1}", 2),
        (["{thing.number}", {"a": "{thing.name}"}], [3, {"a": "n"}]),
        ({"$for": "name, value in thing.items", "$do": "{name}={value}"}, ["a=1", "b=2"]),
        ({"$for": "name, value in thing.items", "$do": "{name}", "$join": "-"}, "a-b"),
        ({"$for": "pair in thing.items", "$do": {"n": "{pair[0]}"}}, [{"n": "a"}, {"n": "b"}]),
        ({"$concat": ["a", "{thing.name}"]}, "an"),
        ({"$xml": {"r": {"@id": "{thing.number}", "x": ["1", "2"], "#": "t"}}}, '<r id="3">t<x>1</x><x>2</x></r>'),
    ],
)
def test_a_node_tells(node: Any, result: Any) -> None:
    """Text stays text; a leaf that is one expression keeps the type of its value."""
    assert told(node, thing=THING) == result


@pytest.mark.parametrize(
    "text",
    [
        "{thing.__class__}",
        "{thing._secret}",
        "{open('x')}",
        "{thing.name.upper()}",
        "{[x for x in thing.items]}",
        "{(lambda: 1)()}",
        "{__import__('os')}",
        "{thing.number ** 9}",
        "{thing.number << 9}",
        "{(x := 1)}",
        "{unknown}",
        "{thing.name",
        "thing.name}",
        "{}",
        "{thing.number:{thing.__class__}}",
        "{text(thing.__dict__)}",
        "{''.join(thing.name)}",
    ],
)
def test_a_recipe_reaches_nothing_else(text: str) -> None:
    """No attribute with an underscore, no call but of the listed functions, nothing that is not an expression."""
    with pytest.raises(TemplateError):
        told(text, thing=THING)


@pytest.mark.parametrize(
    "node",
    [
        {"$for": "x in thing.items"},
        {"$do": "x"},
        {"$for": "x", "$do": ""},
        {"$for": "_x in thing.items", "$do": ""},
        {"$each": 1},
    ],
)
def test_a_form_that_is_none_is_told(node: Any) -> None:
    """With what a form looks like."""
    with pytest.raises(TemplateError, match=r"\$for|\$xml|form"):
        told(node, thing=THING)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but our own error leaves the compiler."""
    with contextlib.suppress(TemplateError):
        told(text, thing=THING)


@given(st.text())
def test_xml_holds_any_text(text: str) -> None:
    """What XML cannot hold is replaced, everything else comes back."""
    from xml.etree import ElementTree

    clean = "".join(c for c in text if c.isprintable() and not "\ud800" <= c <= "\udfff")
    root = ElementTree.fromstring(functions.xml({"r": {"x": clean}}))  # noqa: S314 (our own)

    assert (root.findtext("x") or "") == clean
    with pytest.raises(ValueError, match="one root"):
        functions.xml({"a": 1, "b": 2})
