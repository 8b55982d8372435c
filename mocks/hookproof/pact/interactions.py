"""What a receiver has to do with a vendor's deliveries, as interactions of Pact V4.

Bodies are exact text (``"encoded": "JSON"``), legal and written as no serialiser would, and signed over those bytes: a
receiver that signs what it has parsed and written again fails. Any 2xx accepts and any 4xx refuses: no contract says
more.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hookproof import encoding
from hookproof.contracts.model import Contract, Event
from hookproof.generator import Generator, Options
from hookproof.pact import matching
from hookproof.request import Headers, SignedRequest
from hookproof.signing import Scheme

Interaction = dict[str, Any]

SEED = "pact"
VARIANTS = ("typical", "minimal", "edge")
STYLE = "unusual"
CANDIDATES = 8
"""Among how many requests the one with the shortest body is taken."""
OTHER_SECRET = "0therSecret0fSomebodyElse"  # noqa: S105 (nobody's)
SECRET_STATE, CREDENTIALS_STATE = "the webhook secret is set", "the webhook credentials are set"
KINDS = ("accepted", "rejected", "handshake")


@dataclass(frozen=True)
class Maker:
    """Makes the interactions of a contract.

    Attributes:
        path: where the receiver takes deliveries.
        secret, basic: what it is configured with; the contract's samples by default.
    """

    contract: Contract
    path: str
    secret: str | None = None
    basic: str | None = None

    def all(self) -> Iterator[Interaction]:
        """Yield the interactions, those of each event together, the vendor's verify request last."""
        for event in self.contract.events.values():
            for variant in VARIANTS:
                yield self._accepted(event, variant, encoding.JSON)
            for content_type in self.contract.content_types[1:]:
                yield self._accepted(event, "typical", content_type)
            for name, told, change in self._refusals():
                request = self._request(event, "typical", encoding.JSON)
                headers, body = change(self, list(request.headers), request.body)
                key = f"{event.kind}-{name}"
                yield self._interaction(key, f"{event.name}: {told}", "rejected", event.name, headers, body)
        yield from self._handshake()

    def _accepted(self, event: Event, variant: str, content_type: str) -> Interaction:
        request = self._request(event, variant, content_type)
        form = "" if content_type == encoding.JSON else content_type.rpartition("/")[2].removeprefix("x-www-form-")
        told = f"{event.name}: {variant}{f' as {form}' if form else ''} is accepted"
        key = "-".join(filter(None, (event.kind, variant, form)))
        made = self._interaction(key, told, "accepted", event.name, request.headers, request.body)
        found = {"body": matching.rules(event, request.payload)} if not form else {}
        made["request"]["matchingRules"] = {**found, **self._header_rules()}
        return made

    def _request(self, event: Event, variant: str, content_type: str) -> SignedRequest:
        options = Options(variant, STYLE, content_type, secret=self._secret, basic=self.basic)
        generator = Generator(self.contract, event, SEED, options)
        # Some edges are hundreds of kilobytes long; those of a pact stay readable.
        return min(map(generator.request, range(CANDIDATES)), key=lambda request: len(request.body))

    @property
    def _secret(self) -> str | None:
        rule = self.contract.signature
        return (self.secret or rule.secret.sample.value) if rule else None

    @property
    def _basic(self) -> str | None:
        rule = self.contract.credentials
        return (self.basic or rule.sample.value) if rule else None

    def _header_rules(self) -> dict[str, Any]:
        if self.contract.signature is None:
            return {}
        pattern = {"hex": "[0-9a-f]{64}", "base64": "[A-Za-z0-9+/]{43}="}[self._scheme.encoding]
        rule = {"match": "regex", "regex": f"^{self._scheme.prefix}{pattern}$"}
        return {"header": {self._scheme.header: {"combine": "AND", "matchers": [rule]}}}

    @property
    def _scheme(self) -> Scheme:
        assert self.contract.signature is not None  # noqa: S101 (asked for only where the vendor signs)
        return Scheme.of(self.contract.signature)

    def _refusals(self) -> list[tuple[str, str, Refusal]]:
        signed = SIGNATURES if self.contract.signature else []
        return [*signed, *(CREDENTIALS if self.contract.credentials else [])]

    def _handshake(self) -> Iterator[Interaction]:
        if "handshake" not in self.contract.delivery:
            return
        rule = self.contract.delivery["handshake"].value
        headers = [("Content-Type", rule["content_type"])]
        told = f"{self.contract.vendor}: the verify request is accepted"
        made = self._interaction("handshake", told, "handshake", "", headers, rule["body"].encode())
        made["request"]["method"] = rule["method"]
        yield made

    def _interaction(
        self, key: str, description: str, kind: str, event: str, headers: Headers, body: bytes
    ) -> Interaction:
        wanted = "clientError" if kind == "rejected" else "success"
        status = {"combine": "AND", "matchers": [{"match": "statusCode", "status": wanted}]}
        return {
            "type": "Synchronous/HTTP",
            "key": f"{self.contract.vendor}-{key}",
            "description": description,
            "pending": False,
            "comments": {"hookproof": {"event": event, "kind": kind}},
            "providerStates": self._states(),
            "request": {
                "method": self.contract.delivery["method"].value,
                "path": self.path,
                "headers": {name: [value] for name, value in headers},
                "body": content(body, dict(headers)["Content-Type"]),
            },
            "response": {
                "status": 401 if kind == "rejected" else 200,
                "matchingRules": {"status": status},
            },
        }

    def _states(self) -> list[dict[str, Any]]:
        vendor = self.contract.vendor
        if self._secret:
            return [{"name": SECRET_STATE, "params": {"vendor": vendor, "secret": self._secret}}]
        if self._basic:
            user, _, password = self._basic.partition(":")
            return [{"name": CREDENTIALS_STATE, "params": {"vendor": vendor, "username": user, "password": password}}]
        return []


def content(body: bytes, content_type: str) -> dict[str, Any]:
    """Write a body so that it goes over the wire byte for byte."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return {"content": base64.b64encode(body).decode("ascii"), "contentType": content_type, "encoded": "base64"}
    return {"content": text, "contentType": content_type, "encoded": "JSON" if "json" in content_type else False}


Refusal = Callable[[Maker, Headers, bytes], tuple[Headers, bytes]]


def _changed(headers: Headers, name: str, value: str | None) -> Headers:
    others = [(key, old) for key, old in headers if key.lower() != name.lower()]
    return others if value is None else [*others, (name, value)]


def _wrong_signature(maker: Maker, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    right = maker._scheme.sign(body, maker._secret or "")
    return _changed(headers, maker._scheme.header, right[:-1] + ("0" if right[-1] != "0" else "1")), body


def _other_secret(maker: Maker, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return _changed(headers, maker._scheme.header, maker._scheme.sign(body, OTHER_SECRET)), body


def _no_signature(maker: Maker, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return _changed(headers, maker._scheme.header, None), body


def _body_changed(maker: Maker, headers: Headers, body: bytes) -> tuple[Headers, bytes]:  # noqa: ARG001 (all take the same)
    return headers, body + b" "


def _wrong_password(maker: Maker, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    user = (maker._basic or "").partition(":")[0]
    value = "Basic " + base64.b64encode(f"{user}:not-the-password".encode()).decode("ascii")
    return _changed(headers, "Authorization", value), body


def _no_credentials(maker: Maker, headers: Headers, body: bytes) -> tuple[Headers, bytes]:  # noqa: ARG001
    return _changed(headers, "Authorization", None), body


SIGNATURES: list[tuple[str, str, Refusal]] = [
    ("wrong-signature", "a wrong signature is refused", _wrong_signature),
    ("other-secret", "a signature made with another secret is refused", _other_secret),
    ("missing-signature", "a delivery without its signature is refused", _no_signature),
    ("changed-body", "a body that was changed after signing is refused", _body_changed),
]
CREDENTIALS: list[tuple[str, str, Refusal]] = [
    ("wrong-password", "a wrong password is refused", _wrong_password),
    ("missing-credentials", "a delivery without credentials is refused", _no_credentials),
]
