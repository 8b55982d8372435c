"""How long an interaction of a pact takes, for 10, 100 and 1000 of them: ``python benchmarks/pact_speed.py``.

Through the code of ``hookproof pact verify``, with the verifier of pact-python in its own process, against a receiver
that does next to nothing, and with and without provider states.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hookproof.contracts import default_library
from hookproof.pact import document, verification

COUNTS = (10, 100, 1000)


def repeated(count: int) -> dict[str, Any]:
    """Return a pact of so many accepted deliveries."""
    pact = verification.chosen(document.pact(default_library().contract("luciq")), kinds=["accepted"])
    entries = [
        {
            **pact["interactions"][number % len(pact["interactions"])],
            "key": f"{number}",
            "description": f"number {number}",
        }
        for number in range(count)
    ]
    return {**pact, "interactions": entries}


def main() -> None:
    """Measure, and print."""
    command = [sys.executable, str(Path(__file__).parent / "sink.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None
        url = f"http://127.0.0.1:{sink.stdout.readline().strip()}/"
        for count in COUNTS:
            for states in (None, lambda _name, _params: None):
                pact, began = repeated(count), time.perf_counter()
                found = verification.verify(pact, url, states=states)
                took = time.perf_counter() - began
                assert not found.failures
                told = "with states" if states else "without states"
                print(f"{count:5} interactions, {told:15} {took:7.2f} s   {took / count * 1000:6.1f} ms each")
        sink.communicate()


if __name__ == "__main__":
    main()
