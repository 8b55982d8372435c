"""Sealing and checking bytes, by the rules of a contract.

A scheme is data: header, construction, encoding and prefix. ``Scheme.of`` takes them from a contract and lets a user
override each, because what a vendor leaves open is a setting here.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

from hookproof.contracts.model import CredentialsRule, SecretRule, SignatureRule
from hookproof.errors import SecretError, UnknownNameError
from hookproof.schemas import compile_pattern

CONSTRUCTIONS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "hmac-sha256": lambda secret, body: hmac.digest(secret, body, "sha256"),
    "sha256-secret-body": lambda secret, body: sha256(secret + body).digest(),
    "sha256-body-secret": lambda secret, body: sha256(body + secret).digest(),
}
"""How secret and body become a digest."""

ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
}
"""How a digest becomes text."""

Problem = Literal["", "missing", "repeated", "malformed", "mismatch"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """How requests are signed: the value of ``header`` is ``prefix`` and the encoded digest."""

    header: str
    construction: str
    encoding: str
    prefix: str

    @classmethod
    def of(cls, rule: SignatureRule, overrides: Mapping[str, str] | None = None) -> Scheme:
        """Take the scheme of a contract, with some parts replaced.

        Raises:
            UnknownNameError: there is no such part, construction or encoding.
        """
        base = cls(rule.header.value, rule.construction.value, rule.encoding.value, rule.prefix.value)
        overrides = overrides or {}
        for part in overrides:
            if part not in cls.__slots__:
                raise UnknownNameError("part of a signature", part, cls.__slots__)
        scheme = replace(base, **overrides)
        if scheme.construction not in CONSTRUCTIONS:
            raise UnknownNameError("construction", scheme.construction, CONSTRUCTIONS)
        if scheme.encoding not in ENCODINGS:
            raise UnknownNameError("encoding", scheme.encoding, ENCODINGS)
        return scheme

    def signer(self, secret: str) -> Callable[[bytes], str]:
        """Return what makes the value of the header for exactly the bytes it is given."""
        key, prefix = secret.encode("utf-8"), self.prefix
        digest, encode = CONSTRUCTIONS[self.construction], ENCODINGS[self.encoding]
        return lambda body: prefix + encode(digest(key, body))

    def sign(self, body: bytes, secret: str) -> str:
        """Return the value of the header for exactly these bytes."""
        return self.signer(secret)(body)

    def check(self, body: bytes, headers: Sequence[tuple[str, str]], secrets: Sequence[str]) -> Problem:
        """Say what is wrong with the signature of a request, ``""`` where nothing is.

        Args:
            body: the bytes as they arrived.
            headers: name and value of each header, in any case and order.
            secrets: each of them is right, as during a rotation.
        """
        values = [value for name, value in headers if name.lower() == self.header.lower()]
        if not values:
            return "missing"
        if len(values) > 1:
            return "repeated"
        given = values[0].encode("utf-8", "surrogateescape")
        expected = [self.sign(body, secret).encode("ascii") for secret in secrets]
        if not expected or any(len(given) != len(one) for one in expected):
            return "malformed"
        matches = [hmac.compare_digest(given, one) for one in expected]
        return "" if any(matches) else "mismatch"


def check_secret(secret: str, rule: SecretRule) -> str:
    """Return a secret that the vendor would accept.

    Raises:
        SecretError: it would not; the text tells the rule and never the secret.
    """
    if compile_pattern(rule.pattern.value).search(secret):
        return secret
    raise SecretError(
        f"the vendor would not accept this secret: it has {len(secret)} characters"
        f"{'' if secret.isascii() and secret.isalnum() else ', not all of them letters or digits'};"
        f" expected {rule.words}, such as {rule.sample.value} [{rule.pattern}]"
    )


def basic(credentials: str, rule: CredentialsRule) -> str:
    """Return the value of ``Authorization`` for ``USER:PASSWORD``.

    Raises:
        SecretError: there is no user name, or no colon.
    """
    if not credentials.partition(":")[0] or ":" not in credentials:
        raise SecretError(f"credentials are USER:PASSWORD, such as {rule.sample.value}")
    return "Basic " + base64.b64encode(credentials.encode("utf-8")).decode("ascii")
