"""Where the URLs inside payloads lead: on the server, and in this process."""

from __future__ import annotations

import json
import re
import struct
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from catcher import Catcher

import hookproof
from hookproof.client import Client
from hookproof.contracts import Contract, Event
from hookproof.server.assets import asset, png
from hookproof.stubs import vendor_pages

EVENTS = ["luciq.crash", "luciq.bug", "luciq.apm", "instabug.crash", "backtrace.group", "betterbugs.bug"]


def urls(value: Any) -> Iterator[str]:
    """Every URL in a payload, also those that stand within texts."""
    if isinstance(value, dict):
        for item in value.values():
            yield from urls(item)
    elif isinstance(value, list):
        for item in value:
            yield from urls(item)
    elif isinstance(value, str):
        yield from re.findall(r"https?://[^\s\"'<>]+", value)


def pixels(data: bytes) -> tuple[int, int]:
    """Read a PNG as a decoder would: signature, checksums, as many bytes as its size asks for."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, size = 8, b"", (0, 0)
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + chunk)
        if kind == b"IHDR":
            size = struct.unpack(">II", chunk[:8])
        if kind == b"IDAT":
            body += chunk
        at += 12 + length
    assert len(zlib.decompress(body)) == size[1] * (1 + 3 * size[0])
    return size


@pytest.mark.parametrize("event", EVENTS)
def test_every_url_in_a_payload_resolves(mock_vendors: Client, catcher: Catcher, event: str) -> None:
    """On the server, with the kind of content that its name promises."""
    vendor = event.partition(".")[0]
    mock_vendors.freeze()
    settings = {"credentials": "a:b"} if vendor == "backtrace" else {}
    mock_vendors.call("POST", "/v1/integrations", {"vendor": vendor, "settings": {"url": catcher.url, **settings}})
    catcher.caught.clear()
    mock_vendors.trigger(event, 5, variant="full")
    mock_vendors.advance()

    found = {url for body in catcher.bodies for url in urls(json.loads(body))}
    assert found
    for url in found:
        assert url.startswith(mock_vendors.url)
        with urllib.request.urlopen(url) as answer:  # noqa: S310 (loopback)
            kind = answer.headers.get_content_type()
            content = answer.read()
        expected = {"png": "image/png", "txt": "text/plain"}.get(url.rpartition(".")[2], "text/html")
        assert kind == expected
        if kind == "image/png":
            assert pixels(content) == (120, 213)


def test_pages_of_nobody_are_not_there(mock_vendors: Client) -> None:
    """Neither unknown vendors nor unknown addresses."""
    for path in ("/pages/nobody/app/x", "/pages/luciq/nowhere/x", "/pages/"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(mock_vendors.url + path)  # noqa: S310 (loopback)
        assert caught.value.code == 404
        caught.value.close()


def test_paths_stay_text_on_pages() -> None:
    """Whatever stands in a URL."""
    page = asset("Luciq", 'x/<script>alert("1")</script>').body.decode()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_pictures_depend_on_their_names_alone() -> None:
    """Same name, same bytes; another name, other bytes."""
    assert png("a") == png("a") != png("b")


def test_stubs_serve_the_vendors_own_addresses(each_event: tuple[Contract, Event]) -> None:
    """Every URL of a payload as the vendor would write it, without a socket."""
    _, event = each_event
    found = [
        url for index in range(5) for url in urls(hookproof.generate(event.name, index=index, variant="full").payload)
    ]

    with vendor_pages(event.vendor) as pages:
        for url in found:
            answer = requests.get(url, timeout=1)
            assert answer.status_code == 200
            if url.endswith(".png"):
                pixels(answer.content)
        assert len(pages.calls) == len(found)


def test_stubs_refuse_everything_else() -> None:
    """As ``responses`` does it, with what it knows."""
    with vendor_pages("luciq"):
        for url in ("https://app.betterbugs.io/session/1", "https://insta.co.evil.example/x"):
            with pytest.raises(requests.ConnectionError):
                requests.get(url, timeout=1)
