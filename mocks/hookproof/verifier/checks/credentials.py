"""Checks of HTTP Basic credentials, where the user has said which ones are right."""

from __future__ import annotations

import base64

from hookproof.verifier.maker import plain
from hookproof.verifier.probe import Probe


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode("ascii")


async def credentials_missing(probe: Probe) -> None:
    """No credentials at all."""
    request = probe.genuine()
    sent = plain(request)
    sent.replace_header("Authorization", None)
    probe.expect_refused(await probe.send("an event without credentials", sent, request))


async def credentials_wrong(probe: Probe) -> None:
    """Another password, another user, parts of the right ones."""
    request = probe.genuine()
    user, _, password = (probe.settings.options.basic or "").partition(":")
    for wrong in (
        f"{user}:{password}x",
        f"{user}:",
        f"{user}x:{password}",
        f":{password}",
        f"{user}:{password[:-1]}",
        ":",
    ):
        sent = plain(request)
        sent.replace_header("Authorization", _basic(wrong))
        probe.expect_refused(await probe.send("an event with wrong credentials", sent, request))


async def credentials_malformed(probe: Probe) -> None:
    """Headers that are no credentials are refused, not a crash."""
    request = probe.genuine()
    right = (request.header("Authorization") or "").removeprefix("Basic ")
    odd = (
        *("", "Basic", "Basic ", "Basic !!!", "Basic a", "Digest username=x", right, f"Bearer {right}"),
        *("Basic bm9jb2xvbg==", "Basic //46/w==", "Basic " + "A" * 8000),
    )

    async def one(text: str) -> None:
        sent = plain(request)
        sent.replace_header("Authorization", text)
        probe.expect_refused(await probe.send(f"the credentials {text[:20]!r}", sent, request))

    await probe.each(odd, one)


async def credentials_not_stored(probe: Probe) -> None:
    """A refused event leaves nothing behind."""
    request = probe.genuine()
    sent = plain(request)
    sent.replace_header("Authorization", _basic("somebody:else"))
    result = await probe.send("an event with wrong credentials", sent, request)
    await probe.expect_absent(result)
