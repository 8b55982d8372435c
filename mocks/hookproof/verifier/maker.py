"""Making a check's own events: genuine ones, and ones that differ from them in a single way."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

from hookproof import schemas
from hookproof.contracts.model import Event
from hookproof.delivery.faults import Transmission
from hookproof.encoding import style as json_style
from hookproof.generator import Generator
from hookproof.request import SignedRequest
from hookproof.signing import Scheme
from hookproof.verifier.model import Undecided
from hookproof.verifier.world import Settings

WRONG_SECRET = "N0bodyUsesThisSecret"  # noqa: S105 (it opens nothing)


class Maker:
    """Makes the events of one check. They depend on the seed and the check alone."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.name = name
        self.contract = settings.contract
        self.event = settings.events[0]
        self._made = 0
        self._generators: dict[Any, Generator] = {}

    @property
    def signs(self) -> bool:
        """Whether the vendor signs and the secret is known."""
        return self.contract.signature is not None and self.settings.options.secret is not None

    @property
    def scheme(self) -> Scheme:
        """The signature scheme.

        Raises:
            Undecided: the vendor has none; checks that need one are not run then.
        """
        if self.contract.signature is None:
            raise Undecided(f"{self.contract.name} does not sign")
        return Scheme.of(self.contract.signature, self.settings.options.signature)

    @property
    def secret(self) -> str:
        """The secret that the receiver is configured with."""
        if self.settings.options.secret is None:
            raise Undecided("no --secret was given")
        return self.settings.options.secret

    def genuine(self, event: Event | None = None, **options: Any) -> SignedRequest:
        """Make a new event that the vendor could send: a request like no other of this run."""
        self._made += 1
        return self.generator(event, **options).request(self._made)

    def generator(self, event: Event | None = None, **options: Any) -> Generator:
        """Return the generator of an event's requests, with some options of its own."""
        event = event or self.event
        key = (event.kind, repr(sorted(options.items())))
        if key not in self._generators:
            chosen = replace(self.settings.options, **{"variant": "full", **options})
            self._generators[key] = Generator(self.contract, event, f"{self.settings.seed}/{self.name}", chosen)
        return self._generators[key]

    def resigned(self, request: SignedRequest, body: bytes) -> SignedRequest:
        """Return the request with another body, signed as the vendor would."""
        headers = list(request.headers)
        if self.signs:
            name = self.scheme.header
            headers = [(key, value) for key, value in headers if key != name]
            headers.append((name, self.scheme.sign(body, self.secret)))
        return replace(request, headers=headers, body=body)

    def signed_with(self, request: SignedRequest, value: str | None) -> Transmission:
        """Return the request with another value for its signature, or with none."""
        sent = plain(request)
        sent.replace_header(self.scheme.header, value)
        return sent

    def with_value(self, request: SignedRequest, name: str, value: Any, style: str = "compact") -> SignedRequest:
        """Return the request with another value for a top-level member, signed anew."""
        return self._remade(request, {**request.payload, name: value}, style)

    def added(self, request: SignedRequest, members: dict[str, Any]) -> SignedRequest:
        """Return the request with further members, signed anew."""
        return self._remade(request, {**request.payload, **members})

    def without(self, request: SignedRequest, names: list[str]) -> SignedRequest:
        """Return the request without some top-level members, signed anew."""
        return self._remade(request, {name: value for name, value in request.payload.items() if name not in names})

    def restyled(self, request: SignedRequest, style: str) -> bytes:
        """Write what a request says in another style."""
        return json_style(style)(request.payload)

    def _remade(self, request: SignedRequest, payload: dict[str, Any], style: str = "compact") -> SignedRequest:
        return replace(self.resigned(request, json_style(style)(payload)), payload=copy.deepcopy(payload))

    def broken(self, request: SignedRequest) -> Transmission:
        """Return the request in a way that a receiver should refuse: badly signed, without credentials, or cut off."""
        sent = plain(request)
        if self.signs:
            sent.replace_header(self.scheme.header, self.scheme.sign(request.body, WRONG_SECRET))
        elif self.contract.credentials is not None and self.settings.given_basic:
            sent.replace_header("Authorization", None)
        else:
            sent.body = request.body[:-10]
        return sent

    def unsealed(self, request: SignedRequest) -> Transmission:
        """Return the request without a signature and without credentials."""
        sent = plain(request)
        sent.replace_header("Authorization", None)
        if self.contract.signature is not None:
            sent.replace_header(self.scheme.header, None)
        return sent

    def text_fields(self) -> list[str]:
        """Return the top-level members that hold free text and do not identify the event."""
        identity = [pointer[1:] for pointer in self.event.identity.value]
        rules = schemas.properties(self.event.schema_path)
        bound = ("pattern", "enum", "format", "const")
        return [
            name
            for name, rule in rules.items()
            if rule.get("type") == "string" and name not in identity and not any(word in rule for word in bound)
        ]

    def text_field(self, request: SignedRequest, longest: bool = False) -> str:
        """Return one member that holds free text: the first, or the one with the longest text.

        Raises:
            Undecided: there is none.
        """
        names = [name for name in self.text_fields() if name in request.payload]
        if not names:
            raise Undecided("the event has no free text")
        return max(names, key=lambda name: len(json.dumps(request.payload[name]))) if longest else names[0]


def plain(request: SignedRequest) -> Transmission:
    """Return what is sent of a request, without any fault."""
    return Transmission(request.method, list(request.headers), request.body)
