"""What the pytest fixture ``hookproof_pact`` does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import pytest

from hookproof.contracts import default_library
from hookproof.delivery.hosting import serving
from hookproof.pact import document, reports, verification
from hookproof.pact.states import States
from hookproof.pact.verification import Verification


def verified(
    receiver: Any,
    *,
    vendor: str,
    path: str = "",
    states: States | None = None,
    secret: str | None = None,
    basic: str | None = None,
    events: Sequence[str] = (),
    kinds: Sequence[str] = (),
) -> Verification:
    """Verify a receiver by the pact of a vendor, and fail with the report where it does not keep it.

    Args:
        receiver: a URL, or a WSGI or ASGI application, which is served on a free port.
        path: the path of the receiver in an application.
        states: sets provider states: a function of name and parameters, one function for each name, or a URL.
        secret, basic: what a receiver without states is configured with.
        events, kinds: those interactions alone: ``luciq.crash``; ``accepted``, ``rejected``, ``handshake``.

    Raises:
        PactError: nothing would be verified, the receiver cannot be reached, or a state cannot be set.
    """
    name, _, revision = vendor.partition("@")
    contract = default_library().contract(name, revision or None)
    pact = verification.chosen(document.pact(contract, "", secret, basic), events, kinds)
    with nullcontext(receiver) if isinstance(receiver, str) else serving(receiver) as base:
        found = verification.verify(pact, base + path, states=states)
    if found.failures:
        pytest.fail("\n".join(reports.lines(found)), pytrace=False)
    return found
