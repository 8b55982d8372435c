"""Runs the verifier of pact-python, in a process of its own: it writes to the terminal and cannot be interrupted.

    python -m hookproof.pact.runner < request.json > /dev/null

The request names the pact file, the receiver, where states are set, and where the result goes.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Verify what standard input asks for."""
    os.environ["PACT_DO_NOT_TRACK"] = "true"  # exactly so: nothing else keeps it from calling home
    from pact import Verifier

    asked: dict[str, Any] = json.load(sys.stdin)
    verifier = Verifier(asked["provider"], host=asked.get("host"))
    if "messages" in asked:
        verifier.message_handler({name: _message(body) for name, body in asked["messages"].items()})
    else:
        verifier.add_transport(url=asked["base"])
        verifier.set_request_timeout(int(asked["timeout"] * 1000))
    verifier.add_source(asked["pact"])
    verifier.set_coloured_output(enabled=False)
    if asked.get("states"):
        verifier.state_handler(asked["states"], body=True, teardown=False)
    trouble = ""
    try:
        verifier.verify()
    except RuntimeError as error:
        trouble = str(error)
    results = verifier.results
    Path(asked["result"]).write_text(json.dumps({"trouble": trouble, "results": results}), encoding="utf-8")


def _message(body: str) -> Any:
    return {"contents": base64.b64decode(body), "content_type": "application/json", "metadata": None}


if __name__ == "__main__":
    main()
