"""The vendors' own addresses inside this process: for unit tests of code that fetches what a payload links to.

It stands on ``responses``, so it serves what goes through ``requests``: ``pip install hookproof[stubs]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from hookproof.contracts import Contract, default_library
from hookproof.errors import UsageError
from hookproof.server.assets import asset

if TYPE_CHECKING:
    from responses import RequestsMock


@contextmanager
def vendor_pages(*vendors: str) -> Iterator[RequestsMock]:
    """Answer requests to the vendors' addresses without a socket; everything else is refused, as ``responses`` does it.

    Args:
        vendors: whose addresses; all by default.

    Yields:
        The mock of ``responses``: add answers of your own, look at ``calls``.

    Raises:
        UsageError: ``responses`` is not installed.
        UnknownNameError: there is no such vendor.
    """
    try:
        import responses
    except ImportError as error:
        raise UsageError("stubs need responses: pip install hookproof[stubs]") from error
    library = default_library()
    contracts = [library.contract(vendor) for vendor in vendors] or library.contracts()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for contract in contracts:
            for fact in contract.urls.values():
                mock.add_callback(responses.GET, _pattern(fact.value), callback=_answering(contract))
        yield mock


def _pattern(address: str) -> re.Pattern[str]:
    """Return what matches an address and all that lies behind it; a tenant can have any name."""
    pieces = [re.escape(piece) for piece in address.split("{tenant}")]
    return re.compile("[A-Za-z0-9-]+".join(pieces) + r"(?:[/?#]|$)")


def _answering(contract: Contract) -> Any:
    def answer(request: Any) -> tuple[int, dict[str, str], bytes]:
        found = asset(contract.name, unquote(urlsplit(request.url).path).lstrip("/"))
        return 200, {"Content-Type": found.media_type}, found.body

    return answer
