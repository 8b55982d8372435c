"""The library in a few functions. What they need is loaded when they are called: importing them costs nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, without the cost of importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from hookproof.request import SignedRequest
    from hookproof.validation import Finding
    from hookproof.verifier.model import Report


def generate(
    event: str, *, seed: int | str = 0, index: int = 0, contracts: Sequence[Path] = (), **options: Any
) -> SignedRequest:
    """Make one request of an event as its vendor would send it.

    Args:
        event: ``vendor.kind`` or ``vendor.kind@revision``, such as ``luciq.crash``.
        seed: the same seed gives the same bytes.
        index: which request of the seed; each is independent of the others.
        contracts: folders that hold ``contracts/`` and ``fixtures/`` of further vendors.
        options: the fields of :class:`hookproof.generator.Options`, such as ``secret`` and ``variant``.

    Raises:
        UsageError: an argument makes no sense; its kinds are in :mod:`hookproof.errors`.
    """
    from hookproof.contracts import default_library
    from hookproof.generator import Generator, Options

    contract, found = default_library(*contracts).event(event)
    return Generator(contract, found, seed, Options(**options)).request(index)


def validate(
    payload: bytes | str | dict[str, Any], event: str, *, strict: bool = False, contracts: Sequence[Path] = ()
) -> list[Finding]:
    """Judge a payload by a vendor's contract; an empty list means that it keeps it.

    Args:
        payload: a JSON body, or what it says.
        event: ``vendor.kind`` or ``vendor.kind@revision``.
        strict: ask for what the generator produces, not only for what documents and samples show.
        contracts: folders that hold ``contracts/`` and ``fixtures/`` of further vendors.

    Raises:
        InputError: the body is not JSON.
        UnknownNameError: there is no such event.
    """
    from hookproof import validation
    from hookproof.contracts import default_library

    _, found = default_library(*contracts).event(event)
    if isinstance(payload, (bytes, str)):
        payload = validation.parse(payload if isinstance(payload, bytes) else payload.encode("utf-8", "surrogatepass"))
    return validation.validate(payload, found, "generated" if strict else "accepted")


def verify(url: str, *, vendor: str, contracts: Sequence[Path] = (), **options: Any) -> Report:
    """Verify a receiver against the contract of a vendor.

    Args:
        url: the receiver; by default it must be on loopback.
        vendor: ``luciq`` or ``luciq@2025-09``.
        contracts: folders that hold ``contracts/`` and ``fixtures/`` of further vendors.
        options: the fields of :class:`hookproof.verifier.session.Request`, such as ``observe`` and ``start``, and those
            of :class:`hookproof.generator.Options` that the receiver is configured with: ``secret``, ``basic``,
            ``headers`` and ``signature``.

    Raises:
        VerifierError: the receiver cannot be reached, started or observed.
        UsageError: an argument makes no sense.
    """
    from hookproof.contracts import default_library
    from hookproof.generator import Options
    from hookproof.verifier.session import Request, verify_now

    configured = {name: options.pop(name) for name in ("secret", "basic", "headers", "signature") if name in options}
    return verify_now(Request(url, vendor, Options(**configured), **options), default_library(*contracts))
