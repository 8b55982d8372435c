"""Whether a vendor's contract promises what a consumer relies on: judged by the schema, without sending anything.

Every payload that the profile allows must satisfy every matcher. Where one does not, it is shown; where nothing shows
one and nothing proves that there is none, the answer is *not shown*, never *promised*.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from hookproof import schemas
from hookproof.contracts.model import Event, describe
from hookproof.pact.expectation import ANY, Expectation, Steps, written
from hookproof.pact.matcher import Rule, kind, proven, satisfied, types
from hookproof.schemas import Profile, Schema

Verdict = Literal["promised", "not promised", "not shown"]

ABSENT = object()
LEFT_OUT = "(left out)"


@dataclass(frozen=True)
class Finding:
    """What the contract says of one place.

    Attributes:
        place: a path such as ``$.Email``.
        counterexample: what the vendor may send there instead, as JSON; "(left out)" where it may be missing; or "".
        basis: what the rule about that place rests on.
    """

    place: str
    verdict: Verdict
    reason: str
    counterexample: str = ""
    basis: str = ""

    def __str__(self) -> str:
        shown = f" (such as {self.counterexample})" if self.counterexample not in ("", LEFT_OUT) else ""
        return f"{self.place}: {self.verdict}: {self.reason}{shown}"


class Judge:
    """Judges expectations by one profile of an event's schema.

    Args:
        samples: payloads of the profile, whose values are tried as counterexamples.
        present: members that are always there, whatever the profile says.
    """

    def __init__(self, event: Event, profile: Profile, samples: Sequence[Any], present: Sequence[str] = ()) -> None:
        whole = schemas.read(event.schema_path)
        ours = whole["$defs"]["generated"].get("properties", {}) if profile == "generated" else {}
        theirs = whole.get("properties", {})
        self._whole, self._samples = whole, samples
        self._schema: Schema = {
            "type": "object",
            "properties": {
                name: schemas.merged(theirs.get(name, {}), ours.get(name, {}), whole) for name in theirs | ours
            },
            "required": [*schemas.required(event.schema_path, profile), *present],
        }

    def judge(self, expectation: Expectation) -> list[Finding]:
        """Return a finding for each place that an expectation speaks of."""
        if not isinstance(expectation.example, dict):
            return [Finding("$", "not promised", f"the payload is an object, not {kind(expectation.example)}")]
        return list(self._object(expectation, (), expectation.example, self._schema, list(self._samples)))

    def _value(
        self, expected: Expectation, place: Steps, example: Any, schema: Schema, samples: list[Any]
    ) -> Iterator[Finding]:
        schema = schemas.merged(schema, {}, self._whole)
        rules = expected.matchers(place)
        container = isinstance(example, (dict, list)) and kind(example) in types(schema)
        if container and types(schema) == {kind(example)} and _structural(rules):
            inner = self._object if isinstance(example, dict) else self._list
            yield from inner(expected, place, example, schema, samples)
            return
        for rule in rules or ({"match": "equality"},):
            yield self._leaf(place, example, schema, samples, rule)

    def _leaf(self, place: Steps, example: Any, schema: Schema, samples: list[Any], rule: Rule) -> Finding:
        told = _told(rule, example)
        basis = describe(schema["x-fact"]) if "x-fact" in schema else ""
        if proven(rule, example, schema):
            return Finding(written(place), "promised", told, basis=basis)
        for value in (*_boundaries(schema), *(one for one in samples if one is not ABSENT)):
            if self._allowed(schema, value) and satisfied(rule, example, value) is False:
                return Finding(written(place), "not promised", f"not always {told}", _shown(value), basis)
        return Finding(
            written(place), "not shown", f"nothing in the contract shows that it is always {told}", "", basis
        )

    def _object(
        self, expected: Expectation, place: Steps, example: dict[str, Any], schema: Schema, samples: list[Any]
    ) -> Iterator[Finding]:
        known, rules = schema.get("properties", {}), expected.matchers(place)
        free = schema.get("additionalProperties")
        if any(rule.get("match") in ("values", "eachValue", "eachKey") for rule in rules) and isinstance(free, dict):
            inner = [value for one in samples if isinstance(one, dict) for value in one.values()]
            for value in list(example.values())[:1]:
                yield from self._value(expected, (*place, ANY), value, free, inner)
            return
        if not example and not rules and place:
            yield Finding(written(place), "not promised", "not always empty", "", "")
        for name, value in example.items():
            here, inner = (*place, name), [one.get(name, ABSENT) for one in samples if isinstance(one, dict)]
            if name not in known and not isinstance(free, dict):
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
                yield Finding(written(here), "not promised", f"the vendor's model has no such member; {hint}")
                continue
            sub = known.get(name, free)
            if name not in schema.get("required", ()):
                always = ", ".join(schema.get("required", ())) or "nothing"
                reason = f"it may be missing; {always} is always there"
                yield Finding(written(here), "not promised", reason, LEFT_OUT)
            yield from self._value(expected, here, value, sub, inner)

    def _list(
        self, expected: Expectation, place: Steps, example: list[Any], schema: Schema, samples: list[Any]
    ) -> Iterator[Finding]:
        rules, places = expected.matchers(place), schema.get("prefixItems", [])
        items = schema.get("items", {}) if isinstance(schema.get("items", {}), dict) else {}
        for rule in rules:
            yield self._leaf(place, example, schema, samples, rule)
        fixed = schema.get("minItems") == schema.get("maxItems") == len(example)
        if not rules and not fixed:
            other = next((one for one in samples if isinstance(one, list) and len(one) != len(example)), None)
            shown = "" if other is None else _shown(other)
            yield Finding(written(place), "not promised", f"not always {len(example)} items long", shown)
        if rules and not places:
            inner = [item for one in samples if isinstance(one, list) for item in one]
            for item in example[:1]:
                yield from self._value(expected, (*place, 0), item, items, inner)
            return
        for index, item in enumerate(example):
            inner = [one[index] for one in samples if isinstance(one, list) and len(one) > index]
            yield from self._value(
                expected, (*place, index), item, places[index] if index < len(places) else items, inner
            )

    def _allowed(self, schema: Schema, value: Any) -> bool:
        plain = {key: rule for key, rule in schema.items() if key != schemas.FACT}
        validator: Any = schemas._validator_class()
        return bool(
            validator({**plain, "$defs": self._whole["$defs"]}, format_checker=schemas._formats()).is_valid(value)
        )


def _structural(rules: Sequence[Rule]) -> bool:
    """Whether matchers leave it to the parts of a container what they are."""
    ours = ("type", "min-type", "max-type", "min-max-type", "values", "eachValue", "eachKey", "notEmpty")
    return all(rule.get("match", "type") in ours for rule in rules)


def _boundaries(schema: Schema) -> Iterator[Any]:
    """Yield values at the edges of what a schema could allow."""
    yield from schema.get("enum", ())
    yield from ("", "hookproof", " ", "\u00e9\U0001f600", "0", 0, -1, 1, 2**53 + 1, 0.5, True, False, None, [], {})
    if "minimum" in schema:
        yield schema["minimum"]


def _told(rule: Rule, example: Any) -> str:
    match = rule.get("match", "type")
    if match in ("type", "min-type", "max-type", "min-max-type"):
        limits = [f"{word} {rule[key]} items" for key, word in (("min", "at least"), ("max", "at most")) if key in rule]
        return " with ".join([f"of type {kind(example)}", *([" and ".join(limits)] if limits else [])])
    if match == "equality":
        return f"equal to {_shown(example)}"
    return {
        "regex": f"a match of {rule.get('regex', '')!r}",
        "include": f"a text with {rule.get('value')!r} in it",
        "notEmpty": "not empty",
    }.get(match, f"what {match} asks for")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
