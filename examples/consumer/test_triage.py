"""Writes down what the service relies on as a message pact: ``pytest examples/consumer``.

hookproof pact consumer examples/consumer/pacts/triage-luciq.json --vendor luciq
"""

import json
from pathlib import Path
from typing import Any

from pact import Pact, match
from triage import triage

PACTS = Path(__file__).parent / "pacts"


def test_what_the_service_relies_on() -> None:
    """The exception and the link, and nothing else: that there is an address is not promised."""
    pact = Pact("triage", "luciq").with_specification("V4")
    (
        pact.upon_receiving("a crash", "Async").with_body(
            {
                "Exception": match.str("SIGABRT: ABORT at 0x0"),
                "URL": match.str("https://insta.co/crashes/1"),
            }
        )
    )

    def handler(body: str | bytes | None, _: dict[str, Any]) -> None:
        ticket = triage(json.loads(body or "{}"))
        assert ticket["link"].startswith("https://")

    pact.verify(handler, "Async")
    pact.write_file(PACTS, overwrite=True)
