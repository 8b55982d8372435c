"""Making requests: a story is drawn, a recipe tells it, a variant shapes it, the signer seals its bytes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from hookproof import coverage, encoding, pointers, schemas, validation
from hookproof.contracts.model import Contract, Event
from hookproof.errors import PointerError, UnknownNameError, UsageError
from hookproof.recipes import recipe as recipes
from hookproof.request import USER_AGENT, Headers, SignedRequest, header_value
from hookproof.signing import Scheme, basic, check_secret
from hookproof.story.draw import Draw
from hookproof.story.edge import roughen
from hookproof.story.tale import tell
from hookproof.story.thread import Thread

Payload = dict[str, Any]

CANDIDATES = 128
"""How many stories the variant ``coverage`` looks at before it changes any."""


@dataclass(frozen=True)
class Options:
    """How requests are made.

    Attributes:
        variant: ``typical``, ``minimal``, ``full``, ``edge`` or ``coverage``.
        style: how JSON is written, see :data:`hookproof.encoding.STYLES`.
        content_type: one of the contract's; the first by default.
        nesting: ``json`` or ``brackets``, for form data; the contract's by default.
        secret: signs the requests of vendors that sign; without it they are not signed.
        signature: parts of the signature scheme that replace the contract's.
        basic: ``USER:PASSWORD`` for vendors that send credentials; the contract's sample by default.
        headers: further headers.
        base_url: what the URLs inside payloads begin with; the vendor's own by default.
        at: when the stories happen; drawn by default.
        edits: changes to each payload before it is signed: (JSON Pointer, value), or (JSON Pointer, DROP).
        keep: members that a vendor may leave out and this one never does.
    """

    variant: str = "typical"
    style: str = "compact"
    content_type: str | None = None
    nesting: str | None = None
    secret: str | None = None
    signature: dict[str, str] = field(default_factory=dict)
    basic: str | None = None
    headers: Headers = field(default_factory=list)
    base_url: str | None = None
    at: datetime | None = None
    edits: list[tuple[str, Any]] = field(default_factory=list)
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """When one event happens, and what it continues; both are drawn where they are not given."""

    at: datetime | None = None
    thread: Thread | None = None


DROP = object()
"""Stands for the removal of a place in :attr:`Options.edits`."""


class Generator:
    """Makes the requests of one event for one seed. Request *i* does not depend on the requests before it.

    Attributes:
        scheme: how its vendor signs requests, or None where it does not.

    Raises:
        UnknownNameError: an option names something that does not exist.
        SecretError: the vendor would not accept the secret or the credentials.
        UsageError: an option does not fit the contract.
    """

    def __init__(self, contract: Contract, event: Event, seed: int | str = 0, options: Options | None = None) -> None:
        self.contract = contract
        self.event = event
        self.seed = seed
        self.options = options or Options()
        if self.options.variant not in VARIANTS:
            raise UnknownNameError("variant", self.options.variant, VARIANTS)
        self.recipe = recipes.read(event.recipe_path)
        self._method: str = contract.delivery["method"].value
        self._identity: list[str] = event.identity.value
        self._key = f"{event.name}\0{seed}\0".encode()
        self._urls = _urls(contract, self.options.base_url)
        self._content_type = self._chosen_content_type()
        self._nesting = self.options.nesting or self._default_nesting()
        self._style = encoding.style(self.options.style)
        self._headers = self._fixed_headers()
        self.scheme = self._scheme()
        self._sign = self._signer()
        self._shape = VARIANTS[self.options.variant]
        self._drawn = Moment(self.options.at)

    @property
    def size(self) -> int | None:
        """How many requests there are to make, or None where there is no end to them."""
        return len(self.coverage.payloads) if self.options.variant == "coverage" else None

    @cached_property
    def coverage(self) -> coverage.Coverage:
        """The payloads of the variant ``coverage``, and the branches they take."""
        path = self.event.schema_path
        shape = coverage.Shape(
            schemas.properties(path), frozenset(schemas.required(path, "generated")), self.recipe.told
        )
        drawn = self._drawn
        told = [self._edge(i, drawn) if i % 2 else self._told(self._draw(i), drawn) for i in range(CANDIDATES)]
        return coverage.cover(shape, told, lambda payload: validation.is_valid(payload, self.event, "generated"))

    def payload(self, index: int, moment: Moment | None = None) -> Payload:
        """Make the payload of request ``index``, of the time and thread of a moment where one is given.

        Raises:
            RecipeError: the recipe cannot be told.
            PointerError: an edit names a place that the payload does not have.
        """
        payload = self._shape(self, index, moment or self._drawn)
        if self.options.edits:
            payload = copy.deepcopy(payload)
            for pointer, value in self.options.edits:
                self._edit(payload, pointer, value)
        return payload

    def request(self, index: int, moment: Moment | None = None) -> SignedRequest:
        """Make request ``index``, signed where the vendor signs and a secret is given. As :meth:`payload`."""
        payload = self.payload(index, moment)
        if self._content_type == encoding.JSON:
            body, headers = self._style(payload), [*self._headers]
        else:
            boundary = f"hookproof-{self._draw(index).fork(b'boundary').hex(24)}"
            shown, body = encoding.encode(payload, self._content_type, self.options.style, self._nesting, boundary)
            headers = [("Content-Type", shown), *self._headers[1:]]
        if self._sign is not None and self.scheme is not None:
            headers.append((self.scheme.header, self._sign(body)))
        return SignedRequest(
            vendor=self.contract.vendor,
            event=self.event.name,
            revision=self.contract.revision,
            seed=self.seed,
            index=index,
            method=self._method,
            headers=headers,
            body=body,
            payload=payload,
            identified_by=self._identity,
        )

    def requests(self, count: int | None = None, start: int = 0) -> Iterator[SignedRequest]:
        """Make ``count`` requests; by default one, or as many as the variant ``coverage`` has."""
        for index in range(start, start + (self.size or 1 if count is None else count)):
            yield self.request(index)

    def _draw(self, index: int) -> Draw:
        return Draw(self._key + b"%d" % index)

    def _told(self, draw: Draw, moment: Moment) -> Payload:
        return self.recipe.tell(tell(self.recipe.story, draw, moment.at, moment.thread), self._urls)

    def _typical(self, index: int, moment: Moment) -> Payload:
        draw = self._draw(index)
        payload = self._told(draw, moment)
        for name, percent in self.recipe.sometimes.items():
            if not draw.chance(percent) and name not in self.options.keep:
                del payload[name]
        return payload

    def _minimal(self, index: int, moment: Moment) -> Payload:
        payload = self._told(self._draw(index), moment)
        kept = dict.fromkeys([*self._required, *self.options.keep])
        return {name: payload[name] for name in kept if name in payload}

    def _full(self, index: int, moment: Moment) -> Payload:
        return self._told(self._draw(index), moment)

    def _edge(self, index: int, moment: Moment) -> Payload:
        """Tell a nasty story: plainly where the schema forbids it, without some of the optional members."""
        draw = self._draw(index)
        chance = draw.fork(b"edge")
        story = roughen(tell(self.recipe.story, draw, moment.at, moment.thread), chance)
        payload = self.recipe.tell(story, self._urls)
        findings = validation.validate(payload, self.event, "generated")
        if findings:
            plain = self._told(self._draw(index), moment)
            for name in {pointers.split(finding.pointer)[0] for finding in findings if finding.pointer}:
                payload[name] = plain[name]
        kept = {*self._required, *self.options.keep}
        return {name: value for name, value in payload.items() if name in kept or not chance.chance(15)}

    def _covering(self, index: int, moment: Moment) -> Payload:  # noqa: ARG002 (what covers is found once)
        return self.coverage.payloads[index % len(self.coverage.payloads)]

    @cached_property
    def _required(self) -> list[str]:
        return schemas.required(self.event.schema_path, "generated")

    def _edit(self, payload: Payload, pointer: str, value: Any) -> None:
        top = pointers.split(pointer)
        known = len(top) == 1 and top[0] in schemas.properties(self.event.schema_path)
        if value is not DROP:
            pointers.put(payload, pointer, value, new=known)
            return
        try:
            pointers.drop(payload, pointer)
        except PointerError:
            if not known:
                raise

    def _chosen_content_type(self) -> str:
        offered = self.contract.content_types
        chosen = self.options.content_type or offered[0]
        if chosen not in offered:
            raise UnknownNameError(f"content type of {self.contract.vendor}", chosen, offered)
        return chosen

    def _default_nesting(self) -> str:
        fact = self.contract.delivery.get("nesting")
        return str(fact.value) if fact else "json"

    def _fixed_headers(self) -> Headers:
        headers: Headers = [("Content-Type", self._content_type), ("User-Agent", USER_AGENT)]
        rule, given = self.contract.credentials, self.options.basic
        if rule is None and given is not None:
            raise UsageError(f"{self.contract.name} sends no credentials, so there is nothing to do with them")
        if rule is not None and (given is not None or rule.required.value):
            headers.append(("Authorization", basic(given or rule.sample.value, rule)))
        for name, value in self.options.headers:
            headers.append((name, header_value(name, value)))
        return headers

    def _scheme(self) -> Scheme | None:
        rule = self.contract.signature
        if rule is not None:
            return Scheme.of(rule, self.options.signature)
        if self.options.secret is not None or self.options.signature:
            raise UsageError(
                f"{self.contract.name} does not sign its requests, so there is nothing to do with a secret"
            )
        return None

    def _signer(self) -> Callable[[bytes], str] | None:
        rule, secret, scheme = self.contract.signature, self.options.secret, self.scheme
        if rule is None or scheme is None or secret is None:
            return None
        checked = check_secret(secret, rule.secret)
        return scheme.signer(checked)


VARIANTS: dict[str, Callable[[Generator, int, Moment], Payload]] = {
    "typical": Generator._typical,
    "minimal": Generator._minimal,
    "full": Generator._full,
    "edge": Generator._edge,
    "coverage": Generator._covering,
}
"""The variants by name: what a vendor would usually send; the least; everything; legal but nasty; every branch."""


def _urls(contract: Contract, base: str | None) -> SimpleNamespace:
    if base is None:
        return SimpleNamespace(**{name: fact.value for name, fact in contract.urls.items()})
    return SimpleNamespace(**{name: f"{base.rstrip('/')}/{contract.vendor}/{name}" for name in contract.urls})
