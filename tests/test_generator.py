"""Requests: deterministic, signed, shaped by variants and edits."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hookproof
from hookproof.contracts import Contract, Event, Library, default_library
from hookproof.encoding import STYLES
from hookproof.errors import PointerError, SecretError, UnknownNameError, UsageError
from hookproof.generator import DROP, VARIANTS, Generator, Options

PINNED = json.loads((Path(__file__).parent / "data" / "digests.json").read_text(encoding="utf-8"))


def digest_of_a_corpus(event: str, variant: str) -> str:
    """Digest headers and bodies of the first 50 requests, or of the whole coverage."""
    contract, found = default_library().event(event)
    secret = contract.signature.secret.sample.value if contract.signature else None
    generator = Generator(contract, found, 2026, Options(variant=variant, secret=secret))
    digest = hashlib.sha256()
    for request in generator.requests(generator.size or 50):
        digest.update(json.dumps(request.headers).encode() + b"\0" + request.body + b"\0")
    return digest.hexdigest()


@pytest.mark.parametrize("event", default_library().event_names())
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_bytes_of_a_seed_never_change(event: str, variant: str) -> None:
    """Whole corpora are pinned: on every platform and Python they come out the same.

    A change here changes every request that users have seen; it needs a line in the changelog.
    """
    assert PINNED[f"{event} {variant}"] == digest_of_a_corpus(event, variant)


@given(index=st.integers(0, 5000))
@settings(max_examples=100)
def test_a_request_does_not_depend_on_those_before_it(index: int) -> None:
    """Request i alone equals request i after others, made by another generator."""
    contract, event = default_library().event("luciq.crash")
    alone = Generator(contract, event, 1).request(index)
    other = Generator(contract, event, 1)
    other.request(0)
    other.request(index + 1)

    assert other.request(index) == alone


def test_request_i_alone_equals_request_i_of_a_long_run(each_event: tuple[Contract, Event]) -> None:
    """A run of thousands has at each place what is made for that place alone."""
    contract, event = each_event
    run = [request.body for request in Generator(contract, event, "run").requests(2000)]

    for index in (0, 1, 999, 1999):
        assert run[index] == Generator(contract, event, "run").request(index).body
    assert len(set(run)) > 1900


def test_seeds_differ(library: Library) -> None:
    """Another seed gives another request."""
    contract, event = library.event("luciq.crash")

    assert Generator(contract, event, 1).request(0).body != Generator(contract, event, 2).request(0).body


def test_the_signature_fits_the_bytes(each_event: tuple[Contract, Event], secret: str) -> None:
    """The header holds what HMAC-SHA256 gives for the body, in lower-case hexadecimal, without a prefix."""
    contract, event = each_event
    if contract.signature is None:
        with pytest.raises(UsageError, match="does not sign"):
            Generator(contract, event, 0, Options(secret=secret))
        return
    for style in STYLES:
        request = Generator(contract, event, 0, Options(secret=secret, style=style)).request(0)
        expected = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()

        assert request.header(contract.signature.header.value) == expected


def test_without_a_secret_there_is_no_signature(library: Library) -> None:
    """As documented: the header is there once a secret has been saved."""
    contract, event = library.event("luciq.crash")

    assert Generator(contract, event).request(0).header("x-lcq-signature-256") is None


def test_backtrace_always_sends_credentials(library: Library) -> None:
    """They are mandatory in the set-up, so they are sent even where none were given."""
    contract, event = library.event("backtrace.group")

    assert Generator(contract, event).request(0).header("authorization") == "Basic aG9va3Byb29mOmFueS1wYXNzd29yZA=="
    given = Generator(contract, event, 0, Options(basic="me:s3cret:x")).request(0)
    assert given.header("Authorization") == "Basic bWU6czNjcmV0Ong="


@pytest.mark.parametrize("secret", ["short", "x" * 65, "mysecretmysecret-", "mysecretmysecret\n", "", "ü" * 20])
def test_a_secret_that_breaks_the_rule_is_refused_and_never_shown(library: Library, secret: str) -> None:
    """The error tells the rule and its source, not the secret."""
    contract, event = library.event("luciq.crash")
    with pytest.raises(SecretError, match="16 to 64 letters and digits") as caught:
        Generator(contract, event, 0, Options(secret=secret))

    assert not secret or secret.strip() not in str(caught.value)
    assert "documented in webhook" in str(caught.value)


def test_minimal_has_what_is_always_there_and_full_everything(each_event: tuple[Contract, Event]) -> None:
    """Minimal is a part of full; full has every member that the schema knows."""
    from hookproof import schemas

    contract, event = each_event
    least = Generator(contract, event, 5, Options(variant="minimal")).payload(0)
    most = Generator(contract, event, 5, Options(variant="full")).payload(0)

    assert list(least) == schemas.required(event.schema_path, "generated")
    assert set(most) == set(schemas.properties(event.schema_path))
    assert least.items() <= most.items()


def test_every_variant_keeps_the_identity(each_event: tuple[Contract, Event]) -> None:
    """However little is sent, an event can be told from others."""
    contract, event = each_event
    for variant in ("typical", "minimal", "full"):
        generator = Generator(contract, event, 0, Options(variant=variant))
        identities = [json.dumps(generator.request(index).identity) for index in range(50)]

        assert all(identity != "{}" for identity in identities)
        assert len(set(identities)) >= 49


def test_coverage_takes_every_branch(each_event: tuple[Contract, Event]) -> None:
    """Nothing of the schema is missed, with few requests, each of them valid."""
    from hookproof.validation import validate

    contract, event = each_event
    generator = Generator(contract, event, 0, Options(variant="coverage"))

    assert generator.coverage.missed == []
    assert generator.size is not None
    assert generator.size <= 8
    for request in generator.requests():
        assert validate(request.payload, event, "generated") == []


@pytest.mark.parametrize("seed", range(5))
def test_coverage_is_complete_for_other_seeds(seed: int, library: Library) -> None:
    """It is no accident of one seed."""
    for name in library.event_names():
        contract, event = library.event(name)

        assert Generator(contract, event, seed, Options(variant="coverage")).coverage.missed == []


def test_edges_are_nasty(library: Library) -> None:
    """Empty text, emoji, right-to-left, NUL, U+2028, very long logs and integers beyond 2**53 all come."""
    contract, event = library.event("luciq.crash")
    payloads = list(Generator(contract, event, 0, Options(variant="edge")).requests(300))
    text = json.dumps([request.payload for request in payloads], ensure_ascii=False)
    numbers = [request.payload["Number"] for request in payloads if "Number" in request.payload]

    for needle in ('""', "\U0001f4a5", "\u202e", "\\u0000", "\u2028", "\ufeff"):
        assert needle in text
    assert max(numbers) > 2**53
    assert max(len(request.body) for request in payloads) > 100_000


def test_edits_come_before_the_signature(library: Library, secret: str) -> None:
    """What was set and dropped is what was signed."""
    contract, event = library.event("luciq.bug")
    options = Options(secret=secret, edits=[("/Email", ""), ("Title", "x"), ("/User Attributes/plan", DROP)])
    edits = [edit for edit in options.edits if edit[1] is not DROP]
    request = Generator(contract, event, 0, Options(secret=secret, edits=edits)).request(0)

    assert json.loads(request.body)["Email"] == ""
    assert json.loads(request.body)["Title"] == "x"
    assert request.header("x-lcq-signature-256") == hmac.new(secret.encode(), request.body, "sha256").hexdigest()


def test_edits_leave_the_tables_alone(library: Library) -> None:
    """Changing one payload changes no other, although stories share their tables."""
    contract, event = library.event("backtrace.group")
    before = copy.deepcopy([request.payload for request in Generator(contract, event, 0).requests(20)])
    edited = Generator(contract, event, 0, Options(edits=[("/classifiers/0", "changed"), ("/timestamp/0", 0)]))
    list(edited.requests(20))

    assert [request.payload for request in Generator(contract, event, 0).requests(20)] == before


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/Emial", 1), ("/User Attributes/x/y", 1), ("/Image Attachments/9", ""), ("/Nope", DROP), ("", 1)],
)
def test_an_edit_of_a_place_that_does_not_exist_says_so(library: Library, pointer: str, value: Any) -> None:
    """The error names the path."""
    contract, event = library.event("luciq.crash")
    with pytest.raises(PointerError, match="/".join(pointer.split("/")[:3]) or "empty path"):
        Generator(contract, event, 0, Options(edits=[(pointer, value)])).payload(0)


def test_dropping_what_is_already_absent_is_fine(library: Library) -> None:
    """An optional member that this payload does not have can be dropped."""
    contract, event = library.event("bugsplat.notification")
    generator = Generator(contract, event, 0, Options(edits=[("/id", DROP)]))

    assert all("id" not in generator.payload(index) for index in range(30))


def test_urls_begin_where_one_asks(each_event: tuple[Contract, Event]) -> None:
    """With a base address, no URL of the vendor's own is left in a payload."""
    contract, event = each_event
    if not contract.urls:
        return
    generator = Generator(contract, event, 0, Options(variant="full", base_url="http://127.0.0.1:9/mock/"))
    bodies = b"".join(request.body for request in generator.requests(20))

    assert b"https://" not in bodies
    assert f"http://127.0.0.1:9/mock/{contract.vendor}/".encode() in bodies


def test_a_story_happens_when_it_is_told_to(library: Library) -> None:
    """The time is an argument."""
    contract, event = library.event("luciq.crash")
    at = datetime(2031, 5, 6, 7, 8, 9, 123000, tzinfo=UTC)

    assert Generator(contract, event, 0, Options(at=at)).payload(0)["Reported At"] == "2031-05-06 07:08:09 UTC"


@pytest.mark.parametrize(
    "options",
    [
        {"variant": "typicl"},
        {"style": "compactt"},
        {"content_type": "text/xml"},
        {"content_type": "multipart/form-data"},
        {"signature": {"colour": "red"}},
        {"signature": {"encoding": "hexx"}},
        {"signature": {"construction": "md5"}},
    ],
)
def test_unknown_names_are_told_with_the_known_ones(library: Library, options: dict[str, Any]) -> None:
    """A name that does not exist gives an error that helps."""
    contract, event = library.event("luciq.crash")
    with pytest.raises(UnknownNameError, match=r"did you mean|known:"):
        Generator(contract, event, 0, Options(**options))


@pytest.mark.parametrize("header", [("X-Y", "a\r\nb"), ("X Y", "a"), ("X:Y", "a"), ("", "a"), ("X-Y", "ü")])
def test_a_header_cannot_smuggle_another(library: Library, header: tuple[str, str]) -> None:
    """Line breaks and odd names are refused."""
    contract, event = library.event("betterbugs.bug")
    with pytest.raises(UsageError):
        Generator(contract, event, 0, Options(headers=[header]))


def test_the_library_in_one_line(secret: str) -> None:
    """The package offers what most users need."""
    request = hookproof.generate("luciq.crash", seed=7, secret=secret)

    assert request.method == "POST"
    assert hookproof.validate(request.body, "luciq.crash", strict=True) == []
    assert hookproof.validate(request.payload, "luciq.crash") == []
    assert request == hookproof.generate("luciq.crash@2025-09", seed=7, secret=secret)
