"""Sealing and checking bytes."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.contracts import Library, default_library
from hookproof.errors import SecretError, UnknownNameError
from hookproof.signing import CONSTRUCTIONS, ENCODINGS, Scheme, basic

secrets = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=64)
schemes = st.builds(
    Scheme,
    st.just("X-Sig"),
    st.sampled_from(sorted(CONSTRUCTIONS)),
    st.sampled_from(sorted(ENCODINGS)),
    st.sampled_from(["", "sha256="]),
)
HEX = Scheme("X-Sig", "hmac-sha256", "hex", "")


def by_the_book(secret: bytes, body: bytes) -> bytes:
    """HMAC-SHA256 as RFC 2104 writes it, without the library's."""
    key = hashlib.sha256(secret).digest() if len(secret) > 64 else secret
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + body).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()


def test_the_vector_of_rfc_4231() -> None:
    """Test case 2, so that the construction is not only right by our own word."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert HEX.sign(b"what do ya want for nothing?", "Jefe") == expected


@given(secrets, st.binary(max_size=500))
def test_the_default_is_hmac_sha256_in_hex(secret: str, body: bytes) -> None:
    """Over the raw bytes, lower case, no prefix."""
    rule = default_library().contract("luciq").signature
    assert rule is not None

    assert Scheme.of(rule).sign(body, secret) == by_the_book(secret.encode(), body).hex()


@given(schemes, secrets, st.binary(max_size=200))
def test_what_was_signed_is_right(scheme: Scheme, secret: str, body: bytes) -> None:
    """In any case of the header's name, and with an older secret still in place."""
    headers = [("x-SIG", scheme.sign(body, secret))]

    assert scheme.check(body, headers, [secret]) == ""
    assert scheme.check(body, headers, ["A" * 16 + "9", secret]) == ""


@given(schemes, secrets, st.binary(min_size=1, max_size=200), st.data())
def test_what_was_changed_is_wrong(scheme: Scheme, secret: str, body: bytes, data: st.DataObject) -> None:
    """Flipping any bit of the body breaks the signature."""
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ (1 << data.draw(st.integers(0, 7)))]) + body[at + 1 :]

    assert scheme.check(changed, [("X-Sig", scheme.sign(body, secret))], [secret]) == "mismatch"


@given(schemes, st.text(max_size=100), st.binary(max_size=50))
def test_no_header_value_breaks_the_check(scheme: Scheme, value: str, body: bytes) -> None:
    """Whatever a stranger sends, the answer is a word and never an exception."""
    assert scheme.check(body, [("X-Sig", value)], ["s" * 16]) in ("malformed", "mismatch")


def test_missing_and_repeated_headers_are_told_apart() -> None:
    """Each has its word."""
    good = HEX.sign(b"x", "s" * 16)

    assert HEX.check(b"x", [], ["s" * 16]) == "missing"
    assert HEX.check(b"x", [("X-Sig", good), ("x-sig", good)], ["s" * 16]) == "repeated"
    assert HEX.check(b"x", [("X-Sig", good[:-1])], ["s" * 16]) == "malformed"
    assert HEX.check(b"x", [("X-Sig", good.upper())], ["s" * 16]) == "mismatch"


def test_each_part_can_be_replaced(library: Library) -> None:
    """What the vendor leaves open is a setting."""
    rule = library.contract("luciq").signature
    assert rule is not None
    scheme = Scheme.of(
        rule, {"encoding": "base64", "prefix": "sha256=", "header": "X-Other", "construction": "sha256-secret-body"}
    )

    assert (
        scheme.sign(b"body", "secret") == "sha256=" + base64.b64encode(hashlib.sha256(b"secretbody").digest()).decode()
    )
    with pytest.raises(UnknownNameError, match="did you mean prefix"):
        Scheme.of(rule, {"prefx": "x"})


@pytest.mark.parametrize("credentials", ["nocolon", ":nouser", ""])
def test_credentials_need_a_user_and_a_colon(library: Library, credentials: str) -> None:
    """And the error does not show them."""
    rule = library.contract("backtrace").credentials
    assert rule is not None
    with pytest.raises(SecretError, match="USER:PASSWORD"):
        basic(credentials, rule)
